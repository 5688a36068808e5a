// Live: what comes, as it comes.
import { ask, Refused } from "./api.js";
import { $, badge, clock, debounced, empty, fill, h, note, ready, say } from "./dom.js";
import { LongList } from "./live_list.js";
import { listen } from "./live_stream.js";
import { toneOf, wayOfMessage, wayOfRequest } from "./live_way.js";

const MOST = 20000;
const HINT = () => empty("Nothing chosen", "Choose an entry, or walk through the list with the arrow keys.");
const byKey = new Map();
const messageOf = new Map(); // the number of an entry → that of its message
let all = [];
let paused = null;

const list = new LongList($("list"), $("rows"), {
  make: () => [h("time"), h("span", { class: "kind" }), h("span", { class: "what" }, h("b"), h("span", { class: "muted" })), badge(""), h("span", { class: "why muted" })],
  show([time, kind, what, verdict, why], item) {
    write(time, item.time);
    write(kind, item.kind === "message" ? "msg" : "req");
    write(what.firstChild, item.title);
    write(what.lastChild, ` ${item.who}`);
    write(verdict, item.word);
    if (verdict.dataset.tone !== item.tone) verdict.dataset.tone = item.tone;
    write(why, item.why);
  },
  picked: show,
});

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function itemOf(row) {
  const isMessage = row.kind === "message";
  return {
    kind: row.kind, key: `${row.kind}-${row.number}`, number: row.number, drop: row.drop === true, refused: !isMessage && row.status >= 400,
    time: clock(row.at), who: isMessage ? row.who : row.about,
    title: isMessage ? `${row.type ?? "no type"}${row.event ? ` ${row.event}` : ""}` : `${row.method} ${row.path.replace(/^\/v1/, "")}`,
    word: isMessage ? row.outcome : String(row.status), tone: isMessage ? toneOf(row.outcome) : row.status < 400 ? "good" : "bad",
    why: (isMessage ? [row.code === "202" ? row.parts.map((p) => p.mapping).join(", ") : row.code, row.reason] : [row.fault && `fault: ${row.fault}`, row.problem]).filter(Boolean).join(" · ").replaceAll("`", ""),
  };
}

function take(rows) {
  for (const row of rows) {
    for (const part of row.parts ?? []) for (const entry of part.entries) messageOf.set(entry, row.number);
    const item = itemOf(row);
    const known = byKey.get(item.key);
    if (known) Object.assign(known, item);
    else {
      byKey.set(item.key, item);
      all.push(item);
    }
    if (known && known === list.active) refresh();
  }
  if (all.length > MOST) for (const gone of all.splice(0, all.length - MOST * 0.9)) byKey.delete(gone.key);
  if (paused === null) filter();
  else count();
}

const KINDS = {
  all: () => true, messages: (i) => i.kind === "message", drops: (i) => i.drop,
  requests: (i) => i.kind === "request", refused: (i) => i.refused,
};

function filter() {
  const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const isKind = KINDS[$("kinds").value];
  const from = paused ?? all;
  list.set(from.filter((item) => isKind(item) && words.every((word) => matches(item, word))));
  $("nothing").hidden = list.items.length > 0;
  fill($("nothing"), ...(all.length ? [h("strong", {}, "Nothing matches"), h("p", {}, `${all.length} entries are hidden by the filter.`)] : [...first]));
  count();
}

const first = [...$("nothing").childNodes];

function matches(item, word) {
  if (/^[1-5]xx$/.test(word)) return item.word.startsWith(word[0]) && item.kind === "request";
  return `${item.title} ${item.who} ${item.word} ${item.why}`.toLowerCase().includes(word);
}

function count() {
  const hidden = paused === null ? 0 : all.length - paused.length;
  $("count").textContent = `${list.items.length.toLocaleString()} shown${hidden > 0 ? `, ${hidden.toLocaleString()} waiting` : ""}`;
}

let shown = 0;

async function show(item) {
  const number = ++shown;
  $("close").hidden = false;
  const isBelow = $("entry").getBoundingClientRect().top > $("list").getBoundingClientRect().bottom;
  try {
    const parts = item.kind === "message" ? await wayOfMessage(item.number) : await wayOfRequest(item.number, messageOf.get(item.number));
    if (number !== shown) return;
    fill($("way"), parts);
    if (isBelow) $("entry").scrollIntoView({ block: "nearest" });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (number === shown) fill($("way"), note("bad", error.message));
  }
}

const refresh = debounced(() => list.active && show(list.active), 100);

function hide() {
  shown++;
  list.active = null;
  list.draw();
  $("close").hidden = true;
  fill($("way"), HINT());
}

/** Show the entry the address names, `/live#entry/17`. */
function showNamed() {
  const named = location.hash.match(/^#entry\/(\d+)$/);
  if (named) show({ kind: "request", number: Number(named[1]) });
}

hide();
showNamed();
addEventListener("hashchange", showNamed);
$("close").addEventListener("click", () => (hide(), $("list").focus()));
$("filter").addEventListener("input", debounced(filter, 80));
$("kinds").addEventListener("change", filter);
$("pause").addEventListener("click", () => {
  paused = paused === null ? [...all] : null;
  $("pause").setAttribute("aria-pressed", String(paused !== null));
  filter();
});
$("list").addEventListener("scroll", () => ($("newest").hidden = list.follows), { passive: true });
$("newest").addEventListener("click", () => {
  list.follows = true;
  list.draw();
  $("newest").hidden = true;
});
$("clear").addEventListener("click", () => $("clearing").showModal());
$("clearing").addEventListener("close", async () => {
  if ($("clearing").returnValue !== "yes") return;
  $("clearing").returnValue = "";
  await ask("POST", "reset", {}).then(() => say("Everything was cleared.", "good"), (error) => say(error.message, "bad"));
});

listen({
  rows: take,
  reset() {
    all = [];
    if (paused) paused = [];
    byKey.clear();
    messageOf.clear();
    hide();
    filter();
  },
  state(word, why) {
    fill($("state"), badge(word, word === "connected" ? "good" : "warn"), why ? h("span", { class: "visually-hidden" }, ` ${why}`) : "");
    ready();
  },
}, { last: 10000 });
