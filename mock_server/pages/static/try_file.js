// A file of events on Try it: each event and what each mapping makes of it, counted and filtered.
import { ask, Refused } from "./api.js";
import { $, badge, debounced, fill, h, note, say } from "./dom.js";
import { keep, keepFocus, kept } from "./hands.js";
import { button, hidden, quiet } from "./ui.js";

const AT_ONCE = 300;
const FATES = { mapped: ["✓", "good"], skipped: ["–", ""], rejected: ["✗", "bad"], not_simulated: ["?", "warn"] };
const has = (row, ...fates) => row.outcomes.some(({ fate }) => fates.includes(fate));
const FILTERS = {
  all: () => true, sent: (row) => has(row, "mapped"), rejected: (row) => has(row, "rejected", "not_simulated"),
  "nothing sent": (row) => !has(row, "mapped"), "turned off": (row) => row.held_back,
};

/** Let files be dropped, chosen and pasted; `question` tells mappings and rules, `open` shows an event. */
export function filePanel({ question, open }) {
  const panel = $("file");
  const search = h("input", { type: "search", "aria-label": "Search the events", placeholder: "Search", oninput: debounced(() => draw(), 80) });
  const title = h("h2", {});
  const chips = h("div", { class: "row", role: "group", "aria-label": "Show" });
  const said = h("div", {});
  const events = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Events of the file" });
  panel.append(h("header", {}, title, chips, search, quiet(null, "Download requests", download), quiet("Close the file", "Close", close)), said, events);
  let file = null; // { name, file } as the server is asked
  let told = null;
  let about = ""; // the mappings and rules it was asked with
  let chosen = "all";
  let current = null;
  let most = AT_ONCE;

  async function look() {
    const { mappings, rules } = question();
    about = JSON.stringify([mappings, rules]);
    try {
      told = await ask("POST", "replay", { ...file, mappings, rules });
      most = AT_ONCE;
      panel.hidden = false;
      draw();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      say(error.status === 413 ? `${file.name} is too large to be shown here (${error.message}). The command toplyne-sandbox replay takes files of any size.` : error.message, "bad");
      if (!told) file = null;
    }
  }

  async function read(blob, name = blob.name) {
    const url = await new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(blob);
    });
    start({ name, file: { base64: url.slice(url.indexOf(",") + 1) } });
  }

  function start(given) {
    [file, told, current, chosen, search.value] = [given, null, null, "all", ""];
    if (!keep("try-file", file)) keep("try-file", { name: file.name });
    look();
  }

  function close() {
    file = told = null;
    keep("try-file", null);
    panel.hidden = true;
    $("file-input").focus();
  }

  function draw() {
    const words = search.value.toLowerCase();
    const rows = told.rows.filter((row) => FILTERS[chosen](row) && (!words || JSON.stringify(row.event).toLowerCase().includes(words)));
    fill(title, file.name, " ", badge(`${told.events.toLocaleString()} events`));
    keepFocus(() => fill(chips, Object.entries(FILTERS).map(([word, is]) => {
      const count = told.rows.filter(is).length;
      return (count > 0 || word === "all") && button({ class: "button chip", "aria-pressed": String(word === chosen), id: `show-${word.split(" ")[0]}`, onclick: () => {
        chosen = word;
        draw();
      } }, `${word} `, h("b", {}, count.toLocaleString()));
    })));
    fill(said, notes());
    fill(events, table(rows));
  }

  function notes() {
    const dropped = Object.entries(told.dropped);
    const lines = [
      told.rows.length < told.events && `The first ${told.rows.length.toLocaleString()} of ${told.events.toLocaleString()} events are listed. The counts of the mappings are of all of them.`,
      dropped.length > 0 && `Segment drops ${dropped.map(([code, count]) => `${count} (${code})`).join(", ")}.`,
      told.other_calls > 0 && `${told.other_calls} recorded calls are not calls of Segment.`,
      told.unreadable_total > 0 && `${told.unreadable_total} could not be read: ${told.unreadable.slice(0, 3).map(({ line, reason }) => `${line ? `line ${line} ` : ""}${reason}`).join(" ")}`,
    ].filter(Boolean);
    return lines.length > 0 && h("div", { class: "body" }, lines.map((line) => note("warn", line)));
  }

  function table(rows) {
    const body = h("tbody", {}, rows.slice(0, most).map(rowOf));
    return h("table", { class: "events" }, h("caption", { class: "visually-hidden" }, "Each event and what each mapping makes of it"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Line"), h("th", { scope: "col" }, "Event"), h("th", { scope: "col" }, "Who"),
        told.mappings.map((each) => h("th", { scope: "col", title: each.name }, h("span", { class: "clip" }, each.name), h("span", { class: "small muted" }, `${each.mapped.toLocaleString()} mapped`))))),
      body, rows.length > most && h("tfoot", {}, h("tr", {}, h("td", { colspan: 3 + told.mappings.length }, button({ class: "button", onclick: () => {
        const first = most;
        most += AT_ONCE;
        draw();
        events.querySelectorAll("tbody button")[first].focus();
      } }, `Show ${Math.min(AT_ONCE, rows.length - most)} more`)))));
  }

  function rowOf(row) {
    const { event, line, item, outcomes } = row;
    const name = [event.type ?? "no type", event.event ?? event.name].filter((each) => typeof each === "string").join(" ");
    const here = h("button", { type: "button", class: "button quiet long", "aria-current": row === current && "true", onclick: () => {
      current = row;
      for (const each of panel.querySelectorAll("[aria-current]")) each.removeAttribute("aria-current");
      here.setAttribute("aria-current", "true");
      open(event);
    }, onkeydown: (key) => {
      const next = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[key.key];
      if (!next) return;
      key.preventDefault();
      here.closest("tr")[next]?.querySelector("button").focus();
    } }, name);
    return h("tr", {}, h("td", { class: "number muted" }, item ? `${line}.${item}` : line), h("th", { scope: "row" }, here),
      h("td", { class: "clip muted" }, String(event.userId ?? event.groupId ?? event.anonymousId ?? "–")),
      row.held_back ? h("td", { colspan: told.mappings.length, class: "muted small" }, row.held_back) : outcomes.map(cell));
  }

  function cell({ fate, reason }) {
    const [mark, tone] = FATES[fate];
    return h("td", { title: reason ?? fate }, h("span", { class: "mark", "data-tone": tone, "aria-hidden": "true" }, mark), hidden(fate));
  }

  function download() {
    const lines = told.rows.flatMap(({ line, item, outcomes }) => outcomes.map((each, index) => each.request && JSON.stringify({ line, item, mapping: told.mappings[index].name, ...each.request }))).filter(Boolean);
    const url = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "application/x-ndjson" }));
    h("a", { href: url, download: `${file.name.replace(/(\.\w+)+$/, "")}.requests.ndjson` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    say(`${lines.length} requests are in the file.`, "good");
  }

  addEventListener("dragover", (drag) => drag.dataTransfer.types.includes("Files") && drag.preventDefault());
  addEventListener("drop", (drag) => {
    if (!drag.dataTransfer.files.length) return;
    drag.preventDefault();
    read(drag.dataTransfer.files[0]);
  });
  addEventListener("paste", (paste) => {
    const [pasted] = paste.clipboardData.files;
    const text = paste.clipboardData.getData("text/plain");
    if (!pasted && !(paste.target === $("event") && isMany(text))) return;
    paste.preventDefault();
    if (pasted) read(pasted);
    else start({ name: "pasted", file: text });
  });
  $("file-input").addEventListener("change", ({ target }) => {
    if (target.files.length) read(target.files[0]);
    target.value = "";
  });
  const before = kept("try-file");
  if (before?.file !== undefined) {
    file = before;
    look();
  } else if (before) {
    keep("try-file", null);
    say(`${before.name} was too large for this tab to keep. Open it again.`);
  }
  return {
    /** Ask again where mappings or rules have changed. */
    refresh() {
      if (!told) return;
      const { mappings, rules } = question();
      if (JSON.stringify([mappings, rules]) !== about) look();
    },
  };
}

/** Tell whether a text holds many events: an array, an SDK body, HAR, or JSON values line by line. */
function isMany(text) {
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) || Array.isArray(value?.batch) || Array.isArray(value?.log?.entries) || typeof value?.request === "object";
  } catch {
    const lines = text.split("\n").filter((line) => line.trim());
    return lines.length > 1 && lines.slice(0, 2).every((line) => line.trim().startsWith("{") && line.trim().endsWith("}"));
  }
}
