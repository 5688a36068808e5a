// Try it: an event, the mappings, and what comes of them, asked anew with every change.
import { ask, Refused } from "./api.js";
import { $, badge, copy, debounced, empty, fill, h, note, ready, say } from "./dom.js";
import { jsonView } from "./json_view.js";
import { fromFragment, toFragment } from "./try_link.js";
import { mappingCard } from "./try_mapping.js";

const known = await ask("GET", "try").catch((error) => (say(error.message, "bad"), null));
const event = $("event");
let cards = [];
let copies = {};
let asked = 0;
let running = null;

const situation = () => ({ eventText: event.value, mappings: cards.map((card) => card.value()), rules: $("rules").value });

const changed = debounced(run, 120);

async function run() {
  const number = ++asked;
  running?.abort();
  running = new AbortController();
  $("toplyne").classList.add("busy");
  try {
    const told = await ask("POST", "try", situation(), { signal: running.signal });
    if (number !== asked) return; // a newer question is on its way
    show(told);
    history.replaceState(null, "", await toFragment(situation()));
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused)) throw error;
    attach();
    fill($("toplyne"), note("bad", error.message));
  }
  $("toplyne").classList.remove("busy");
}

function show(told) {
  const unread = told.problem;
  event.setAttribute("aria-invalid", String(Boolean(unread)));
  fill($("event-says"), unread ? unreadNote(unread) : intakeNotes(told.intake));
  told.mappings.forEach((each, index) => cards[index]?.show(each));
  attach();
  copies = told.copies ?? {};
  if (unread) fill($("sums"));
  if (unread) fill($("toplyne"), empty("No event yet", "Once the JSON can be read, its requests and what Toplyne knows then stand here."));
  else showToplyne(told);
}

function unreadNote(unread) {
  return h("div", { class: "stack" }, h("p", { class: "problem" }, unread.message),
    unread.line > 0 && h("button", { type: "button", class: "button quiet", onclick: () => goTo(unread.line, unread.column) }, `Go to line ${unread.line}`));
}

function goTo(line, column) {
  const before = event.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  event.focus();
  event.setSelectionRange(before + column - 1, before + column);
}

function intakeNotes(intake) {
  return [intake.code && note("bad", h("b", {}, "Segment would drop this message: "), h("code", {}, intake.code), `, ${intake.reason}`),
    ...intake.remarks.map((remark) => note("warn", remark))];
}

function showToplyne(told) {
  const sent = told.mappings.filter((each) => each.answer);
  fill($("sums"), badge(sent.length === 1 ? "1 request" : `${sent.length} requests`, sent.length ? "info" : ""));
  if (!sent.length) {
    fill($("toplyne"), empty("Nothing reaches Toplyne", "No mapping makes a request of this event. Each says why, and what would change that."));
    return;
  }
  const kinds = Object.entries(told.state).filter(([, items]) => items.length);
  fill($("toplyne"), sent.map(exchange),
    h("h3", {}, "Then Toplyne knows"),
    kinds.length ? kinds.map(([kind, items]) => h("div", { class: "stack" }, h("p", { class: "muted small" }, kind), items.map((item) => jsonView(item, `One of ${kind}`)))) : note("", "Nothing: no request was accepted."));
}

function exchange(each) {
  const { request } = each.explanation;
  const good = each.answer.status < 300;
  return h("div", { class: "stack exchange" },
    h("p", { class: "row" }, h("code", {}, `${request.method} /v1${request.path}`), h("span", { class: "muted small push" }, each.name)),
    jsonView(request.json, `Request of ${each.name}`),
    h("p", { class: "row" }, badge(String(each.answer.status), good ? "good" : "bad"), h("code", { class: "small" }, messageOf(each.answer.text))),
    each.answer.problems.map((p) => h("p", { class: "problem" }, `${p.path} ${p.message}`)));
}

function messageOf(text) {
  const value = JSON.parse(text);
  return value.data?.message ?? value.error?.details ?? text;
}

function put(text, mappings) {
  event.value = text;
  cards = mappings.map(newCard); // they come into the page with what they say, so nothing moves
}

function attach() {
  if (cards.some(({ card }) => !card.isConnected) || !cards.length) fill($("mappings"), cards.map(({ card }) => card));
}

