// Live: one row a message, with its mappings and attempts folded in; a direct call of the API is a row too.
import { ask, send } from "./api.js";
import { $, badge, clock, debounced, empty, fill, h, note, ready, say, zone } from "./dom.js";
import { keepFocus } from "./hands.js";
import { callDetail, messageDetail, toneOf } from "./live_detail.js";
import { RowList } from "./live_list.js";
import { showStart } from "./live_start.js";
import { listen } from "./live_stream.js";
import { button } from "./ui.js";

const MOST = 10_000;
const PATIENCE = 400; // milliseconds a call waits for the message it may belong to
const GOOD = ["delivered", "accepted"];
const ORDER = [...GOOD, "retrying", "queued", "unmapped", "filtered", "disabled", "duplicate", "rejected", "dropped", "failed", "refused"];
const NOT = "not-delivered";
const FILES = { ndjson: "messages.ndjson", har: "exchanges.har", pytest: "test_exported.py" };

const filters = { q: "", kind: "", outcome: "", from: "", to: "", open: "", ...Object.fromEntries(new URLSearchParams(location.search)) };
const items = new Map(); // key → item, those that wait too
const messageOf = new Map(); // the number of an entry → that of its message
const calls = new Map(); // those that no message has claimed yet
const changed = new Set(); // items that may fit the filter no more, or now, while somebody reads
let waiting = new Set(); // what came while somebody reads
let words = [];
let isPaused = false;
let isLoading = true;
let isStart = false; // the page shows how to start
let opened = ""; // the key of the row that is shown
let looks = 0; // so many; what an older one tells is out of date

const list = new RowList($("list"), {
  make(item) {
    item.nodes = [h("time", { datetime: item.at, title: `${item.at.slice(0, 23).replace("T", " ")} UTC` }, item.time), h("span", { class: "kind" }, item.type),
      h("span", { class: "what muted" }, h("b", {}, item.title), ` ${item.who}`), badge(item.outcome, item.tone), h("span", { class: "why muted" }, item.why)];
    return item.nodes;
  },
  picked: open,
  left: (key) => (key === "Enter" ? list.active && $("way").focus() : close()),
});

/** Return the item of a row: what is shown of it, and the text it is found by. */
function itemOf(row) {
  const isMessage = row.kind === "message";
  const kind = isMessage ? "message" : "call";
  const parts = row.parts ?? [];
  const attempts = Math.max(0, ...parts.map(({ entries }) => entries.length));
  const names = parts.map(({ mapping, outcome }) => [mapping, outcome !== row.outcome && outcome].filter(Boolean).join(" "));
  const outcome = isMessage ? row.outcome : row.status < 400 ? "accepted" : "refused";
  const why = isMessage ? [names.filter(Boolean).join(", "), attempts > 1 && `${attempts} attempts`, row.reason, row.code !== "202" && row.code] : [row.status, row.fault && `fault: ${row.fault}`, row.problem];
  const item = {
    key: `${kind}-${row.number}`, kind, number: row.number, at: row.at, time: clock(row.at), entries: parts.flatMap(({ entries }) => entries), outcome, tone: toneOf(outcome),
    type: isMessage ? row.type ?? "?" : "API", title: isMessage ? row.event ?? row.type ?? "no type" : `${row.method} ${row.path.replace(/^\/v1/, "")}`, who: isMessage ? row.who : row.about,
    why: why.filter(Boolean).join(" · ").replaceAll("`", ""),
  };
  item.text = [item.type, item.title, item.who, outcome, item.why, isMessage ? "" : `${String(row.status)[0]}xx`].join(" ").toLowerCase();
  return item;
}

// --- what comes ---

