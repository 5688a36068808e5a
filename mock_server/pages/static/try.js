// Try it: an event, the mappings, and the result, updated after every change.
import { ask } from "./api.js";
import { asker, eventSays, parsed, titleOf, whoOf, written } from "./bench.js";
import { $, badge, copy, empty, fill, h, note, ready, say, update } from "./dom.js";
import { exchange } from "./explained.js";
import { keep, kept } from "./hands.js";
import { jsonView } from "./json_view.js";
import { defaultsOf, mappingEditor, suggestions } from "./mapping.js";
import { filePanel } from "./try_file.js";
import { fromFragment, readable, toFragment } from "./try_link.js";
import { button, dialog, quiet, tell, toggle } from "./ui.js";

const MOST_UNDONE = 20;
const LONGEST_LINK = 100_000; // longer ones are not accepted everywhere
const LONGEST_SHARED = 1_000_000; // characters of an event: a longer one gets no link
const facts = JSON.parse($("facts").dataset.facts);
const plain = facts.samples;
const texts = plain.map((each) => written(each.event));
const known = await ask("GET", "try").catch((error) => (say(error.message, "bad"), null));
const event = $("event");
const undone = kept("try-undo") ?? [];
let cards = [];
let untouched = null; // the text of an inserted event, which needs no undo while it is unchanged
let earlier = []; // what Toplyne received before: titles with requests
let number = 0;
let file = null;

// --- the situation: kept by the tab, in the address, and for undo ---

const situation = () => ({ eventText: event.value, mappings: cards.map(({ editor }) => editor.value()), rules: $("rules").value, meets: $("meets").value, earlier });
const question = () => ({
  eventText: event.value, mappings: cards.map(({ editor }) => editor.question()), rules: $("rules").value,
  earlier: earlier.flatMap((each) => each.requests), ...($("meets").value && { meets: Number($("meets").value) }),
});
const [run, runSoon] = asker(question, show, (error) => showToplyne(note("bad", error.message)));

function changed() {
  markSample();
  if (!keep("try", situation())) fill($("notice"), note("warn", "This is too large for this tab to keep. It is lost when you reload or leave the page."));
  $("toplyne").classList.add("busy");
  runSoon();
}

/** Keep a part of the situation that is about to be replaced, and say how to bring it back. */
function remember(part, said) {
  undone.push(part);
  undone.splice(0, undone.length - MOST_UNDONE);
  keepUndone();
  if (said) say(`${said} Undo brings it back.`);
}

function keepUndone() {
  keep("try-undo", undone);
  allow("undo", undone.length > 0);
}

/** Enable or disable a button. A disabled one can still have the focus. */
const allow = (id, isAllowed) => $(id).setAttribute("aria-disabled", !isAllowed);
const isAllowed = (id) => $(id).ariaDisabled !== "true";

function undo() {
  if (!isAllowed("undo")) return say("There is nothing to undo.");
  const part = undone.pop();
  const now = situation();
  const others = Object.fromEntries(Object.keys(part).map((key) => [key, now[key]]));
  if (!part.eventText || event.value !== untouched) undone.unshift(others); // to be undone after all others
  keepUndone();
  put({ ...now, ...part });
  say("Undone.", "good");
}

/** Show a situation. */
function put(given) {
  event.value = given.eventText;
  $("rules").value = given.rules ?? $("rules").value;
  $("meets").value = given.meets ?? "";
  earlier = given.earlier ?? [];
  cards = given.mappings.map((each) => newCard(each));
  fill($("mappings"), cards.map(({ card }) => card));
  changed();
}

function putEvent(value, meets = "") {
  if (event.value !== untouched && event.value.trim()) remember({ eventText: event.value }, "Your event was replaced.");
  event.value = untouched = written(value);
  $("meets").value = meets;
  changed();
}

const putInPlace = (value) => putEvent(value, $("meets").value);

