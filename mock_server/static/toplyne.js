// Toplyne: profiles, accounts and events with their history, and the API tokens.
import { ask } from "./api.js";
import { badge, copy, empty, fill, h, $, note, ready, say } from "./dom.js";
import { jsonInline } from "./json_view.js";

const PER_PAGE = 25;
const KINDS = {
  profiles: { one: "profile", ids: ["userId", "anonymousId"], time: "creationTime", more: "userProperties",
    columns: ["User ID", "Anonymous ID", "Created", "Properties"], how: "A profile comes with the first identify call that a mapping takes." },
  accounts: { one: "account", ids: ["accountId"], time: "creationTime", more: "accountProperties",
    columns: ["Account ID", "Created", "Properties"], how: "An account comes with the first group call that a mapping takes." },
  events: { one: "event", ids: ["eventName", "userId", "anonymousId", "accountId"], time: "timestamp", more: "eventProperties",
    columns: ["Event", "User ID", "Anonymous ID", "Account ID", "Time", "Properties"], how: "An event comes with a track call that a mapping takes." },
};
const LASTING = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["365", "1 year"], ["", "Does not expire"], ["date", "On a date"]];

const hidden = (text) => h("span", { class: "visually-hidden" }, text);
const day = (iso) => iso.slice(0, 10);
const seconds = (value) => h("span", { title: `${value}` }, Math.abs(value) < 8.64e12 ? new Date(value * 1000).toISOString().replace("T", " ").slice(0, 19) : `${value}`);
const entryLink = (number) => h("a", { href: `/live#entry/${number}` }, `Entry ${number}`);

