// Try it: an event, the mappings, and what comes of them, asked anew with every change.
import { ask, Refused } from "./api.js";
import { $, badge, copy, debounced, empty, fill, h, note, ready, say } from "./dom.js";
import { keep, kept } from "./hands.js";
import { jsonView } from "./json_view.js";
import { defaultsOf, mappingEditor, suggestions, verdictOf } from "./mapping.js";
import { filePanel } from "./try_file.js";
import { fromFragment, readable, toFragment } from "./try_link.js";
import { button } from "./ui.js";

const MOST_UNDONE = 20;
const LONGEST_LINK = 100000; // browsers and what people paste a link into take no more for sure
const EDIT = "Edit name, conditions and fields";
const facts = JSON.parse($("facts").dataset.facts);
const known = await ask("GET", "try").catch((error) => (say(error.message, "bad"), null));
const event = $("event");
let cards = [];
let untouched = null; // the text of the event that was put there, for which no undo is needed
let earlier = []; // what Toplyne was told before: a title, its requests
let last = null; // what the server said
let number = 0;
let asked = 0;
let running = null;
let file = null;

// --- the situation: kept by the tab, in the address, and for undo ---

const situation = () => ({ eventText: event.value, mappings: cards.map((card) => card.value()), rules: $("rules").value, meets: $("meets").value, earlier });
const question = () => ({
  eventText: event.value, mappings: cards.map((card) => card.question()), rules: $("rules").value,
  earlier: earlier.flatMap((each) => each.requests), ...($("meets").value && { meets: Number($("meets").value) }),
});
const undone = kept("try-undo") ?? [];
const runSoon = debounced(run, 120);

function changed() {
  if (!keep("try", situation())) fill($("notice"), note("warn", "This is too large for the tab to keep: a reload or another page forgets it."));
  runSoon();
}

/** Keep a part of the situation that is about to be replaced, and say how it comes back. */
function remember(part, said) {
  undone.push(part);
  undone.splice(0, undone.length - MOST_UNDONE);
  keep("try-undo", undone);
  allow("undo", true);
  if (said) say(`${said} Undo brings back what was there.`);
}

function rememberEvent(said) {
  if (event.value !== untouched && event.value.trim()) remember({ eventText: event.value }, said);
}

/** Say whether a button does something; it keeps the focus also where it does not. */
const allow = (id, isAllowed) => $(id).setAttribute("aria-disabled", String(!isAllowed));
const isAllowed = (id) => $(id).getAttribute("aria-disabled") !== "true";

function undo() {
  if (!isAllowed("undo")) return say("There is nothing to undo.");
  const part = undone.pop();
  const now = situation();
  const others = Object.fromEntries(Object.keys(part).map((key) => [key, now[key]]));
  if (!("eventText" in part) || event.value !== untouched) undone.unshift(others); // comes back after all others
  keep("try-undo", undone);
  allow("undo", undone.length > 0);
  restore({ ...now, ...part });
  say("What was replaced is back.", "good");
}

function restore(given) {
  event.value = given.eventText;
  if ("rules" in given) $("rules").value = given.rules;
  $("meets").value = given.meets ?? "";
  earlier = given.earlier ?? [];
  putMappings(given.mappings);
  changed();
}

function putEvent(text, meets = "") {
  rememberEvent("Your event was replaced.");
  event.value = untouched = text;
  $("meets").value = meets;
  markSample();
  changed();
}

/** Return the event, undefined while its text is not JSON. */
function parsed() {
  try {
    return JSON.parse(event.value);
  } catch {
    return undefined;
  }
}

// --- ask and show ---

async function run() {
  const mine = ++asked;
  running?.abort();
  running = new AbortController();
  $("toplyne").classList.add("busy");
  try {
    const told = await ask("POST", "try", question(), { signal: running.signal });
    if (mine !== asked) return; // a newer question is on its way
    show(told);
    const fragment = await toFragment(situation());
    const isShort = fragment.length < LONGEST_LINK;
    history.replaceState(null, "", isShort ? fragment : location.pathname);
    keep("try-at", isShort ? fragment : "");
    file?.refresh();
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused)) throw error;
    fill($("toplyne"), note("bad", error.message));
  }
  $("toplyne").classList.remove("busy");
}

