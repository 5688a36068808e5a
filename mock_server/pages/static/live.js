// Live: one row for each message, with its mappings and attempts, and one for each direct call of the API.
import { ask, send } from "./api.js";
import { $, badge, clock, count, debounced, download, empty, fill, h, note, ready, say, update, zone } from "./dom.js";
import { callDetail, messageDetail, toneOf } from "./live_detail.js";
import { RowList } from "./live_list.js";
import { showStart } from "./live_start.js";
import { listen } from "./live_stream.js";
import { button, confirm, tell } from "./ui.js";

const MOST = 10_000;
const PATIENCE = 300; // how many milliseconds a call waits for the message it may belong to
const GOOD = ["delivered", "accepted"];
const ORDER = [...GOOD, "retrying", "queued", "unmapped", "filtered", "disabled", "duplicate", "rejected", "dropped", "failed", "refused"];
const NOT = "not-delivered";
const FILES = { ndjson: "messages.ndjson", har: "exchanges.har", pytest: "test_exported.py" };
const NO_FILTER = { q: "", kind: "", outcome: "", from: "", to: "" };

const filters = { ...NO_FILTER, open: "", ...Object.fromEntries(new URLSearchParams(location.search)) };
const items = new Map(); // key → item, pending ones included
const messageOf = new Map(); // the number of an entry → the number of its message
const calls = new Map(); // calls that belong to no message so far
const pending = new Set(); // new items, and items whose visibility may have changed, while the list is held
let words = [];
let isPaused = false;
let isLoading = true;
let isStart = false; // the page shows how to start
let opened = ""; // the key of the open row
let looks = 0; // the number of requests: only the answer to the last one is current
let isMissed = false; // the open row was not updated, because text in it is selected

const list = new RowList($("list"), {
  make: ({ at, time, type, title, who, outcome, why }) => [h("time.clip.muted", { datetime: at, title: `${at.slice(0, 23).replace("T", " ")} UTC` }, time), h("span.kind.clip.muted", type),
    h("span.what.clip.muted", h("b", title), ` ${who}`), badge(outcome, toneOf(outcome)), h("span.why.clip.muted.small", why)],
  picked: open,
  left: (key) => (key === "Enter" ? list.active && $("way").focus() : close()),
});

/** Return the time of day; for another day the month, day, hour and minute, which is all a row has room for. */
const dayOrClock = (at) => clock(at).replace(/^\d{4}-(.{11}).*/, "$1");

/** Return the item of a row: what is shown, and the text that the search looks in. */
function itemOf(row) {
  const { at, number, parts = [] } = row;
  const entries = parts.flatMap((part) => part.entries);
  const facts = row.kind === "message" ? ofMessage(row, parts) : ofCall(row);
  const item = { key: `${facts.kind}-${number}`, number, at, time: dayOrClock(at), entries, ...facts, why: facts.why.filter(Boolean).join(" · ").replaceAll("`", "") };
  item.text = [item.type, item.title, item.who, item.outcome, item.why, row.status && `${row.status}`.replace(/..$/, "xx")].join(" ").toLowerCase();
  return item;
}

function ofMessage({ type, event, who, outcome, reason, code }, parts) {
  const attempts = Math.max(...parts.map(({ entries }) => entries.length));
  const names = parts.map((part) => [part.mapping, part.outcome !== outcome && part.outcome].filter(Boolean).join(" "));
  return { kind: "message", outcome, type: type ?? "?", title: event ?? type ?? "no type", who,
    why: [names.filter(Boolean).join(", "), attempts > 1 && `${attempts} attempts`, reason, code !== "202" && code] };
}

const ofCall = ({ method, path, about, status, fault, problem }) => ({ kind: "call", outcome: status < 400 ? "accepted" : "refused", type: "API",
  title: `${method} ${path.replace(/^\/v1/, "")}`, who: about, why: [status, fault && `fault: ${fault}`, problem] });

// --- new rows ---

function take(rows) {
  for (const item of rows.map(itemOf).reverse()) {
    for (const entry of item.entries) {
      messageOf.set(entry, item.number);
      calls.delete(entry);
      forget(items.get(`call-${entry}`));
    }
    if (items.has(item.key)) change(items.get(item.key), item);
    else if (item.kind === "message") put(item);
    else if (!messageOf.has(item.number)) calls.set(item.number, { item, since: isLoading ? 0 : Date.now() });
  }
  release();
  setTimeout(release, PATIENCE + 10);
}

/** Make rows of the calls that belong to no message, and drop the oldest rows above the limit. */
function release() {
  const oldest = isLoading ? list.items.findLast(({ kind }) => kind === "message")?.at ?? "" : "";
  for (const [number, { item, since }] of calls) {
    if (Date.now() - since < PATIENCE || item.at < oldest) continue;
    calls.delete(number);
    put(item);
  }
  while (items.size > MOST) {
    const gone = list.items.findLast((item) => item !== list.active) ?? pending.values().next().value;
    for (const entry of gone.entries) messageOf.delete(entry);
    forget(gone);
  }
  recount();
}

