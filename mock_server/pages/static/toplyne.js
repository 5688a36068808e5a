// Toplyne: profiles, accounts and events, the history of each profile, and the API tokens.
import { ask } from "./api.js";
import { $, badge, copy, count, debounced, dialog, empty, h, note, ready, siteUrl, update, when } from "./dom.js";
import { jsonInline } from "./json_view.js";
import { body, button, confirm, field, options, panel, quiet, table, tell, text } from "./ui.js";

const PER_PAGE = 25;
const KINDS = JSON.parse($("view").dataset.facts);
const EXPIRATIONS = { 7: "7 days", 30: "30 days", 90: "90 days", 365: "1 year", never: "Does not expire", date: "On a date" };
const STATUS = { good: ["Active", "good"], expired: ["Expired", "warn"], revoked: ["Revoked", "bad"] };

const plural = (number, kind) => (number === 1 ? `1 ${kind.slice(0, -1)}` : `${count(number)} ${kind}`);
const aside = (text) => h("span.small.muted", text);
const entryLink = (number) => h("a", { href: `${siteUrl("/live")}#entry/${number}` }, `Request ${number}`);
const queryOf = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value || value === 0));
const address = (kind, query) => `#${kind}?${queryOf(query)}`;

let looks = 0; // the number of requests: only the answer to the last one is current
let seen = ""; // the counts when the view was shown
let latest = ""; // the counts now

/** Return the part in the address, and its parameters. */
function place() {
  const [part, query] = location.hash.slice(1).split("?");
  return [part === "settings" || Object.hasOwn(KINDS, part) ? part : "profiles", Object.fromEntries(new URLSearchParams(query))];
}

async function show(focus) {
  const mine = ++looks;
  const [part, query] = place();
  for (const tab of document.querySelectorAll(".tabs a")) tab.ariaCurrent = tab.id === `tab-${part}` ? "page" : null;
  $("search").hidden = part === "settings";
  if (document.activeElement !== $("search")) $("search").value = query.search ?? "";
  const isOne = KINDS[part]?.ids.some((id) => query[id]);
  const making = part === "settings" ? settings() : isOne ? profile(part, query) : list(part, query);
  counted(query.search).catch(() => null); // the view itself shows the refusal
  const made = await making.catch((error) => note("bad", error.message));
  if (mine !== looks) return;
  $("news").hidden = true;
  update($("view"), made);
  if (focus) $(focus)?.focus();
}

/** Show the number of items of each part, or the number that the search finds. */
async function counted(search) {
  for (const kind of Object.keys(KINDS)) {
    const { total } = await ask("GET", `state/${kind}?${queryOf({ limit: 0, search })}`);
    $(`count-${kind}`).textContent = total ? count(total) : "";
  }
}

// --- lists ---

async function list(kind, { search, page = 0 }) {
  const { columns, trigger } = KINDS[kind];
  const asked = { order: "desc", limit: PER_PAGE, offset: page * PER_PAGE };
  const [{ items, total, dropped }, origins] = await Promise.all([
    ask("GET", `state/${kind}?${queryOf({ ...asked, search })}`), kind === "events" && !search ? ask("GET", `history/${kind}?${queryOf(asked)}`) : null]);
  if (!items.length && page > 0) return list(kind, { search });
  const rows = items.map((item, number) => [...columns.map(({ key, type }) => {
    const owner = Object.keys(KINDS).find((each) => each !== "events" && KINDS[each].ids.find((id) => item[id]) === key);
    return owner ? h("a", { href: address(owner, { [key]: item[key] }), id: `open-${number}-${owner}` }, item[key]) : CELLS[type](item[key]);
  }), ...(origins ? [origins.entries[number] ? entryLink(origins.entries[number]) : null] : [])]);
  const here = (path, name) => h("a", { href: siteUrl(path) }, name);
  return panel(h("span", { id: "name", tabindex: "-1" }, plural(total, kind)), dropped > 0 && aside(`${count(dropped)} older ones were dropped`),
    items.length ? [table(`${kind}, newest first`, [...columns.map(({ label }) => label), ...(origins ? ["Request"] : [])], rows), pages(kind, search, Number(page), total)]
      : search ? empty("Nothing matches", `No ${kind.slice(0, -1)} has “${search}” in its values.`)
        : empty(`No ${kind} yet`, h("span", "The first event that a mapping matches adds one. The preset matches ", h("code", trigger), "."),
          h("div.row", button({ class: "primary", "data-play": "" }, "▶ Play the demonstration"), h("span", here("/", "Try an event"), " or ", here("/setup", "set up a source"), "."))));
}

