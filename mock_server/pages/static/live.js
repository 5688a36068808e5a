// Live: one row a message, with its mappings and attempts folded in; a direct call of the API is a row too.
import { ask, send } from "./api.js";
import { $, badge, clock, debounced, empty, fill, h, note, ready, say, zone } from "./dom.js";
import { callDetail, messageDetail, toneOf } from "./live_detail.js";
import { RowList } from "./live_list.js";
import { showStart } from "./live_start.js";
import { listen } from "./live_stream.js";

const MOST = 10_000;
const PATIENCE = 400; // milliseconds a call waits for the message it may belong to
const FILTERS = ["q", "kind", "outcome", "from", "to", "open"];
const ORDER = ["delivered", "accepted", "retrying", "queued", "unmapped", "filtered", "disabled", "duplicate", "rejected", "dropped", "failed", "refused"];
const NOT = "not-delivered";

const items = new Map(); // key → item, those that wait too
const messageOf = new Map(); // the number of an entry → that of its message
const calls = new Map(); // calls nobody has claimed yet
let waiting = []; // what came while somebody reads
let filters = Object.fromEntries(FILTERS.map((name) => [name, new URLSearchParams(location.search).get(name) ?? ""]));
const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
let words = wordsOf(filters.q);
let isPaused = false;
let isLoading = true;
let isStart = false; // shown although there are rows
let changedRows = new Set(); // whose place under the filter may have changed while somebody reads

const list = new RowList($("list"), {
  make(item) {
    item.nodes = [h("time"), h("span", { class: "kind" }), h("span", { class: "what" }, h("b"), h("span", { class: "muted" })), badge(""), h("span", { class: "why muted" })];
    write(item);
    return item.nodes;
  },
  picked: open,
  left: (key) => (key === "Enter" ? list.active && $("way").focus() : close()),
});

function write({ nodes: [time, kind, what, outcome, why], ...item }) {
  const put = (node, text) => node.textContent === text || (node.textContent = text);
  put(time, item.time);
  time.dateTime = item.at;
  time.title = `${item.at.slice(0, 23).replace("T", " ")} UTC`;
  put(kind, item.kind === "message" ? item.type : "API");
  put(what.firstChild, item.title);
  put(what.lastChild, item.who ? ` ${item.who}` : "");
  put(outcome, item.outcome);
  outcome.dataset.tone = item.tone;
  put(why, item.why);
}

function itemOf(row) {
  const isMessage = row.kind === "message";
  const item = { kind: isMessage ? "message" : "call", number: row.number, at: row.at, time: clock(row.at), entries: [] };
  if (isMessage) {
    const attempts = row.parts.reduce((most, part) => Math.max(most, part.entries.length), 0);
    const names = row.parts.map((part) => [part.mapping, row.parts.length > 1 && part.outcome !== row.outcome && part.outcome].filter(Boolean).join(" "));
    Object.assign(item, {
      type: row.type ?? "?", title: row.event ?? row.type ?? "no type", who: row.who, outcome: row.outcome, tone: toneOf(row.outcome),
      why: [names.filter(Boolean).join(", "), attempts > 1 && `${attempts} attempts`, row.reason, row.code !== "202" && row.code].filter(Boolean).join(" · ").replaceAll("`", ""),
      entries: row.parts.flatMap((part) => part.entries),
    });
  } else {
    const isGood = row.status < 400;
    Object.assign(item, {
      type: "API", title: `${row.method} ${row.path.replace(/^\/v1/, "")}`, who: row.about, outcome: isGood ? "accepted" : "refused", tone: isGood ? "good" : "bad",
      why: [row.status, row.fault && `fault: ${row.fault}`, row.problem].filter(Boolean).join(" · ").replaceAll("`", ""),
    });
  }
  item.key = `${item.kind}-${item.number}`;
  item.text = `${item.type} ${item.title} ${item.who} ${item.outcome} ${item.why} ${isMessage ? "" : `${String(row.status)[0]}xx`}`.toLowerCase();
  return item;
}

// --- what comes ---

function take(rows, isOld = false) {
  for (const row of isOld ? rows.toReversed() : rows) {
    const item = itemOf(row);
    const known = items.get(item.key);
    if (item.kind === "message") {
      for (const entry of item.entries) {
        messageOf.set(entry, item.number);
        calls.delete(entry);
        forget(items.get(`call-${entry}`));
      }
      if (known) change(known, item);
      else put(item, isOld);
    } else if (!known && !messageOf.has(item.number)) calls.set(item.number, { item, isOld, since: Date.now() });
  }
  setTimeout(release, PATIENCE + 10);
  drop();
  list.settle();
  count();
}