function put(item) {
  const isNamed = filters.open === item.key;
  const isLast = !(item.at > list.items.at(-1)?.at); // an older row does not move others
  items.set(item.key, item);
  if (isLast || isNamed || !isHeld()) list.insert(item, isNamed || matches(item));
  else pending.add(item);
  if (isNamed) list.mark(item);
}

function change(known, item) {
  Object.assign(known, item);
  if (!known.element) return;
  update(known.element, list.make(known));
  if (isHeld()) pending.add(known);
  else show(known);
  if (known === list.active) look();
}

function forget(item) {
  if (!item) return;
  items.delete(item.key);
  pending.delete(item);
  if (item.element) list.remove(item);
}

/** Whether nothing may move, because the user reads: a row is open, the list is scrolled, or text is selected. */
const isHeld = () => isPaused || list.active !== null || $("list").scrollTop > 2 || isSelectedIn($("list"));
const isSelectedIn = (box) => !getSelection().isCollapsed && box.contains(getSelection().anchorNode);

function show(item) {
  if (item.element) list.toggle(item, matches(item));
  else list.insert(item, matches(item));
}

function flush() {
  pending.forEach(show);
  pending.clear();
  recount();
}

const flushIfNobodyReads = () => pending.size && !isHeld() && flush();

// --- the filter, which is in the address ---

const matches = (item, outcome = filters.outcome) => (!outcome || item.outcome === outcome || (outcome === NOT && !GOOD.includes(item.outcome)))
  && (!filters.kind || item.kind === filters.kind) && item.at >= filters.from && (!filters.to || item.at <= filters.to) && words.every((word) => item.text.includes(word));

function apply(wanted) {
  Object.assign(filters, wanted);
  words = filters.q.toLowerCase().split(/\s+/).filter(Boolean);
  address();
  pending.clear();
  items.forEach(show);
  if ($("q") !== document.activeElement) $("q").value = filters.q;
  $("kind").value = filters.kind;
  const times = [filters.from && `since ${clock(filters.from)}`, filters.to && `until ${clock(filters.to)}`].filter(Boolean);
  const chosen = $("time").lastElementChild;
  chosen.hidden = !times.length;
  chosen.textContent = [...times, zone()].join(" ");
  $("time").value = times.length ? "chosen" : "";
  recount();
}

function address() {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
  history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
}

/** Show the counts, at most four times a second. */
function recount() {
  recount.timer ||= setTimeout(() => (recount.timer = 0, showCounts()), isLoading ? 0 : 250);
}

function showCounts() {
  const found = [...items.values()].filter((item) => matches(item, ""));
  const counts = Object.groupBy(found, ({ outcome }) => outcome);
  counts[NOT] = found.filter(({ outcome }) => !GOOD.includes(outcome));
  const outcomes = ORDER.filter((word) => counts[word] || word === filters.outcome).map((word) => [word, word]);
  update($("chips"), [["", "All"], [NOT, "Not delivered"], ...outcomes].map(([value, name]) => button({ class: "chip", id: `chip-${value}`, "data-tone": toneOf(value) || null, "aria-pressed": String(value === filters.outcome),
    onclick: () => apply({ outcome: value === filters.outcome ? "" : value }) }, `${name} `, h("b", count((value ? counts[value] ?? [] : found).length)))));
  const fresh = [...pending].filter((item) => !item.element && matches(item)).length;
  $("newest").hidden = !fresh;
  $("newest").textContent = `↑ ${count(fresh)} new`;
  $("nothing").hidden = fresh > 0 || list.items.some(({ element }) => !element.hidden);
  update($("nothing"), items.size ? empty("Nothing matches", `${count(items.size)} rows are hidden by the filter.`, button({ onclick: () => apply(NO_FILTER) }, "Show all"))
    : empty("Nothing received yet", "Whatever is sent to this server appears here within a second."));
  $("first").dataset.tone = items.size ? "good" : "warn";
  $("first").textContent = items.size ? `✓ Your first event has arrived: ${items.values().next().value.title}` : "waiting for your first event …";
  showSide();
}

// --- the open row ---

function open(item) {
  if (opened !== item.key) $("way").scrollTop = 0;
  filters.open = opened = item.key;
  isStart = false;
  address();
  look();
}

const look = debounced(async () => {
  const { active } = list;
  const mine = ++looks;
  if (!active) return;
  const made = await (active.kind === "message" ? messageDetail : callDetail)(active.number, openKey).catch((error) => note("bad", error.message));
  if (mine !== looks) return;
  isMissed = isSelectedIn($("way"));
  if (isMissed) return;
  const hadFocus = $("way").contains(document.activeElement);
  update($("way"), button({ class: "quiet", id: "close", onclick: close }, "Close"), made);
  if (hadFocus && !$("way").contains(document.activeElement)) $("way").focus({ preventScroll: true });
  if ($("entry").getBoundingClientRect().top > innerHeight * 0.7) $("entry").scrollIntoView();
  showSide();
}, 60);