const CELLS = {
  string: (value) => value ?? null,
  datetime: (value) => (typeof value !== "number" ? null : Math.abs(value) < 8e12 ? when(value * 1000) : `${value}`),
  object: (value) => (value ? h("div.props", jsonInline(value)) : null),
};

function pages(kind, search, at, total) {
  const last = Math.ceil(total / PER_PAGE) - 1;
  const to = (name, page) => {
    const isThere = page >= 0 && page <= last && page !== at;
    return h("a.button.quiet", { id: `page-${name}`, ...(isThere ? { href: address(kind, { search, page }) } : { role: "link", "aria-disabled": "true" }) }, name);
  };
  return last > 0 && h("nav.row.pages", { "aria-label": "Pages of the table" }, to("Newest", 0), to("Newer", at - 1),
    aside(`${count(at * PER_PAGE + 1)} to ${count(Math.min(total, (at + 1) * PER_PAGE))}`), to("Older", at + 1), to("Oldest", last));
}

// --- one profile or account: its values on the left, its history on the right ---

async function profile(kind, query) {
  const { ids, columns } = KINDS[kind];
  const key = ids.find((id) => query[id]);
  const named = queryOf({ [key]: query[key] });
  const [{ items: [item] }, { entries, more }] = await Promise.all([ask("GET", `state/${kind}?${named}`), ask("GET", `history/${kind}?${named}&changed=true`)]);
  const back = h("a", { href: `#${kind}`, id: "back" }, `All ${kind}`);
  if (!item) return panel(query[key], back, empty("Not found", `No ${kind.slice(0, -1)} has this ${key}. It may have been dropped or reset.`));
  const facts = columns.flatMap(({ key: name, label, type }) => (type === "object"
    ? Object.entries(item[name] ?? {}).map(([inner, value]) => [inner, jsonInline(value)])
    : [[label, CELLS[type](item[name])]]));
  return h("div.profile",
    panel(h("span", { id: "name", tabindex: "-1" }, query[key]), back,
      body(h("dl.pairs", facts.filter(([, value]) => value !== null).map(([name, value]) => [h("dt", name), h("dd", value)])))),
    panel("History", aside("newest first"),
      h("ol.history", entries.toReversed().map((entry) => h("li",
        h("p.row.small", when(entry.at, { class: "muted" }), entryLink(entry.number), h("span.muted", entry.message ? `delivers message ${entry.message}` : "sent without Segment")),
        h("ul", entry.differences.flatMap(apart).map((each) => difference(columns, each)))))),
      more && h("p.body.small.muted", "There are older requests. The last one here may show changes that they made.")));
}

/** Return a difference, or one for each member if a whole object was added or removed. */
function apart({ at, before, after }) {
  const whole = before ?? after;
  if (at.length > 1 || (before !== undefined && after !== undefined) || typeof whole !== "object" || whole === null) return [{ at, before, after }];
  return Object.keys(whole).map((name) => ({ at: [...at, name], before: before?.[name], after: after?.[name] }));
}

function difference(columns, { at, before, after }) {
  const { label, type } = columns.find(({ key }) => key === at[0]);
  const shown = (value) => (type === "datetime" ? CELLS.datetime(value) : jsonInline(value));
  const name = h("b", at.length > 1 ? at.slice(1).join(".") : label);
  if (before === undefined) return h("li", { "data-tone": "good" }, "+ ", name, " ", shown(after));
  if (after === undefined) return h("li", { "data-tone": "bad" }, "− ", name, " ", shown(before));
  return h("li", name, " ", h("del", shown(before)), " → ", h("ins", shown(after)));
}