function newCard(mapping) {
  return mappingCard(mapping, {
    actions: known.actions,
    changed,
    take: (value) => {
      event.value = JSON.stringify(value, null, 2);
      changed();
    },
    remove: (self) => {
      cards = cards.filter((card) => card !== self);
      self.card.remove();
      changed();
    },
  });
}

async function send() {
  $("send").disabled = true;
  try {
    const record = await ask("POST", "send", situation());
    const tone = record.outcome === "delivered" ? "good" : record.drop ? "bad" : "";
    say(`Message ${record.number} is ${record.outcome}${record.code ? ` (${record.code})` : ""}; Live shows its way.`, tone);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message, "bad");
  } finally {
    $("send").disabled = false;
  }
}

function addMapping() {
  const action = known.actions.at(-1);
  const names = cards.map((card) => card.value().name);
  let number = 1;
  while (names.includes(`My mapping ${number}`)) number++;
  const card = newCard({ name: `My mapping ${number}`, action: action.key, trigger: 'type = "track"', fields: action.defaults, enabled: true });
  cards.push(card);
  $("mappings").append(card.card);
  card.card.scrollIntoView({ block: "nearest" });
  changed();
}

function fillSamples() {
  const groups = Map.groupBy ? Map.groupBy(known.samples, (s) => s.kind) : new Map([["samples", known.samples]]);
  const titles = { recorded: "Recorded from Segment's SDKs", odd: "Odd, and worth a look" };
  fill($("sample"), h("option", { value: "" }, "your own event"),
    [...groups].map(([kind, samples]) => h("optgroup", { label: titles[kind] ?? kind }, samples.map((sample) =>
      h("option", { value: known.samples.indexOf(sample) }, label(sample))))));
}

function shortestIdentify() {
  const sizes = known.samples.map((s) => (s.kind === "recorded" && s.event.type === "identify" ? JSON.stringify(s.event).length : Infinity));
  return sizes.indexOf(Math.min(...sizes));
}

function label({ kind, name, event: value }) {
  if (kind === "odd") return name.replaceAll("_", " ");
  return [value.type, value.event ?? value.name, `· ${name}`].filter(Boolean).join(" ");
}

if (known) {
  fillSamples();
  $("rules").value = known.rules;
  fill($("from"), h("option", { value: "" }, "Mappings of…"), known.destinations.map((d, index) => h("option", { value: index }, d.name)));
  $("from").hidden = !known.destinations.length;
  const linked = await fromFragment(location.hash);
  const first = shortestIdentify();
  if (linked) $("rules").value = linked.rules;
  else $("sample").value = first;
  put(linked?.eventText ?? JSON.stringify(known.samples[first].event, null, 2), linked?.mappings ?? known.presets);
  await run();

  event.addEventListener("input", () => {
    $("sample").value = "";
    changed();
  });
  $("rules").addEventListener("change", changed);
  $("sample").addEventListener("change", ({ target }) => {
    if (target.value === "") return;
    event.value = JSON.stringify(known.samples[target.value].event, null, 2);
    changed();
  });
  $("from").addEventListener("change", ({ target }) => target.value && (put(event.value, known.destinations[target.value].mappings), changed()));
  $("restore").addEventListener("click", () => (put(event.value, known.presets), changed()));
  $("add").addEventListener("click", addMapping);
  $("tidy").addEventListener("click", () => {
    try {
      event.value = JSON.stringify(JSON.parse(event.value), null, 2);
    } catch {
      say("What is no JSON cannot be tidied.", "bad");
    }
  });
  $("send").addEventListener("click", send);
  document.addEventListener("keydown", (key) => {
    if (key.key === "Enter" && (key.ctrlKey || key.metaKey) && !$("send").disabled) send();
  });
  $("copy").addEventListener("click", () => $("copies").showModal());
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copyAs(button));
  }
  addEventListener("hashchange", async () => {
    const other = await fromFragment(location.hash);
    if (!other) return;
    $("rules").value = other.rules;
    put(other.eventText, other.mappings);
    run();
  });
}
ready();

const NAMES = { link: "the link", curl: "the curl commands", pytest: "the pytest module", case: "the case file" };

async function copyAs(button) {
  const kind = button.dataset.copy;
  const text = kind === "link" ? location.origin + location.pathname + (await toFragment(situation())) : copies[kind];
  $("copies").close();
  if (text) await copy(text, NAMES[kind]);
  else say("There is nothing to copy: no request is made.", "bad");
}