function take(rows, isOld) {
  for (const row of isOld ? rows.toReversed() : rows) {
    const item = itemOf(row);
    const known = items.get(item.key);
    for (const entry of item.entries) {
      messageOf.set(entry, item.number);
      calls.delete(entry);
      forget(items.get(`call-${entry}`));
    }
    if (known) change(known, item);
    else if (item.kind === "message") put(item, isOld);
    else if (!messageOf.has(item.number)) calls.set(item.number, { item, isOld, since: isOld ? 0 : Date.now() });
  }
  release();
  setTimeout(release, PATIENCE + 10);
}

/** Let the calls be rows of their own that no message has claimed; then tidy up. */
function release() {
  const oldest = isLoading ? list.items.findLast(({ kind }) => kind === "message")?.at ?? "" : "";
  for (const [number, { item, isOld, since }] of calls) {
    if (Date.now() - since < PATIENCE || item.at < oldest) continue;
    calls.delete(number);
    put(item, isOld);
  }
  while (items.size > MOST) {
    const gone = list.items.findLast((item) => item !== list.active) ?? waiting.values().next().value;
    for (const entry of gone.entries) messageOf.delete(entry);
    forget(gone);
  }
  list.settle();
  count();
}

function put(item, isOld) {
  const isNamed = filters.open === item.key;
  items.set(item.key, item);
  if (isOld || isNamed || !isHeld()) list.insert(item, isNamed || matches(item));
  else waiting.add(item);
  if (isNamed) list.mark(item);
}

function change(known, item) {
  const [, , , outcome, why] = known.nodes ?? [];
  Object.assign(known, item);
  if (!outcome) return;
  fill(outcome, known.outcome).dataset.tone = known.tone;
  fill(why, known.why);
  if (isHeld()) changed.add(known);
  else list.toggle(known, matches(known));
  if (known === list.active) look();
}

function forget(item) {
  if (!item) return;
  items.delete(item.key);
  waiting.delete(item);
  changed.delete(item);
  if (item.element) list.remove(item);
}

/** Whether somebody reads, so that nothing may move: an open row, a list that is scrolled, text that is selected. */
const isHeld = () => isPaused || list.active !== null || $("list").scrollTop > 2 || isSelectedIn($("list"));
const isSelectedIn = (box) => !getSelection().isCollapsed && box.contains(getSelection().anchorNode);

function flush() {
  for (const item of waiting) list.insert(item, matches(item));
  for (const item of changed) list.toggle(item, matches(item));
  waiting.clear();
  changed.clear();
  list.settle();
  count();
}

const flushIfNobodyReads = () => waiting.size + changed.size && !isHeld() && flush();

// --- the filter, which the address names ---

const matches = (item, outcome = filters.outcome) => (!outcome || item.outcome === outcome || (outcome === NOT && !GOOD.includes(item.outcome)))
  && (!filters.kind || item.kind === filters.kind) && item.at >= filters.from && (!filters.to || item.at <= filters.to) && words.every((word) => item.text.includes(word));

function apply(wanted) {
  Object.assign(filters, wanted);
  words = filters.q.toLowerCase().split(/\s+/).filter(Boolean);
  address();
  flush();
  for (const item of list.items) list.toggle(item, matches(item));
  list.settle();
  if ($("q") !== document.activeElement) $("q").value = filters.q;
  $("kind").value = filters.kind;
  const times = [filters.from && `since ${clock(filters.from)}`, filters.to && `until ${clock(filters.to)}`].filter(Boolean);
  const chosen = $("time").lastElementChild;
  chosen.hidden = !times.length;
  chosen.textContent = [...times, zone()].join(" ");
  $("time").value = times.length ? "chosen" : "";
  count();
}

function address() {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
  history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
}

/** Show how many there are, at most four times a second. */
function count() {
  count.timer ||= setTimeout(() => (count.timer = 0, showCounts()), isLoading ? 0 : 250);
}

