// A file of events on Try it: each event with the outcome of each mapping, counted and filtered.
import { ask } from "./api.js";
import { parsed, titleOf, whoOf } from "./bench.js";
import { $, badge, count, debounced, download, h, note, say, update } from "./dom.js";
import { mark } from "./explained.js";
import { keep, kept } from "./hands.js";
import { button, hidden, quiet } from "./ui.js";

const AT_ONCE = 300;
const LONGEST = 2_000_000; // characters of an event: longer ones block the browser for seconds, and the server refuses them
const FATES = { mapped: ["✓", "good"], skipped: ["–"], rejected: ["✗", "bad"], not_simulated: ["?", "warn"] };
const has = (...fates) => ({ outcomes }) => outcomes.some(({ fate }) => fates.includes(fate));
const FILTERS = {
  all: () => true, sent: has("mapped"), rejected: has("rejected", "not_simulated"),
  "nothing sent": (row) => !has("mapped")(row), "turned off": (row) => row.held_back,
};
const heading = (...content) => h("th", { scope: "col" }, content);

/** Accept files that are dropped, chosen or pasted. `question` returns mappings and rules; `open` shows an event. */
export function filePanel({ question, open }) {
  const panel = $("file");
  let file = null; // { name, file } as in the request
  let told = null;
  let about = ""; // the mappings and rules of the last request
  let chosen = "all";
  let words = "";
  let running = new AbortController(); // a new request cancels the one before
  let current = null;
  let most = AT_ONCE;

  const asked = () => (({ mappings, rules }) => ({ mappings, rules }))(question());

  async function look() {
    about = JSON.stringify(asked());
    running.abort();
    running = new AbortController();
    try {
      told = await ask("POST", "replay", { ...file, ...asked() }, running);
      most = AT_ONCE;
      draw();
    } catch (error) {
      if (error.name === "AbortError") return;
      const isUnsaid = error.status === 413 && !error.message.includes("toplyne-sandbox replay");
      say(isUnsaid ? `${error.message} The command toplyne-sandbox replay takes files of any size.` : error.message, "bad");
      if (!told) file = null;
    }
  }

  function read(blob) {
    const reader = new FileReader();
    reader.onload = () => start({ name: blob.name, file: { base64: reader.result.split(",")[1] } });
    reader.onerror = () => say(reader.error.message, "bad");
    reader.readAsDataURL(blob);
  }

  function start(given) {
    [file, told, current, chosen, words] = [given, null, null, "all", ""];
    if (!keep("try-file", file)) keep("try-file", { name: file.name });
    look();
  }

  function close() {
    running.abort();
    file = told = null;
    keep("try-file", null);
    panel.hidden = true;
    $("file-input").focus();
  }

  const drawSoon = debounced(() => told && draw(), 80);

  function draw() {
    const sought = words.toLowerCase();
    const rows = told.rows.filter((row) => FILTERS[chosen](row) && (!sought || JSON.stringify(row.event).toLowerCase().includes(sought)));
    panel.hidden = false;
    update(panel, h("header", h("h2", file.name, " ", badge(`${count(told.events)} events`)),
      h("div.row", { role: "group", "aria-label": "Show" }, Object.keys(FILTERS).map(chip)),
      h("input", { type: "search", "aria-label": "Search the events", placeholder: "Search", value: words, oninput({ target }) {
        words = target.value;
        drawSoon();
      } }), quiet(null, "Download requests", save), quiet("Close the file", "Close", close)),
    notes(), h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Events of the file" }, table(rows)));
  }

  function chip(word) {
    const { length } = told.rows.filter(FILTERS[word]);
    return (length > 0 || word === "all") && button({ class: "chip", "aria-pressed": `${word === chosen}`, id: `show-${word.split(" ")[0]}`, onclick() {
      chosen = word;
      draw();
    } }, `${word} `, h("b", count(length)));
  }

  function notes() {
    const { dropped, events, other_calls: others, rows, unreadable, unreadable_total: unread } = told;
    const drops = Object.entries(dropped).map(([code, number]) => `${number} (${code})`).join(", ");
    const lines = [
      rows.length < events && `The first ${count(rows.length)} of ${count(events)} events are listed. The mappings' counts include all events.`,
      drops && `Segment drops ${drops}.`,
      others > 0 && `${others} recorded calls are not calls of Segment.`,
      unread > 0 && `${unread} could not be read: ${unreadable.slice(0, 3).map(({ line, reason }) => `${line ? `line ${line} ` : ""}${reason}`).join(" ")}`,
    ].filter(Boolean);
    return lines.length > 0 && h("div.body", lines.map((line) => note("warn", line)));
  }

  const table = (rows) => h("table.events", h("caption.visually-hidden", "Each event and the outcome of each mapping"),
    h("thead", h("tr", ["Line", "Event", "Who"].map((each) => heading(each)), told.mappings.map(({ mapped, name }) => heading(h("span.clip", { title: name }, name), h("span.small.muted", `${count(mapped)} mapped`))))),
    h("tbody", rows.slice(0, most).map(rowOf)),
    rows.length > most && h("tfoot", h("tr", h("td", { colspan: 3 + told.mappings.length }, button({ onclick() {
      const before = most;
      most += AT_ONCE;
      draw();
      panel.querySelectorAll("tbody button")[before].focus();
    } }, `Show ${Math.min(AT_ONCE, rows.length - most)} more`)))));

  function rowOf(row) {
    const { event, held_back: heldBack, item, line, outcomes } = row;
    return h("tr", h("td.number.muted", item ? `${line}.${item}` : line),
      h("th", { scope: "row" }, button({ class: "quiet long", "aria-current": row === current && "true", onkeydown: walk, onclick() {
        current = row;
        draw();
        open(event);
      } }, titleOf(event))),
      h("td.clip.muted", `${whoOf(event) ?? "–"}`),
      heldBack ? h("td.muted.small", { colspan: told.mappings.length }, heldBack)
        : outcomes.map(({ fate, reason }) => h("td", { title: reason ?? fate }, mark(...FATES[fate]), hidden(fate))));
  }

  /** Go to the row above or below with the arrow keys. */
  function walk(event) {
    const next = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (!next) return;
    event.preventDefault();
    event.target.closest("tr")[next]?.querySelector("button").focus();
  }

  function save() {
    const lines = told.rows.flatMap(({ item, line, outcomes }) => outcomes.map(({ request }, index) => request && JSON.stringify({ line, item, mapping: told.mappings[index].name, ...request }))).filter(Boolean);
    const blob = new Blob([`${lines.join("\n")}\n`], { type: "application/x-ndjson" });
    download(blob, `${file.name.replace(/(\.\w+)+$/, "")}.requests.ndjson`, `The file has ${lines.length} requests.`);
  }

  window.ondragover = (drag) => {
    if (drag.dataTransfer.types.includes("Files")) drag.preventDefault();
  };
  window.ondrop = (drag) => {
    const [dropped] = drag.dataTransfer.files;
    if (!dropped) return;
    drag.preventDefault();
    read(dropped);
  };
  document.onpaste = (paste) => {
    const [pasted] = paste.clipboardData.files;
    const text = paste.clipboardData.getData("text/plain");
    const isEvent = paste.target === $("event");
    if (!pasted && !(isEvent && (text.length > LONGEST || isMany(text)))) return;
    paste.preventDefault();
    if (pasted) read(pasted);
    else if (isMany(text)) start({ name: "pasted", file: text });
    else say(`The text has ${count(text.length)} characters; an event may have at most ${count(LONGEST)} here (asked_bytes).`, "bad");
  };
  $("file-input").onchange = ({ target }) => {
    if (target.files.length) read(target.files[0]);
    target.value = "";
  };
  const before = kept("try-file");
  if (before?.file !== undefined) {
    file = before;
    look();
  } else if (before) {
    keep("try-file", null);
    say(`${before.name} was too large for this tab to keep. Open it again.`);
  }
  return {
    /** Replay the file again if mappings or rules have changed. */
    refresh: () => told && JSON.stringify(asked()) !== about && look(),
  };
}

/** Return whether a string has many events: an array, an SDK body, HAR, or one JSON value per line. */
function isMany(text) {
  const value = parsed(text);
  if (value !== undefined) return Array.isArray(value?.batch ?? value?.log?.entries ?? value) || typeof value?.request === "object";
  const lines = text.split("\n").filter((line) => line.trim());
  return lines.length > 1 && lines.slice(0, 2).every((line) => /^\s*\{.*\}\s*$/.test(line));
}