/** Return the fragment of a link to the situation, or "" if it would be too long. */
async function linked() {
  const fragment = event.value.length < LONGEST_SHARED ? await toFragment(situation()) : "";
  return fragment.length < LONGEST_LINK ? fragment : "";
}

// --- the result ---

async function show(told) {
  fill($("sums"));
  event.ariaInvalid = String(Boolean(told.problem));
  fill($("event-says"), eventSays(told));
  told.mappings.forEach((each, index) => cards[index]?.hear(each));
  allow("keep", requestsOf(told).length > 0);
  if (!told.problem) fill($("lists"), suggestions(facts, parsed(event.value)));
  showToplyne(told.problem ? empty("No event yet", "Requests and Toplyne's state appear here once the event is valid JSON.") : requestsAndState(told));
  const fragment = await linked();
  history.replaceState(null, "", fragment || location.pathname);
  keep("try-at", fragment);
  file?.refresh();
}

const requestsOf = (told) => told.mappings.filter(({ answer }) => answer?.status < 300).map(({ explanation: { request: { json, path } } }) => ({ path, json }));

function showToplyne(...shown) {
  fill($("toplyne"), shown);
  $("toplyne").classList.remove("busy");
}

function requestsAndState({ before, mappings, state }) {
  const sent = mappings.filter(({ answer }) => answer);
  const kinds = Object.entries(state).filter(([, items]) => items.length);
  const isNew = (kind, item) => earlier.length > 0 && !before[kind].some((each) => written(each) === written(item));
  fill($("sums"), badge(sent.length === 1 ? "1 request" : `${sent.length} requests`, sent.length && "info"));
  return [
    earlier.length > 0 && h("div.note", h("ol.earlier", earlier.map(({ title }) => h("li", title))), quiet(null, "Start over", () => {
      remember({ earlier }, "Toplyne's state was cleared.");
      earlier = [];
      changed();
      $("toplyne").focus();
    })),
    sent.length ? sent.map(exchange) : empty("Nothing reaches Toplyne", "No mapping makes a request of this event. Each mapping says why, and which change would make it match."),
    kinds.length > 0 && h("h3", "Toplyne's state after it"),
    kinds.map(([kind, items]) => h("div.stack", h("p.muted.small", kind),
      items.map((item) => h("div.stack", isNew(kind, item) && h("p", badge("by this event", "info")), jsonView(item, `One of ${kind}`))))),
    sent.length > 0 && !kinds.length && note("", "Toplyne's state is empty: no request was accepted."),
  ];
}

// --- mappings ---

function newCard(given, isNew = false) {
  const prefix = `m${++number}-`;
  const card = h("article.card");
  let isOpen = isNew;
  let isReading = !isNew;
  let isTouched = isNew; // a card that the user opened, closed or edited stays as it is
  const editor = mappingEditor(facts, given, {
    prefix, take: putInPlace, replacing: rememberMappings,
    changed() {
      isTouched = true;
      draw();
      changed();
    },
  });
  function draw() {
    const { badge: verdict, reason, word } = editor.verdict();
    const { enabled, name } = editor.draft;
    if (!isTouched && !card.contains(document.activeElement)) isOpen = ["mapped", "rejected", "invalid"].includes(word);
    card.classList.toggle("reading", isReading);
    update(card, h("div.card-head", toggle(`${prefix}on`, `${name} is enabled`, enabled, (on) => editor.edit({ enabled: on })),
      h("details", { open: isOpen },
        h("summary", { onclick: () => (isTouched = true) }, h("h3", h("span.title", name || "No name")), h("span", { "aria-live": "polite" }, verdict), h("p.muted.small.clip", reason)),
        h("div.stack.card-body", editor.trigger(), h("div.editing", editor.builder()), h("div.stack", editor.clauses()), editor.fields(),
          h("div.pair.editing", Object.entries({ Name: editor.name(), Action: editor.action() }).map(([label, input]) => h("label.field", h("span", label), input))),
          h("div.row", quiet(null, isReading ? "Edit name, conditions and fields" : "Done", () => read(!isReading), { "aria-expanded": `${!isReading}` }),
            quiet(null, "Remove this mapping", remove, { class: "button quiet danger editing" }))))));
  }
  function read(isToBeRead) {
    isReading = isToBeRead;
    isTouched = true;
    draw();
  }
  function remove() {
    rememberMappings("The mapping was removed.");
    cards = cards.filter((each) => each !== self);
    card.remove();
    $("add").focus();
    changed();
  }
  const self = {
    card, editor,
    hear(told) {
      editor.hear(told);
      draw();
    },
    /** Focus a field whose text is not JSON. Return whether there is one. */
    mend() {
      if (!editor.isBroken()) return false;
      card.querySelector("details").open = true;
      read(false);
      editor.focus();
      return true;
    },
  };
  draw();
  return self;
}