function showCounts() {
  const counts = new Map();
  let all = 0;
  for (const item of items.values()) {
    if (!matches(item, "")) continue;
    all++;
    counts.set(item.outcome, (counts.get(item.outcome) ?? 0) + 1);
  }
  const number = (count) => count.toLocaleString("en");
  const not = all - GOOD.reduce((sum, word) => sum + (counts.get(word) ?? 0), 0);
  const shown = ORDER.filter((word) => counts.has(word) || word === filters.outcome).map((word) => [word, word, counts.get(word) ?? 0]);
  const chips = [["", "All", all], [NOT, "Not delivered", not], ...shown].map(([value, name, count], place) => {
    const chip = $(`chip-${value}`) ?? h("button", { type: "button", class: "chip", id: `chip-${value}`, "data-tone": toneOf(value) || null, onclick: () => apply({ outcome: value === filters.outcome ? "" : value }) }, `${name} `, h("b"));
    chip.ariaPressed = String(value === filters.outcome);
    chip.lastChild.textContent = number(count);
    if (!chip.isConnected) $("chips").insertBefore(chip, $("chips").children[place] ?? null); // the others stay, as one may be under the mouse
    return chip;
  });
  for (const each of [...$("chips").children]) if (!chips.includes(each)) each.remove();
  const fresh = [...waiting].filter((item) => matches(item)).length;
  $("newest").hidden = !fresh;
  $("newest").textContent = `↑ ${number(fresh)} new`;
  $("nothing").hidden = fresh > 0 || list.items.some(({ element }) => !element.hidden);
  if (!$("nothing").hidden) fill($("nothing"), items.size ? [h("strong", {}, "Nothing matches"), h("p", {}, `${number(items.size)} rows are hidden by the filter.`), button({ onclick: () => apply({ q: "", kind: "", outcome: "", from: "", to: "" }) }, "Show all")]
    : [h("strong", {}, "Nothing has come yet"), h("p", {}, "What is sent to this server stands here within a second.")]);
  $("first").dataset.tone = items.size ? "good" : "warn";
  $("first").textContent = items.size ? `✓ Your first event has arrived: ${items.values().next().value.title}` : "waiting for your first event …";
  showSide();
}

// --- the open row ---

function open(item) {
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
  if (mine !== looks || isSelectedIn($("way"))) return;
  refill($("way"), button({ class: "button quiet", id: "close", onclick: close }, "Close"), made);
  if ($("entry").getBoundingClientRect().top > innerHeight * 0.7) $("entry").scrollIntoView();
  showSide();
}, 60);

/** Fill a box anew, but leave open what was opened in it, and the focus where it was. */
function refill(box, ...nodes) {
  const open = new Map([...box.querySelectorAll("summary")].map((each) => [each.textContent, each.parentNode.open]));
  const hadFocus = box.contains(document.activeElement);
  keepFocus(() => fill(box, ...nodes));
  for (const each of box.querySelectorAll("summary")) each.parentNode.open = open.get(each.textContent) ?? each.parentNode.open;
  if (hadFocus && !box.contains(document.activeElement)) box.focus({ preventScroll: true });
}

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

/** Show what stands beside the list: the open row, how to start where nothing came, or what to do. */
function showSide() {
  if (!items.size && !list.active && !isLoading) isStart = true;
  $("connect").setAttribute("aria-pressed", String(isStart));
  if (isStart) showStart().then(() => ($("start").hidden = !isStart));
  else $("start").hidden = true;
  $("way").hidden = isStart;
  if (!list.active && !$("way").firstChild) fill($("way"), empty("No row is open", "Choose one, or go through the list with the arrow keys: why, the calls, the attempts, and what they changed."));
}