function show(told) {
  last = told;
  const unread = told.problem;
  event.setAttribute("aria-invalid", String(Boolean(unread)));
  fill($("event-says"), unread ? unreadNote(unread) : intakeNotes(told.intake));
  told.mappings.forEach((each, index) => cards[index]?.show(each));
  allow("keep", requestsOf(told).length > 0);
  if (unread) {
    fill($("sums"));
    fill($("toplyne"), empty("No event yet", "Requests and what Toplyne knows appear here once the event is valid JSON."));
    return;
  }
  fill($("lists"), suggestions(facts, parsed()));
  showToplyne(told);
}

function unreadNote(unread) {
  return [h("p", { class: "problem" }, unread.message),
    unread.line > 0 && button({ class: "button quiet", onclick: () => goTo(unread.line, unread.column) }, `Go to line ${unread.line}`)];
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

const accepted = (each) => each.answer?.status < 300;
const requestsOf = (told) => told.mappings.filter(accepted).map(({ explanation }) => ({ path: explanation.request.path, json: explanation.request.json }));

function showToplyne(told) {
  const sent = told.mappings.filter((each) => each.answer);
  fill($("sums"), badge(sent.length === 1 ? "1 request" : `${sent.length} requests`, sent.length ? "info" : ""));
  const kinds = Object.entries(told.state).filter(([, items]) => items.length);
  fill($("toplyne"), earlier.length > 0 && story(),
    sent.length ? sent.map(exchange) : empty("Nothing reaches Toplyne", "No mapping makes a request of this event. Each says why, and what would change that."),
    kinds.length > 0 && h("h3", {}, "Then Toplyne knows"),
    kinds.map(([kind, items]) => h("div", { class: "stack" }, h("p", { class: "muted small" }, kind), items.map((item) => known1(kind, item, told.before[kind])))),
    sent.length > 0 && !kinds.length && note("", "Toplyne knows nothing: no request was accepted."));
}

const known1 = (kind, item, before) => h("div", { class: "stack" },
  earlier.length > 0 && !before.some((each) => JSON.stringify(each) === JSON.stringify(item)) && h("p", {}, badge("by this event", "info")),
  jsonView(item, `One of ${kind}`));

/** Return what Toplyne was told before this event, and how to forget it. */
function story() {
  return h("div", { class: "note" }, h("ol", { class: "earlier" }, earlier.map(({ title }) => h("li", {}, title))),
    button({ class: "button quiet", onclick: () => {
      remember({ earlier }, "Toplyne has forgotten it.");
      earlier = [];
      changed();
      $("toplyne").focus();
    } }, "Start over"));
}

function exchange(each) {
  const { request } = each.explanation;
  return h("div", { class: "stack exchange" },
    h("p", { class: "row" }, h("code", {}, `${request.method} /v1${request.path}`), h("span", { class: "muted small push" }, each.name)),
    jsonView(request.json, `Request of ${each.name}`),
    each.attempts.map(({ status, text, problems, again }) => [
      h("p", { class: "row" }, badge(String(status), status < 300 ? "good" : "bad"), h("code", { class: "small" }, messageOf(text))),
      again ? h("p", { class: "small muted" }, `Segment tries again after ${again.join(" to ")} s.`) : status >= 400 && h("p", { class: "small muted" }, "Segment does not try again."),
      problems.map((p) => h("p", { class: "problem" }, `${p.path} ${p.message}`))]));
}

function messageOf(text) {
  const value = JSON.parse(text);
  return value.data?.message ?? value.error?.details ?? text;
}

// --- mappings ---

function newCard(given, isNew = false) {
  const edited = () => {
    title.textContent = editor.name.value || "No name";
    touched = true;
    changed();
  };
  const editor = mappingEditor(facts, given, {
    prefix: `m${++number}-`, changed: edited,
    replacing: (said) => remember({ mappings: situation().mappings }, said),
    take: (value) => putEvent(JSON.stringify(value, null, 2), $("meets").value),
  });
  let touched = isNew; // what a person opened, closed or edited stays as it is
  const title = h("span", { class: "title" }, given.name);
  const verdict = h("span", { "aria-live": "polite" });
  const reason = h("p", { class: "muted small clip" });
  const enabled = h("input", { type: "checkbox", class: "switch", role: "switch", checked: given.enabled, "aria-label": `${given.name} is enabled`, onchange: edited });
  const edit = button({ class: "button quiet", "aria-expanded": String(isNew), onclick: () => {
    const isReading = card.classList.toggle("reading");
    edit.setAttribute("aria-expanded", String(!isReading));
    edit.textContent = isReading ? EDIT : "Done";
    touched = true;
  } }, isNew ? "Done" : EDIT);
  const details = h("details", { open: isNew },
    h("summary", { onclick: () => (touched = true) }, h("h3", {}, title), verdict, reason),
    h("div", { class: "stack card-body" }, editor.trigger, h("div", { class: "editing" }, editor.builder), editor.clauses, editor.fields,
      h("div", { class: "pair editing" }, h("label", { class: "field" }, h("span", {}, "Name"), editor.name), h("label", { class: "field" }, h("span", {}, "Action"), editor.action)),
      h("div", { class: "row" }, edit, button({ class: "button quiet danger editing", onclick: () => remove(self) }, "Remove this mapping"))));
  const card = h("article", { class: ["card", !isNew && "reading"] }, h("div", { class: "card-head" }, enabled, details));
  const self = {
    card, broken: editor.broken, open: () => (details.open = true),
    value: () => ({ ...editor.value(), enabled: enabled.checked }),
    question: () => ({ ...editor.question(), enabled: enabled.checked }),
    show(told) {
      const { word, badge: shown, reason: why } = verdictOf({ ...told, unread: told.unread ?? editor.broken() });
      fill(verdict, shown);
      fill(reason, why);
      editor.show(told);
      if (!touched && !card.contains(document.activeElement)) details.open = ["mapped", "rejected", "not right"].includes(word);
    },
  };
  return self;
}

function putMappings(mappings) {
  cards = mappings.map((each) => newCard(each));
  fill($("mappings"), cards.map(({ card }) => card));
}

function replaceMappings(mappings, said) {
  remember({ mappings: situation().mappings }, said);
  putMappings(mappings);
  changed();
}

function remove(gone) {
  remember({ mappings: situation().mappings }, "The mapping was removed.");
  cards = cards.filter((card) => card !== gone);
  gone.card.remove();
  $("add").focus();
  changed();
}

function addMapping() {
  const action = facts.actions.at(-1).key;
  const names = cards.map((card) => card.value().name);
  let count = 1;
  while (names.includes(`My mapping ${count}`)) count++;
  const card = newCard({ name: `My mapping ${count}`, action, trigger: 'type = "track"', fields: defaultsOf(facts, action), enabled: true }, true);
  cards.push(card);
  $("mappings").append(card.card);
  card.card.scrollIntoView({ block: "nearest" });
  card.card.querySelector("textarea").focus();
  changed();
}

// --- samples ---

const plain = facts.samples;
const plainButtons = () => $("samples").querySelectorAll("[data-sample]");
const written = (sample) => JSON.stringify(sample.event, null, 2);

function fillSamples() {
  for (const each of plainButtons()) each.addEventListener("click", () => putEvent(written(plain[each.dataset.sample]), plain[each.dataset.sample].meets ?? ""));
  const titles = { recorded: "Recorded from Segment's SDKs", odd: "Odd, and worth a look" };
  $("more").append(...Object.entries(titles).map(([kind, label]) =>
    h("optgroup", { label }, known.samples.map((sample, index) => sample.kind === kind && h("option", { value: index }, labelOf(sample))))));
}

function labelOf({ kind, name, event: value }) {
  if (kind === "odd") return name.replaceAll("_", " ");
  return [value.type, value.event ?? value.name, `· ${name}`].filter(Boolean).join(" ");
}

function markSample() {
  const shown = plain.findIndex((sample) => written(sample) === event.value && String(sample.meets ?? "") === $("meets").value);
  for (const each of plainButtons()) each.setAttribute("aria-pressed", String(Number(each.dataset.sample) === shown));
}

// --- keep, send, copy ---

async function keepOn() {
  await run(); // of what stands there now
  if (!isAllowed("keep")) return say("Toplyne accepted nothing of this event, so there is nothing to keep.");
  const value = parsed() ?? {};
  const who = value.userId ?? value.groupId ?? value.anonymousId ?? "";
  earlier = [...earlier, { title: `${value.type ?? "no type"} ${value.event ?? value.name ?? ""} ${who}`.replace(/\s+/g, " "), requests: requestsOf(last) }];
  const next = plain[plain.findIndex((sample) => written(sample) === event.value) + 1];
  say(`Kept. The next event meets a Toplyne that knows of ${earlier.length === 1 ? "this one" : `these ${earlier.length}`}.`, "good");
  if (next && event.value === untouched) putEvent(written(next), next.meets ?? "");
  else changed();
}

async function send() {
  const broken = cards.find((card) => card.broken());
  if (broken) {
    broken.open();
    broken.card.classList.remove("reading");
    broken.broken().focus();
    return;
  }
  if (!isAllowed("send")) return;
  allow("send", false);
  try {
    const { earlier: _, ...asking } = question();
    const record = await ask("POST", "send", asking);
    const tone = record.outcome === "delivered" ? "good" : record.drop ? "bad" : "";
    say(`Message ${record.number} is ${record.outcome}${record.code ? ` (${record.code})` : ""}. Live shows what happened to it.`, tone);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message, "bad");
  } finally {
    allow("send", true);
  }
}