const rememberMappings = (said) => remember({ mappings: situation().mappings }, said);

function replaceMappings(mappings, said) {
  rememberMappings(said);
  put({ ...situation(), mappings });
}

function addMapping() {
  const action = Object.keys(facts.actions).at(-1);
  let count = 1;
  while (cards.some(({ editor }) => editor.draft.name === `My mapping ${count}`)) count += 1;
  const made = newCard({ name: `My mapping ${count}`, action, trigger: 'type = "track"', fields: defaultsOf(facts, action), enabled: true }, true);
  cards.push(made);
  $("mappings").append(made.card);
  made.card.scrollIntoView({ block: "nearest" });
  made.card.querySelector("textarea").focus();
  changed();
}

// --- samples ---

function fillSamples() {
  const titles = { recorded: "Recorded from Segment's SDKs", odd: "Unusual events" };
  const named = ({ event: value, kind, name }) => (kind === "odd" ? name.replaceAll("_", " ") : `${titleOf(value)} · ${name}`);
  $("more").append(...Object.entries(titles).map(([kind, label]) => h("optgroup", { label },
    known.samples.map((sample, value) => sample.kind === kind && h("option", { value }, named(sample))))));
  $("from").append(...known.destinations.map(({ name }, value) => h("option", { value }, name)));
  $("from").hidden = !known.destinations.length;
}

const sampleButtons = () => document.querySelectorAll("[data-sample]").entries();

function markSample() {
  for (const [at, each] of sampleButtons()) each.ariaPressed = `${texts[at] === event.value && `${plain[at].meets ?? ""}` === $("meets").value}`;
}

// --- keep, send, copy ---

async function keepOn() {
  const told = await run(); // the result for the current text
  if (!told || !isAllowed("keep")) return say("Toplyne accepted no request of this event, so there is nothing to keep.");
  const message = parsed(event.value) ?? {};
  const title = [titleOf(message), whoOf(message)].filter(Boolean).join(" ");
  earlier = [...earlier, { title, requests: requestsOf(told) }];
  say(`Kept. For the next event, Toplyne has already received ${earlier.length === 1 ? "this one" : `these ${earlier.length}`}.`, "good");
  const next = plain[texts.indexOf(event.value) + 1];
  if (next && event.value === untouched) putEvent(next.event, next.meets);
  else changed();
}

async function send() {
  if (cards.some((card) => card.mend()) || !isAllowed("send")) return;
  allow("send", false);
  await tell("", async () => {
    const { code, drop, number: sent, outcome } = await ask("POST", "send", { ...question(), earlier: undefined });
    say(`Message ${sent} is ${outcome}${code ? ` (${code})` : ""}. Live shows what happened to it.`, outcome === "delivered" ? "good" : drop && "bad");
  });
  allow("send", true);
}

const COPIES = {
  link: ["the link", "Link to this page"], curl: ["the curl commands", "curl: the requests"],
  pytest: ["the pytest module", "pytest: event, mappings, requests"], case: ["the case file", "Case file for fixtures/cases/payloads"],
};

