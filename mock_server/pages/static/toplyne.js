// Toplyne: profiles, accounts and events with their history, and the API tokens.
import { ask } from "./api.js";
import { badge, copy, empty, fill, h, $, note, ready, siteUrl, when } from "./dom.js";
import { jsonInline } from "./json_view.js";
import { button, confirm, dialog, field, panel, quiet, table, tell, text } from "./ui.js";

const PER_PAGE = 25;
const KINDS = JSON.parse($("view").dataset.facts);
const EXPIRATIONS = { 7: "7 days", 30: "30 days", 90: "90 days", 365: "1 year", never: "Does not expire", date: "On a date" };
const STATUS = { good: ["Active", "good"], expired: ["Expired", "warn"], revoked: ["Revoked", "bad"] };

const count = (number) => number.toLocaleString("en");
const entryLink = (number) => h("a", { href: `${siteUrl("/live")}#entry/${number}` }, `Entry ${number}`);

let looks = 0; // so many; what an older one tells is out of date

async function show(focus) {
  const mine = ++looks;
  const [part, at] = location.hash.slice(1).split("/");
  const view = part === "settings" || part in KINDS ? part : "profiles";
  document.querySelector(".tabs [aria-current]")?.removeAttribute("aria-current");
  $(`tab-${view}`).setAttribute("aria-current", "page");
  const made = await (view === "settings" ? settings() : state(view, Number(at) || 0)).catch((error) => note("bad", error.message));
  if (mine !== looks) return;
  const before = focus ?? document.activeElement?.id; // now: it may have moved meanwhile
  fill($("view"), made);
  if (before) $(before)?.focus();
}

// --- what is known ---

async function state(kind, at) {
  const { ids, columns, trigger } = KINDS[kind];
  const query = `${kind}?order=desc&limit=${PER_PAGE}&offset=${at * PER_PAGE}`;
  const [{ items, total, dropped }, origins] = await Promise.all([ask("GET", `state/${query}`), kind === "events" ? ask("GET", `history/${query}`) : null]);
  if (!items.length && at) return state(kind, 0);
  const rows = items.map((item, number) => {
    const name = ids.find((id) => item[id]);
    return [...columns.map(({ key, type }) => CELLS[type](item[key])),
      origins ? origins.entries[number] && entryLink(origins.entries[number]) : name ? historyButton(kind, name, item[name], number) : null];
  });
  return panel(total === 1 ? `1 ${kind.slice(0, -1)}` : `${count(total)} ${kind}`,
    [dropped ? h("span", { class: "small muted" }, `${count(dropped)} older ones were dropped`) : null, quiet(null, "Refresh", () => show(), { id: "again" })],
    items.length ? [table(`${kind}, newest first`, [...columns.map(({ label }) => label), "History"], rows), pages(kind, at, total)]
      : empty(`No ${kind} yet`, h("span", {}, "The first call that a mapping takes brings one; the preset takes ", h("code", {}, trigger), "."), h("p", {}, h("a", { href: siteUrl("/") }, "Try an event"), " or ", h("a", { href: siteUrl("/setup") }, "set up a source"), ".")));
}

const CELLS = {
  string: (value) => value ?? null,
  datetime: (value) => (typeof value !== "number" ? null : Math.abs(value) < 8.64e12 ? when(value * 1000, { class: "nowrap" }) : `${value}`),
  object: (value) => (value ? h("div", { class: "props" }, jsonInline(value)) : null),
};

/** Return the button that opens, below its row, the entries that made a profile or account. */
function historyButton(kind, name, value, number) {
  return quiet(`Entries of ${value}`, "Entries", ({ currentTarget: opener }) => tell("", async () => {
    const row = opener.closest("tr");
    const isOpen = opener.getAttribute("aria-expanded") === "true";
    if (isOpen) row.nextElementSibling.remove();
    else {
      const { entries, more } = await ask("GET", `history/${kind}?${new URLSearchParams({ [name]: value })}`);
      const list = entries.map((each) => h("li", {}, entryLink(each.number), h("code", {}, each.path), when(each.at, { class: "muted" })));
      row.after(h("tr", { class: "opened" }, h("td", { colspan: row.children.length }, more && h("p", { class: "small muted" }, "The latest 100:"),
        list.length ? h("ol", { class: "entries" }, list) : "The journal keeps none of its entries any more.")));
    }
    opener.setAttribute("aria-expanded", String(!isOpen));
  }), { id: `history-${number}`, "aria-expanded": "false" });
}

function pages(kind, at, total) {
  const last = Math.ceil(total / PER_PAGE) - 1;
  const to = (name, page) => {
    const isThere = page >= 0 && page <= last && page !== at;
    return h("a", { class: "button quiet", id: `page-${name}`, ...(isThere ? { href: `#${kind}/${page}` } : { role: "link", "aria-disabled": "true" }) }, name);
  };
  return last ? h("nav", { class: "row pages", "aria-label": "Pages of the table" }, to("Newest", 0), to("Newer", at - 1),
    h("span", { class: "small muted" }, `${count(at * PER_PAGE + 1)} to ${count(Math.min(total, (at + 1) * PER_PAGE))}`), to("Older", at + 1), to("Oldest", last)) : null;
}

// --- settings: API tokens ---

async function settings() {
  const { tokens } = await ask("GET", "tokens");
  return panel("API Settings", button({ class: "button primary", id: "generate", "data-shortcut": "n", "aria-haspopup": "dialog", onclick: generate }, "+ Generate new token"),
    table("API tokens", ["Name", "Token", "Status", "Created", "Expires", ""], tokens.map(({ name, ending, status, created, expires }) => [
      name, h("code", {}, ending), badge(...STATUS[status]), created.slice(0, 10), expires ? expires.slice(0, 10) : EXPIRATIONS.never,
      status === "revoked" ? "" : quiet(`Revoke ${name}`, "Revoke", () => confirm(`Revoke ${name}?`, "Who sends with it is refused from now on. What it sent stays.", "Revoke", async () => {
        await tell(`${name} is revoked.`, () => ask("DELETE", `tokens/${encodeURIComponent(name)}`));
        show("generate");
      }))])));
}

function generate() {
  const wrong = h("p", { class: "problem", role: "alert" });
  const name = text("token-name", { maxlength: 100, placeholder: "Segment" });
  const date = text("token-date", { type: "date", min: new Date(Date.now() + 864e5).toISOString().slice(0, 10) });
  const on = field("Date", date);
  const lasts = h("select", { id: "token-lasts", onchange: () => (on.hidden = lasts.value !== "date") }, Object.entries(EXPIRATIONS).map(([value, label]) => h("option", { value }, label)));
  lasts.value = "never";
  on.hidden = true;
  const shown = dialog("Generate new token", h("form", { class: "stack", novalidate: true, onsubmit: submit }, field("Name", name), field("Expiration", lasts), on, wrong,
    h("div", { class: "row" }, h("button", { class: "button primary" }, "Generate token"), button({ onclick: () => shown.close() }, "Cancel"))));

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
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  }
}

/** Show a new token, this once. */
function once({ name, token }) {
  const key = text("token", { class: "mono", readonly: true, value: token, onfocus: () => key.select() });
  const shown = dialog("Copy your token", note("warn", "This is the only time it is shown."), field(`Token “${name}”`, key), h("div", { class: "row" },
    button({ class: "button primary", autofocus: true, onclick: () => copy(token, "the token") }, "Copy"), button({ onclick: () => shown.close() }, "Done")));
  shown.addEventListener("close", () => {
    key.value = "";
    show("generate");
  });
}

addEventListener("hashchange", () => show());
await show();
ready();