/** Let the calls be rows of their own that no message has claimed. */
function release(isAll = false) {
  const oldest = isLoading ? list.items.findLast((item) => item.kind === "message")?.at ?? "" : "";
  for (const [number, { item, isOld, since }] of calls) {
    if (!isAll && ((!isOld && Date.now() - since < PATIENCE) || item.at < oldest)) continue;
    calls.delete(number);
    put(item, isOld);
  }
  list.settle();
  count();
}

function put(item, isOld) {
  const isNamed = filters.open === item.key;
  items.set(item.key, item);
  if (isOld || isNamed || !isHeld()) list.insert(item, isNamed || matches(item));
  else waiting.push(item);
  if (isNamed) list.mark(item);
}

function change(known, item) {
  const { element, nodes } = known;
  Object.assign(known, item, { element, nodes });
  if (!element) return;
  write(known);
  if (isHeld()) changedRows.add(known);
  else list.toggle(known, matches(known));
  if (known === list.active) again();
}

function forget(item) {
  if (!item) return;
  items.delete(item.key);
  if (item.element) list.remove(item);
  else waiting = waiting.filter((each) => each !== item);
}

function drop() {
  while (items.size > MOST) {
    const oldest = list.items.findLast((item) => item !== list.active) ?? waiting[0];
    for (const entry of oldest.entries) messageOf.delete(entry);
    forget(oldest);
  }
}

/** Whether somebody reads, so that nothing may move: an open row, a list that is scrolled, text that is selected. */
const isHeld = () => isPaused || list.active !== null || $("list").scrollTop > 2 || isSelectedIn($("list"));
const isSelectedIn = (box) => !getSelection().isCollapsed && box.contains(getSelection().anchorNode);

function flush() {
  for (const item of waiting) list.insert(item, matches(item));
  waiting = [];
  for (const item of changedRows) if (item.element) list.toggle(item, matches(item));
  changedRows.clear();
  list.settle();
  count();
}

// --- the filter, which the address names ---

function matches(item, but = "") {
  return (but === "outcome" || !filters.outcome || item.outcome === filters.outcome || (filters.outcome === NOT && !["delivered", "accepted"].includes(item.outcome)))
    && (!filters.kind || item.kind === filters.kind)
    && (!filters.from || item.at >= filters.from) && (!filters.to || item.at <= filters.to)
    && words.every((word) => item.text.includes(word));
}

function apply(change) {
  Object.assign(filters, change);
  words = wordsOf(filters.q);
  address();
  flush();
  for (const item of list.items) list.toggle(item, matches(item));
  list.settle();
  showFilters();
  count();
}

function address() {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
  history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
}

function showFilters() {
  if ($("q") !== document.activeElement) $("q").value = filters.q;
  $("kind").value = filters.kind;
  const chosen = $("time").querySelector("[value=chosen]");
  const isTimed = filters.from || filters.to;
  chosen.hidden = !isTimed;
  chosen.textContent = [filters.from && `since ${clock(filters.from)}`, filters.to && `until ${clock(filters.to)}`, isTimed && zone()].filter(Boolean).join(" ");
  $("time").value = isTimed ? "chosen" : "";
}

const TIMES = { row: () => ({ from: list.active?.at ?? "", to: "" }), until: () => ({ to: new Date().toISOString() }), chosen: () => ({}), "": () => ({ from: "", to: "" }) };