async function copyAs({ dataset }) {
  $("copies").close();
  await run(); // of what stands there now
  const text = dataset.copy === "link" ? location.origin + location.pathname + (await toFragment(situation())) : last?.copies?.[dataset.copy];
  if (dataset.copy === "link" && text.length > LONGEST_LINK) say(`A link would have ${text.length.toLocaleString()} characters, more than the ${LONGEST_LINK.toLocaleString()} that are surely taken.`, "bad");
  else if (text) await copy(text, dataset.what);
  else say(last?.copies ? "There is nothing to copy: the event makes no request." : "There is nothing to copy: the event is not valid JSON, or longer than copied_bytes allows, 256 KiB.", "bad");
}

// --- the start ---

const isReload = performance.getEntriesByType("navigation")[0]?.type === "reload"; // perhaps of an address before the last

/** Return the situation to begin with: of the link, else what this tab keeps, else the first sample. */
async function first(isAgain) {
  let own = null;
  try {
    own = kept("try") && readable(kept("try"));
  } catch {
    // It is of another version of the page; the first sample stands for it.
  }
  const fresh = { eventText: written(plain[0]), mappings: known.presets, rules: known.rules };
  try {
    const linked = own && (isAgain || location.hash === kept("try-at")) ? null : await fromFragment(location.hash);
    if (linked && own && JSON.stringify(linked) !== JSON.stringify(own)) {
      remember({ eventText: own.eventText, mappings: own.mappings });
      fill($("notice"), note("", "This is what the link holds. Undo brings back your own event and mappings."));
    }
    return linked ?? own ?? fresh;
  } catch (error) {
    fill($("notice"), note("bad", `The link is damaged (${error.message}), so it cannot be shown. ${own ? "This is your own event, as you left it." : "This is the first sample."}`));
    return own ?? fresh;
  }
}