/** Open what the address names: ?open=message-17, or #entry/17 as links of other pages have it. */
function openNamed() {
  const entry = Number(location.hash.match(/^#entry\/(\d+)$/)?.[1]);
  if (entry) openKey(messageOf.has(entry) ? `message-${messageOf.get(entry)}` : `call-${entry}`);
  else if (filters.open !== opened) openKey(filters.open);
}

/** Open a row by its key, also one that is not on the page, or not yet. */
function openKey(key) {
  const [, kind, number] = key.match(/^(message|call)-(\d+)$/) ?? [];
  if (!kind) return;
  const item = items.get(key) ?? { key, kind, number: Number(number), at: "" };
  if (item.element) list.toggle(item, true);
  list.pick(item);
}

// --- the controls ---

/** Save what the filter shows. */
async function exportAs(form) {
  $("exports").hidePopover();
  const rows = [...items.values()].filter((item) => matches(item)).sort((one, other) => (one.at < other.at ? -1 : 1));
  const numbers = (kind) => rows.filter((item) => item.kind === kind).map(({ number }) => number);
  const [messages, entries] = [numbers("message"), form === "ndjson" ? [] : numbers("call")];
  const count = messages.length + entries.length;
  try {
    if (!count) throw new Error(rows.length ? "Only direct API calls are shown, and NDJSON holds messages. Export them as HAR or pytest." : "No row is shown, so there is nothing to export.");
    const answer = await send("POST", "export", { as: form, messages, entries });
    if (!answer.ok) throw new Error((await answer.json()).error.details);
    const href = URL.createObjectURL(await answer.blob());
    h("a", { href, download: FILES[form] }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
    say(`Exported ${count.toLocaleString("en")} rows as ${FILES[form]}${count < rows.length ? `, without ${(rows.length - count).toLocaleString("en")} direct API calls, which are no messages` : ""}.`, "good");
  } catch (error) {
    say(error.message, "bad");
  }
}

const onClick = (id, act) => $(id).addEventListener("click", act);
$("q").addEventListener("input", debounced(() => apply({ q: $("q").value.trim() }), 80));
$("kind").addEventListener("change", ({ target }) => apply({ kind: target.value }));
$("time").addEventListener("change", ({ target: { value } }) => {
  const from = value === "row" ? list.active?.at : value && new Date(Date.now() - value * 1000).toISOString();
  apply({ from: from ?? "", to: "" });
});
onClick("pause", () => {
  isPaused = !isPaused;
  $("pause").setAttribute("aria-pressed", String(isPaused));
  flushIfNobodyReads();
});
onClick("newest", () => {
  flush();
  $("list").scrollTop = 0;
  $("list").focus();
});
onClick("connect", () => {
  isStart = !isStart;
  if (isStart && list.active) close();
  showSide();
});
onClick("clear", () => $("clearing").showModal());
$("clearing").addEventListener("close", async () => {
  if ($("clearing").returnValue !== "yes") return;
  $("clearing").returnValue = "";
  await ask("POST", "reset", {}).then(() => say("Everything was cleared.", "good"), (error) => say(error.message, "bad"));
});
for (const each of document.querySelectorAll("[data-export]")) each.addEventListener("click", () => exportAs(each.dataset.export));
$("list").addEventListener("scroll", flushIfNobodyReads, { passive: true });
document.addEventListener("selectionchange", debounced(flushIfNobodyReads));
$("way").addEventListener("keydown", ({ key }) => key === "Escape" && !document.querySelector(":popover-open") && $("list").focus());
addEventListener("hashchange", openNamed);

$("list").setAttribute("aria-label", `What came, newest first; times in ${zone()}`);
apply({});
listen({
  rows(rows) {
    take(rows, isLoading);
    if (isLoading) openNamed();
  },
  earlier: (rows) => take(rows, true),
  loaded() {
    isLoading = false;
    release();
    openNamed();
  },
  reset() {
    for (const each of [items, messageOf, calls, waiting, changed]) each.clear();
    list.clear();
    close();
    count();
  },
  state(word, why = "") {
    fill($("state"), badge(word, word === "connected" ? "good" : "warn"), why && h("span", { class: "small muted" }, ` ${why}`));
    ready();
  },
}, { most: MOST });