const count = throttled(() => {
  const counts = new Map();
  let all = 0;
  for (const item of items.values()) {
    if (!matches(item, "outcome")) continue;
    all++;
    counts.set(item.outcome, (counts.get(item.outcome) ?? 0) + 1);
  }
  const good = (counts.get("delivered") ?? 0) + (counts.get("accepted") ?? 0);
  const known = [["", "All", all], [NOT, "Not delivered", all - good], ...ORDER.filter((word) => counts.has(word) || filters.outcome === word).map((word) => [word, word, counts.get(word) ?? 0])];
  const box = $("chips");
  known.forEach(([value, name, number], place) => {
    let chip = [...box.children].find((each) => each.dataset.outcome === value);
    if (!chip) {
      chip = h("button", { type: "button", class: "chip", "data-outcome": value, "data-tone": toneOf(value) || null, onclick: () => apply({ outcome: filters.outcome === value ? "" : value }) }, h("span", {}, name), h("b"));
      box.insertBefore(chip, box.children[place] ?? null);
    }
    chip.setAttribute("aria-pressed", String(filters.outcome === value));
    chip.lastChild.textContent = number.toLocaleString("en");
  });
  for (const chip of [...box.children]) if (!known.some(([value]) => value === chip.dataset.outcome) && chip !== document.activeElement) chip.remove();

  const fresh = waiting.filter((item) => matches(item)).length;
  $("newest").hidden = !fresh;
  $("newest").textContent = `↑ ${fresh.toLocaleString("en")} new`;
  const isEmpty = !list.items.some(({ element }) => !element.hidden);
  $("nothing").hidden = !isEmpty || fresh > 0;
  if (isEmpty && !fresh) fill($("nothing"), ...(items.size ? [h("strong", {}, "Nothing matches"), h("p", {}, `${items.size.toLocaleString("en")} rows are hidden by the filter.`), h("button", { type: "button", class: "button", onclick: () => apply({ q: "", kind: "", outcome: "", from: "", to: "" }) }, "Show all")]
    : [h("strong", {}, "Nothing has come yet"), h("p", {}, "What is sent to this server stands here within a second.")]));
  $("first").dataset.tone = items.size ? "good" : "warn";
  $("first").textContent = items.size ? `✓ Your first event has arrived: ${items.values().next().value.title}` : "waiting for your first event …";
  showSide();
});

/** Return a function that does its work now, and then at most four times a second. */
function throttled(work) {
  let timer = 0;
  let isDue = false;
  return () => {
    if (timer) return void (isDue = true);
    work();
    timer = setTimeout(() => {
      timer = 0;
      if (isDue) work();
      isDue = false;
    }, 250);
  };
}

// --- the open row ---

let shown = 0;
let openedKey = "";

function open(item) {
  filters.open = openedKey = item.key;
  isStart = false;
  address();
  again();
}

const again = debounced(async () => {
  const item = list.active;
  const number = ++shown;
  if (!item) return;
  try {
    const parts = await (item.kind === "message" ? messageDetail : callDetail)(item.number, openKey);
    if (number === shown && !isSelectedIn($("way"))) refill($("way"), h("button", { type: "button", class: "button quiet", id: "close", onclick: close }, "Close"), parts);
    if (number === shown && $("entry").getBoundingClientRect().top > innerHeight * 0.7) $("entry").scrollIntoView({ block: "start" });
  } catch (error) {
    if (number === shown) fill($("way"), note("bad", error.message), h("button", { type: "button", class: "button", onclick: close }, "Close"));
  }
  showSide();
}, 60);

/** Fill a box anew, but leave open what was opened in it, and the focus where it was. */
function refill(box, ...nodes) {
  const spots = () => {
    const seen = {};
    return new Map([...box.querySelectorAll("summary, button, a[href], [tabindex]")].map((spot) => {
      const name = spot.ariaLabel ?? spot.textContent;
      return [`${name} ${(seen[name] = (seen[name] ?? 0) + 1)}`, spot];
    }));
  };
  const before = [...spots()].map(([name, spot]) => [name, spot.parentNode.open, spot === document.activeElement]);
  const hadFocus = box.contains(document.activeElement);
  fill(box, ...nodes);
  const after = spots();
  for (const [name, isOpen, isFocused] of before) {
    if (isOpen !== undefined && after.has(name)) after.get(name).parentNode.open = isOpen;
    if (isFocused) (after.get(name) ?? box).focus({ preventScroll: true });
  }
  if (hadFocus && !box.contains(document.activeElement)) box.focus({ preventScroll: true });
}

function close() {
  shown++;
  const isInside = $("entry").contains(document.activeElement);
  list.mark(null);
  filters.open = openedKey = "";
  address();
  fill($("way"));
  if (isInside) $("list").focus();
  $("list").scrollTop > 2 || flush();
  count();
}

/** Show what stands beside the list: the open row, how to start where nothing came, or what to do. */
function showSide() {
  const isOpen = list.active !== null;
  if (!items.size && !isOpen && !isLoading) isStart = true;
  if (isOpen && isStart) isStart = false;
  $("connect").setAttribute("aria-pressed", String(isStart));
  if (isStart && $("start").hidden) showStart().then(() => ($("start").hidden = !isStart));
  else $("start").hidden = !isStart;
  $("way").hidden = isStart;
  if (!isOpen && !isStart && !$("way").querySelector(".empty")) fill($("way"), empty("No row is open", "Choose one, or go through the list with the arrow keys: why, the calls, the attempts, and what they changed."));
}