async function show({ focus } = {}) {
  const [view, at] = location.hash.slice(1).split("/");
  const part = view in KINDS || view === "settings" ? view : "profiles";
  for (const tab of document.querySelectorAll(".tabs a")) {
    if (tab.hash === `#${part}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  const before = document.activeElement?.id;
  $("view").classList.add("busy");
  try {
    const made = part === "settings" ? await settings() : await state(part, Math.max(0, Number(at) || 0));
    fill($("view"), made);
  } catch (error) {
    fill($("view"), note("bad", error.message));
  }
  $("view").classList.remove("busy");
  if (focus || before) $(focus ?? before)?.focus();
}

// --- what is known ---

async function state(kind, at) {
  const about = KINDS[kind];
  const query = `?order=desc&limit=${PER_PAGE}&offset=${at * PER_PAGE}`;
  const [{ items, total, dropped }, origins] = await Promise.all([
    ask("GET", `state/${kind}${query}`),
    kind === "events" ? ask("GET", `history/events${query}`) : null,
  ]);
  if (!items.length && at) return state(kind, 0);
  const panel = h("section", { class: "panel" }, h("header", {}, h("h2", {}, `${total.toLocaleString("en")} ${total === 1 ? about.one : kind}`),
    dropped ? h("span", { class: "small muted" }, `${dropped.toLocaleString("en")} older ones were dropped`) : null,
    h("button", { type: "button", class: "button quiet", id: "again", onclick: () => show() }, "Refresh")));
  if (!items.length) {
    panel.append(empty(`No ${kind} yet`, about.how, h("p", {}, h("a", { href: "/" }, "Try an event"), " or ", h("a", { href: "/setup" }, "set up a source"), ".")));
    return panel;
  }
  const rows = h("tbody", {}, items.map((item, number) => row(kind, item, number, origins?.entries[number])));
  panel.append(h("div", { class: "scroll" }, h("table", { class: "fold" }, h("caption", { class: "visually-hidden" }, `${kind}, newest first`),
    h("thead", {}, h("tr", {}, [...about.columns, "History"].map((text) => h("th", { scope: "col" }, text)))), rows)),
  pages(kind, at, total));
  return panel;
}

function row(kind, item, number, entry) {
  const about = KINDS[kind];
  const [first, ...others] = about.ids;
  const name = about.ids.find((key) => item[key]) ?? first;
  const cell = (label, ...children) => h("td", { "data-name": label }, ...children);
  const text = (value) => (value === undefined ? h("span", { class: "muted" }, "–") : `${value}`);
  const history = entry !== undefined ? entryLink(entry) : kind === "events" || !item[name] ? h("span", { class: "muted" }, "–") : historyButton(kind, item, name, number);
  return h("tr", {}, h("th", { scope: "row" }, text(item[first])),
    others.map((key, place) => cell(about.columns[place + 1], text(item[key]))),
    cell(about.columns.at(-2), h("span", { class: "nowrap" }, item[about.time] === undefined || item[about.time] === null ? text() : seconds(item[about.time]))),
    cell("Properties", item[about.more] === undefined ? text() : h("div", { class: "clip" }, jsonInline(item[about.more]))),
    cell("History", history));
}

/** Return the button that opens a row with the entries that made a profile or account. */
function historyButton(kind, item, name, number) {
  const button = h("button", { type: "button", class: "button quiet", id: `history-${number}`, "aria-expanded": "false", "aria-label": `Entries of ${item[name]}`, onclick: toggle }, "Entries");
  async function toggle() {
    const here = button.closest("tr");
    if (button.getAttribute("aria-expanded") === "true") {
      here.nextElementSibling.remove();
      return button.setAttribute("aria-expanded", "false");
    }
    try {
      const { entries, more } = await ask("GET", `history/${kind}?${new URLSearchParams({ [name]: item[name] })}`);
      const list = h("ol", { class: "entries" }, entries.map((each) =>
        h("li", {}, entryLink(each.number), h("code", {}, each.path), h("time", { class: "muted", datetime: each.at }, each.at.slice(0, 19).replace("T", " ")))));
      button.setAttribute("aria-expanded", "true");
      here.after(h("tr", { class: "opened" }, h("td", { colspan: KINDS[kind].columns.length + 1 },
        entries.length ? [more ? h("p", { class: "small muted" }, "The latest 100:") : null, list] : "The journal keeps none of its entries any more.")));
    } catch (error) {
      say(error.message, "bad");
    }
  }
  return button;
}

function pages(kind, at, total) {
  const last = Math.ceil(total / PER_PAGE) - 1;
  if (!last) return "";
  const to = (page, text) => (page < 0 || page > last
    ? h("span", { class: "button quiet", "aria-disabled": "true" }, text)
    : h("a", { class: "button quiet", id: `page-${text.toLowerCase()}`, href: `#${kind}/${page}` }, text));
  return h("nav", { class: "row pages", "aria-label": "Pages of the table" },
    to(at > 0 ? 0 : -1, "Newest"), to(at - 1, "Newer"),
    h("span", { class: "small muted" }, `${(at * PER_PAGE + 1).toLocaleString("en")} to ${Math.min(total, (at + 1) * PER_PAGE).toLocaleString("en")}`),
    to(at + 1, "Older"), to(at < last ? last : -1, "Oldest"));
}

// --- settings: API tokens ---

async function settings() {
  const { tokens } = await ask("GET", "tokens");
  return h("section", { class: "panel" },
    h("header", {}, h("h2", {}, "API Settings"), h("button", { type: "button", class: "button primary", id: "generate", "data-shortcut": "n", "aria-haspopup": "dialog", onclick: generate }, "+ Generate new token")),
    tokens.length ? h("div", { class: "scroll" }, h("table", { class: "fold" }, h("caption", { class: "visually-hidden" }, "API tokens"),
      h("thead", {}, h("tr", {}, ["Name", "Token", "Status", "Created", "Expires"].map((text) => h("th", { scope: "col" }, text)), h("th", { scope: "col" }, hidden("Actions")))),
      h("tbody", {}, tokens.map(tokenRow)))) : empty("No token yet", "Without one nobody can send."));
}

const TONES = { good: ["Active", "good"], expired: ["Expired", "warn"], revoked: ["Revoked", "bad"] };

function tokenRow(token) {
  return h("tr", {}, h("th", { scope: "row" }, token.name),
    h("td", { "data-name": "Token" }, h("code", {}, token.ending)),
    h("td", { "data-name": "Status" }, badge(...TONES[token.status])),
    h("td", { "data-name": "Created" }, day(token.created)),
    h("td", { "data-name": "Expires" }, token.expires ? day(token.expires) : "Does not expire"),
    h("td", {}, token.status === "revoked" ? null : h("button", { type: "button", class: "button quiet", "aria-label": `Revoke ${token.name}`, onclick: () => revoke(token.name) }, "Revoke")));
}

function dialog(title, ...children) {
  const shown = h("dialog", { "aria-labelledby": "dialog-title" }, h("h2", { id: "dialog-title" }, title), ...children);
  shown.addEventListener("close", () => shown.remove());
  document.body.append(shown);
  shown.showModal();
  return shown;
}

function generate() {
  const wrong = h("p", { class: "problem", id: "token-wrong", role: "alert" });
  const name = h("input", { id: "token-name", required: true, maxlength: 100, autocomplete: "off", "aria-describedby": "token-wrong", placeholder: "Segment" });
  const date = h("input", { type: "date", id: "token-date", min: new Date(Date.now() + 864e5).toISOString().slice(0, 10) });
  const dateField = h("div", { class: "field", hidden: true }, h("label", { class: "name", for: "token-date" }, "Date"), date);
  const lasts = h("select", { id: "token-lasts", onchange: () => (dateField.hidden = lasts.value !== "date") }, LASTING.map(([value, text]) => h("option", { value }, text)));
  lasts.value = "";
  const shown = dialog("Generate new token",
    h("form", { class: "stack", novalidate: true, onsubmit: submit },
      h("div", { class: "field" }, h("label", { class: "name", for: "token-name" }, "Name"), name),
      h("div", { class: "field" }, h("label", { class: "name", for: "token-lasts" }, "Expiration"), lasts), dateField, wrong,
      h("div", { class: "row" }, h("button", { class: "button primary", id: "token-make" }, "Generate token"), h("button", { type: "button", class: "button", onclick: () => shown.close() }, "Cancel"))));
  const refuse = (text, input) => {
    wrong.textContent = text;
    for (const each of [name, date]) each.setAttribute("aria-invalid", each === input);
    input.focus();
  };

  async function submit(event) {
    event.preventDefault();
    if (!name.value.trim()) return refuse("Give it a name.", name);
    if (lasts.value === "date" && !date.value) return refuse("Choose a date.", date);
    const expires = lasts.value === "" ? null : lasts.value === "date" ? `${date.value}T23:59:59Z` : new Date(Date.now() + lasts.value * 864e5).toISOString();
    try {
      const made = await ask("POST", "tokens", { name: name.value.trim(), expires });
      shown.close();
      once(made);
    } catch (error) {
      refuse(error.message, name);
    }
  }
}

/** Show a new token, this once. */
function once({ name, token }) {
  const key = h("input", { id: "token", class: "mono", readonly: true, value: token, onfocus: () => key.select() });
  const shown = dialog("Copy your token",
    note("warn", "This is the only time it is shown."),
    h("div", { class: "field" }, h("label", { class: "name", for: "token" }, `Token “${name}”`), key),
    h("div", { class: "row" }, h("button", { type: "button", class: "button primary", id: "copy-token", onclick: () => copy(token, "Token") }, "Copy"),
      h("button", { type: "button", class: "button", id: "done", onclick: () => shown.close() }, "Done")));
  shown.addEventListener("close", () => {
    key.value = "";
    show({ focus: "generate" });
  });
  shown.querySelector("#copy-token").focus();
}

function revoke(name) {
  const shown = dialog(`Revoke ${name}?`, h("p", {}, "Who sends with it is refused from now on. What it sent stays."),
    h("div", { class: "row" }, h("button", { type: "button", class: "button danger", id: "revoke", onclick: async () => {
      try {
        await ask("DELETE", `tokens/${encodeURIComponent(name)}`);
        say(`${name} is revoked.`, "good");
      } catch (error) {
        say(error.message, "bad");
      }
      shown.close();
      show({ focus: "generate" });
    } }, "Revoke"), h("button", { type: "button", class: "button", onclick: () => shown.close() }, "Cancel")));
}

addEventListener("hashchange", () => show());
await show();
ready();