function close() {
  looks++;
  if ($("entry").contains(document.activeElement)) $("list").focus();
  list.mark(null);
  filters.open = opened = "";
  address();
  fill($("way"));
  flushIfNobodyReads();
  showSide();
}

/** Show the side beside the list: the open row, how to start if nothing was received, or a hint. */
function showSide() {
  if (!items.size && !list.active && !isLoading) isStart = true;
  $("connect").ariaPressed = isStart;
  if (isStart) showStart().then(() => ($("start").hidden = !isStart));
  else $("start").hidden = true;
  $("way").hidden = isStart;
  if (!list.active && !$("way").firstChild) fill($("way"), empty("No row is open", "Choose a row, or use the arrow keys, to see its reasons, calls and attempts, and what they changed."));
}

/** Open the row in the address: ?open=message-17, or #entry/17 in links of other pages. */
function openNamed() {
  const entry = Number(location.hash.match(/^#entry\/(\d+)$/)?.[1]);
  if (entry) openKey(messageOf.has(entry) ? `message-${messageOf.get(entry)}` : `call-${entry}`);
  else if (filters.open !== opened) openKey(filters.open);
}

/** Open a row by its key, even one that is not in the list. */
function openKey(key) {
  const [, kind, number] = key.match(/^(message|call)-(\d+)$/) ?? [];
  if (!kind) return;
  const item = items.get(key) ?? { key, kind, number: Number(number), at: "" };
  if (item.element) list.toggle(item, true);
  list.pick(item);
}

// --- the controls ---

/** Save the rows that the filter shows. */
async function exportAs(form) {
  $("exports").hidePopover();
  const rows = [...items.values()].filter((item) => matches(item)).sort((one, other) => (one.at < other.at ? -1 : 1));
  const numbers = (kind) => rows.filter((item) => item.kind === kind).map((item) => item.number);
  const [messages, entries] = [numbers("message"), form === "ndjson" ? [] : numbers("call")];
  const total = messages.length + entries.length;
  try {
    if (!total) throw new Error(rows.length ? "Only direct API calls are shown, and NDJSON can only have messages. Export them as HAR or pytest." : "No row is shown, so there is nothing to export.");
    const answer = await send("POST", "export", { as: form, messages, entries });
    if (!answer.ok) throw new Error((await answer.json()).error.details);
    download(await answer.blob(), FILES[form], `Exported ${count(total)} rows as ${FILES[form]}${total < rows.length ? `, without ${count(rows.length - total)} direct API calls, which are not messages` : ""}.`);
  } catch (error) {
    say(error.message, "bad");
  }
}

const on = (id, type, act) => $(id).addEventListener(type, act);
on("q", "input", debounced(() => apply({ q: $("q").value.trim() }), 80));
on("kind", "change", ({ target }) => apply({ kind: target.value }));
on("time", "change", ({ target: { value } }) => {
  const from = value === "row" ? list.active?.at : value && new Date(Date.now() - value * 1000).toISOString();
  apply({ from: from ?? "", to: "" });
});
on("pause", "click", ({ currentTarget }) => {
  isPaused = !isPaused;
  currentTarget.ariaPressed = isPaused;
  flushIfNobodyReads();
});
on("newest", "click", () => {
  flush();
  $("list").scrollTop = 0;
  $("list").focus();
});
on("connect", "click", () => {
  isStart = !isStart;
  if (isStart && list.active) close();
  showSide();
});
on("clear", "click", () => confirm("Clear everything?", "This deletes the queue, the ledger, the journal, the state and the faults. Tokens and the set-up stay.", "Clear",
  () => tell("Everything was cleared.", () => ask("POST", "reset", {}))));
on("exports", "click", ({ target }) => target.dataset.export && exportAs(target.dataset.export));
on("list", "scroll", flushIfNobodyReads);
document.addEventListener("selectionchange", debounced(() => {
  if (isMissed && !isSelectedIn($("way"))) look();
  flushIfNobodyReads();
}));
on("way", "keydown", ({ key }) => key === "Escape" && !document.querySelector(":popover-open") && $("list").focus());
addEventListener("hashchange", openNamed);

$("list").ariaLabel = `Received, newest first; times in ${zone()}`;
apply({});
listen({
  rows(rows) {
    take(rows);
    if (isLoading) openNamed();
  },
  loaded() {
    isLoading = false;
    release();
    openNamed();
  },
  reset() {
    for (const each of [items, messageOf, calls, pending]) each.clear();
    list.items = [];
    fill($("list"));
    close();
    recount();
  },
  state(word, why) {
    update($("state"), badge(word, word === "connected" ? "good" : "warn"), why && h("span.small.muted", ` ${why}`));
    ready();
  },
}, { most: MOST });