/** Open what the address names: ?open=message-17, or #entry/17 as links of other pages have it. */
function openNamed() {
  const entry = Number(location.hash.match(/^#entry\/(\d+)$/)?.[1]);
  if (entry) openKey(messageOf.has(entry) ? `message-${messageOf.get(entry)}` : `call-${entry}`);
  else if (filters.open && openedKey !== filters.open) openKey(filters.open);
}

/** Open a row by its key, also one that is not on the page, or not yet. */
function openKey(key) {
  const [, kind, number] = key.match(/^(message|call)-(\d+)$/) ?? [];
  if (!kind) return;
  const item = items.get(key) ?? { key, kind, number: Number(number), at: "" };
  list.mark(item);
  if (item.element?.hidden) list.toggle(item, true);
  item.element?.scrollIntoView({ block: "center" });
  open(item);
}

// --- the controls ---

$("q").value = filters.q;
$("q").addEventListener("input", debounced(() => apply({ q: $("q").value.trim() }), 80));
$("kind").addEventListener("change", ({ target }) => apply({ kind: target.value }));
$("time").addEventListener("change", ({ target }) => apply((TIMES[target.value] ?? (() => ({ from: new Date(Date.now() - target.value * 1000).toISOString(), to: "" })))()));
$("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  $("pause").setAttribute("aria-pressed", String(isPaused));
  if (!isHeld()) flush();
});
$("newest").addEventListener("click", () => {
  flush();
  $("list").scrollTop = 0;
  $("list").focus();
});
$("list").addEventListener("scroll", () => waiting.length && !isHeld() && flush(), { passive: true });
document.addEventListener("selectionchange", debounced(() => waiting.length && !isHeld() && flush()));
$("way").addEventListener("keydown", ({ key }) => key === "Escape" && $("list").focus());
$("connect").addEventListener("click", () => {
  isStart = !isStart;
  if (isStart) list.active && close();
  isStart = isStart || !items.size;
  fill($("way"));
  showSide();
});
$("clear").addEventListener("click", () => $("clearing").showModal());
$("clearing").addEventListener("close", async () => {
  if ($("clearing").returnValue !== "yes") return;
  $("clearing").returnValue = "";
  await ask("POST", "reset", {}).then(() => say("Everything was cleared.", "good"), (error) => say(error.message, "bad"));
});
for (const button of document.querySelectorAll("[data-export]")) button.addEventListener("click", () => exportAs(button.dataset.export));
addEventListener("hashchange", openNamed);

/** Save what the filter shows. */
async function exportAs(form) {
  $("exports").hidePopover();
  const rows = [...items.values()].filter((item) => matches(item)).sort((one, other) => (one.at < other.at ? -1 : 1));
  const numbers = (kind) => rows.filter((item) => item.kind === kind).map(({ number }) => number);
  const [messages, entries] = [numbers("message"), form === "ndjson" ? [] : numbers("call")];
  if (!messages.length && !entries.length) return say(form === "ndjson" && rows.length ? "Only direct API calls are shown; NDJSON holds messages. Export them as HAR or pytest." : "Nothing is shown, so there is nothing to export.", "bad");
  try {
    const answer = await send("POST", "export", { as: form, messages, entries });
    if (!answer.ok) throw new Error((await answer.json()).error.details);
    const link = h("a", { href: URL.createObjectURL(await answer.blob()), download: { ndjson: "messages.ndjson", har: "calls.har", pytest: "test_exported.py" }[form] });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    const left = rows.length - messages.length - entries.length;
    say(`Exported ${(messages.length + entries.length).toLocaleString("en")} rows as ${form === "pytest" ? "pytest" : form.toUpperCase()}${left ? `; ${left.toLocaleString("en")} direct API calls are not messages and were left out` : ""}.`, "good");
  } catch (error) {
    say(error.message, "bad");
  }
}

showFilters();
document.querySelector("#list").setAttribute("aria-label", `What came, newest first; times in ${zone()}`);
listen({
  rows(rows) {
    take(rows, isLoading);
    if (isLoading) {
      release();
      openNamed();
    }
  },
  earlier: (rows) => take(rows, true),
  loaded,
  reset() {
    items.clear();
    messageOf.clear();
    calls.clear();
    waiting = [];
    list.clear();
    close();
  },
  state(word, why) {
    fill($("state"), badge(word, word === "connected" ? "good" : "warn"), why ? h("span", { class: "visually-hidden" }, ` ${why}`) : "");
    $("state").title = why ?? "";
    count();
    ready();
  },
}, { most: MOST });

function loaded() {
  if (!isLoading) return;
  isLoading = false;
  release();
  openNamed();
  count();
}