function chooseCopy() {
  const shown = dialog("Copy this situation", h("p.muted", "None of these has a key: they read ", h("code", "TOPLYNE_API_URL"), " and ", h("code", "TOPLYNE_API_KEY"), "."),
    h("div.stack", Object.entries(COPIES).map(([form, [what, name]]) => button({ "data-copy": form, onclick() {
      shown.close();
      copyAs(form, what);
    } }, name))), h("form", { method: "dialog" }, h("button.button.quiet", "Close")));
}

async function copyAs(form, what) {
  const { copies } = (await run()) ?? {}; // for the current text
  const isLink = form === "link";
  const fragment = isLink && await linked();
  const text = isLink ? fragment && location.origin + location.pathname + fragment : copies?.[form];
  if (text) await copy(text, what);
  else if (isLink) say(`A link would have more than ${LONGEST_LINK.toLocaleString()} characters, which not every program accepts.`, "bad");
  else say(`There is nothing to copy: the event ${copies ? "makes no request" : "is not valid JSON, or longer than copied_bytes allows, 256 KiB"}.`, "bad");
}

// --- the start ---

/** Return the situation to begin with: that of the link, or else of this tab, or else the first sample. */
async function first(isAgain) {
  let own = null;
  try {
    own = kept("try") && readable(kept("try"));
  } catch {
    // Another version of the page kept it; use the first sample instead.
  }
  const fresh = { eventText: texts[0], mappings: known.presets, rules: known.rules };
  try {
    const given = own && (isAgain || location.hash === kept("try-at")) ? null : await fromFragment(location.hash, facts.subjects);
    if (given && own && written(given) !== written(own)) {
      remember({ eventText: own.eventText, mappings: own.mappings });
      fill($("notice"), note("", "This is the event of the link. Undo brings back your own event and mappings."));
    }
    return given ?? own ?? fresh;
  } catch (error) {
    fill($("notice"), note("bad", `The link is damaged (${error.message}), so it cannot be shown. ${own ? "This is your own event as you left it." : "This is the first sample."}`));
    return own ?? fresh;
  }
}

const CLICKS = {
  undo, send, add: addMapping, keep: keepOn, copy: chooseCopy,
  restore: () => replaceMappings(known.presets, "The presets are back."),
  tidy() {
    const value = parsed(event.value);
    if (value === undefined) say("The event is not valid JSON, so it cannot be tidied.", "bad");
    else putInPlace(value);
  },
};
/** The actions of selects that show their title again afterwards. */
const CHOICES = {
  more: (at) => putEvent(known.samples[at].event),
  from: (at) => replaceMappings(known.destinations[at].mappings, "The mappings were replaced."),
};

function listen() {
  for (const [id, act] of Object.entries(CLICKS)) $(id).onclick = act;
  for (const [id, act] of Object.entries(CHOICES)) {
    $(id).onchange = ({ target }) => {
      if (target.value) act(target.value);
      target.value = "";
    };
  }
  for (const [at, each] of sampleButtons()) each.onclick = () => putEvent(plain[at].event, plain[at].meets);
  event.oninput = $("rules").onchange = $("meets").onchange = changed;
  document.onkeydown = (key) => {
    if (key.key === "Enter" && (key.ctrlKey || key.metaKey)) send();
  };
  window.onhashchange = async () => {
    const before = situation();
    const next = await first();
    if (next.eventText !== before.eventText || written(next.mappings) !== written(before.mappings)) put(next);
  };
}

if (known) {
  fillSamples();
  // A reload may use an older address than the last one.
  const given = await first(performance.getEntriesByType("navigation")[0]?.type === "reload");
  keepUndone();
  if (texts.includes(given.eventText)) untouched = given.eventText;
  put({ rules: known.rules, ...given });
  await run();
  file = filePanel({ question, open: putEvent });
  listen();
}
ready();