function listen() {
  event.addEventListener("input", () => (markSample(), changed()));
  for (const id of ["rules", "meets"]) $(id).addEventListener("change", () => (markSample(), changed()));
  $("more").addEventListener("change", ({ target }) => {
    if (target.value !== "") putEvent(written(known.samples[target.value]));
    target.value = "";
  });
  $("from").addEventListener("change", ({ target }) => target.value && replaceMappings(known.destinations[target.value].mappings, "The mappings were replaced."));
  $("restore").addEventListener("click", () => replaceMappings(known.presets, "The presets are back."));
  $("add").addEventListener("click", addMapping);
  $("undo").addEventListener("click", undo);
  $("keep").addEventListener("click", keepOn);
  $("send").addEventListener("click", send);
  $("tidy").addEventListener("click", () => {
    const value = parsed();
    if (value === undefined) say("What is not valid JSON cannot be tidied.", "bad");
    else putEvent(JSON.stringify(value, null, 2), $("meets").value);
  });
  document.addEventListener("keydown", (key) => {
    if (key.key === "Enter" && (key.ctrlKey || key.metaKey)) send();
  });
  $("copy").addEventListener("click", () => $("copies").showModal());
  for (const each of document.querySelectorAll("[data-copy]")) each.addEventListener("click", () => copyAs(each));
  addEventListener("hashchange", async () => {
    const before = situation();
    const next = await first();
    if (next.eventText !== before.eventText || JSON.stringify(next.mappings) !== JSON.stringify(before.mappings)) restore(next);
  });
}

if (known) {
  fillSamples();
  fill($("from"), h("option", { value: "" }, "Mappings of…"), known.destinations.map((d, index) => h("option", { value: index }, d.name)));
  $("from").hidden = !known.destinations.length;
  const given = await first(isReload);
  allow("undo", undone.length > 0);
  event.value = given.eventText;
  if (plain.some((sample) => written(sample) === given.eventText)) untouched = given.eventText;
  $("rules").value = given.rules ?? known.rules;
  $("meets").value = given.meets ?? "";
  earlier = given.earlier ?? [];
  cards = given.mappings.map((each) => newCard(each));
  markSample();
  keep("try", situation());
  await run();
  fill($("mappings"), cards.map(({ card }) => card)); // with what they say, so that nothing moves
  file = filePanel({ question, open: (value) => putEvent(JSON.stringify(value, null, 2)) });
  listen();
}
ready();