// --- settings: API tokens ---

async function settings() {
  const { tokens } = await ask("GET", "tokens");
  const revoke = (name) => confirm(`Revoke ${name}?`, "Calls with it are refused from now on. What it has sent is kept.", "Revoke", async () => {
    await tell(`${name} is revoked.`, () => ask("DELETE", `tokens/${encodeURIComponent(name)}`));
    show("generate");
  });
  return panel("API Settings", button({ class: "primary", id: "generate", "data-shortcut": "n", "aria-haspopup": "dialog", onclick: generate }, "+ Generate new token"),
    table("API tokens", ["Name", "Token", "Status", "Created", "Expires", ""], tokens.map(({ name, ending, status, created, expires }) => [
      name, h("code", ending), badge(...STATUS[status]), created.slice(0, 10), expires?.slice(0, 10) ?? EXPIRATIONS.never,
      status === "revoked" ? "" : quiet(`Revoke ${name}`, "Revoke", () => revoke(name))])));
}

function generate() {
  const wrong = h("p.problem", { role: "alert" });
  const name = text("token-name", { maxlength: 100, placeholder: "Segment" });
  const date = text("token-date", { type: "date", min: new Date(Date.now() + 864e5).toISOString().slice(0, 10) });
  const on = field("Date", date);
  const lasts = h("select", { id: "token-lasts", onchange: () => (on.hidden = lasts.value !== "date") }, options(EXPIRATIONS));
  lasts.value = "never";
  on.hidden = true;
  const shown = dialog("Generate new token", h("form.stack", { novalidate: true, onsubmit: submit }, field("Name", name), field("Expiration", lasts), on, wrong,
    h("div.row", h("button.button.primary", "Generate token"), button({ onclick: () => shown.close() }, "Cancel"))));

  async function submit(event) {
    event.preventDefault();
    const isDate = lasts.value === "date";
    const expires = isDate ? `${date.value}T23:59:59Z` : lasts.value === "never" ? null : new Date(Date.now() + lasts.value * 864e5).toISOString();
    try {
      if (!name.value.trim()) throw new Error("Give it a name.");
      if (isDate && !date.value) throw new Error("Choose a date.");
      const made = await ask("POST", "tokens", { name: name.value.trim(), expires });
      shown.close();
      once(made);
    } catch (error) {
      wrong.textContent = error.message;
      const input = isDate && !date.value ? date : name;
      input.ariaInvalid = "true";
      input.focus();
    }
  }
}

/** Show a new token, once. */
function once({ name, token }) {
  const key = text("token", { class: "mono", readonly: true, value: token, onfocus: () => key.select() });
  const shown = dialog("Copy your token", note("warn", "This is the only time it is shown."), field(`Token “${name}”`, key), h("div.row",
    button({ class: "primary", autofocus: true, onclick: () => copy(token, "the token") }, "Copy"), button({ onclick: () => shown.close() }, "Done")));
  shown.addEventListener("close", () => {
    key.value = "";
    show("generate");
  });
}

/** Show new data, or only mention it if showing it would move what the user reads. */
async function follow() {
  if (document.hidden || place()[0] === "settings") return;
  latest = JSON.stringify(await ask("GET", "wait?entries=0&timeout=0").catch(() => latest));
  if (latest === seen) return;
  const isHeld = seen && (document.activeElement.closest("#news, #view :is(table, ol, nav)") || !getSelection().isCollapsed);
  if (isHeld) $("news").hidden = false;
  else {
    seen = latest;
    show();
  }
}

addEventListener("hashchange", () => show(location.hash.includes("=") && !place()[1].search && !place()[1].page ? "name" : undefined));
$("search").addEventListener("input", debounced(() => {
  history.replaceState(null, "", address(place()[0], { search: $("search").value.trim() }));
  show();
}));
$("news").addEventListener("click", () => {
  seen = latest;
  show("name");
});
await show();
ready();
setInterval(follow, 1000);
