// Faults: recipes and switches over what `/_sandbox/faults` sets, shows and clears.
import { ask, Refused } from "./api.js";
import { $, badge, empty, fill, h, ready, say, siteUrl } from "./dom.js";
import { button, table } from "./ui.js";

const RECIPES = [
  ["Busy, then fine", "429 with Retry-After: 2 for the next two calls.", { status: 429, retry_after: 2, times: 2 }],
  ["A deployment", "503 for the next five calls, as while a server starts anew.", { status: 503, times: 5 }],
  ["An answer is lost", "The next call is stored, then its connection breaks: trying again stores it twice.", { wire: "reset", times: 1 }],
  ["Slow, then fine", "The next three answers take 2 seconds each.", { delay: 2, times: 3 }],
  ["Nobody answers", "The next three connections close without a word.", { wire: "empty", times: 3 }],
  ["A bad day", "A fifth of all calls meet something: an error, a wait, a broken connection.", { bad_day: { probability: 0.2 } }],
];
const KINDS = [
  ["Unavailable, 503", "Segment tries again for four hours.", { status: 503 }],
  ["Too many requests, 429", "With Retry-After: 2; Segment tries again.", { status: 429, retry_after: 2 }],
  ["Server error, 500", "Segment tries again.", { status: 500 }],
  ["Refused, 400", "Segment gives up at once.", { status: 400 }],
  ["Stored, then 503", "The call is stored and refused: trying again stores it twice.", { status: 503, stored: true }],
  ["Slow, 2 seconds", "The answer is right, and late.", { delay: 2 }],
  ["Connection reset", "The call is stored, then its connection breaks.", { wire: "reset" }],
  ["Hang up", "The connection closes without an answer.", { wire: "empty" }],
  ["Half an answer", "The connection closes in the middle of it.", { wire: "half" }],
  ["Garbage", "The answer is not HTTP.", { wire: "garbage" }],
];
const TEST = { type: "track", event: "Test Event", userId: "test-user", properties: { from: "Faults" } };
const PLAIN = { status: null, retry_after: null, delay: 0, wire: "whole" };

let waiting = [];
let looks = 0; // so many; what an older one tells is out of date
let changes = 0; // under way; what is told before they are done is out of date too

const isKind = (kind) => (fault) =>
  Object.entries({ ...PLAIN, ...kind }).every(([name, value]) => fault[name] === value) &&
  fault.stored === (kind.stored ?? !kind.status);

function definition(kind) {
  const times = $("times").value;
  return { ...kind, path: $("path").value || null, times: times ? Number(times) : null, probability: Number($("share").value) };
}

const asGiven = ({ seen, met, ...fault }) => fault;

async function doing(work) {
  changes += 1;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message, "bad");
  } finally {
    changes -= 1;
  }
  await look();
}

const row = (control, name, what, ...rest) => h("li", {}, control, h("div", {}, name, h("p", { class: "muted small" }, what)), ...rest);

$("recipes").append(...RECIPES.map(([name, what, fault]) => row(
  button({ "aria-label": `Play: ${name}`, onclick: () => doing(() => ask("POST", "faults", fault)) }, "Play"), h("b", {}, name), what)));

const switches = KINDS.map(([name, what, kind], index) => {
  const input = h("input", { type: "checkbox", role: "switch", class: "switch", id: `switch-${index}` });
  input.addEventListener("change", () => doing(async () => {
    const on = waiting.filter(isKind(kind));
    if (input.checked) await ask("POST", "faults", definition(kind));
    else if (on.length) await ask("DELETE", "faults", { faults: on.map(asGiven) });
  }));
  const met = h("span", {});
  $("switches").append(row(input, h("label", { for: input.id }, name), what, met));
  return { kind, input, met };
});

async function look() {
  const mine = ++looks;
  let unknown = null;
  try {
    const { faults } = await ask("GET", "faults");
    if (mine !== looks || changes) return;
    waiting = faults;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    unknown = error.message;
  }
  for (const { kind, input, met } of switches) {
    const on = waiting.filter(isKind(kind));
    const times = on.reduce((sum, each) => sum + each.met, 0);
    input.checked = on.length > 0; // as last known, where the server does not answer
    fill(met, on.length > 0 && badge(`met ${times}`, times ? "warn" : ""));
  }
  fill($("total"), badge(String(waiting.length), waiting.length ? "warn" : ""));
  fill($("waiting"), unknown ? empty("Not known", unknown) : waiting.length ? shown()
    : empty("Nothing goes wrong", "Every call is answered as Toplyne would. Play a recipe or switch a fault on, then send a test event."));
}

const shown = () => table("Faults that wait", ["Fault", "Calls of", "Times", "Share", "Seen", "Met"], waiting.map((each) => [
  nameOf(each), each.path ? h("code", {}, each.path) : "every path", String(each.times ?? "∞"), `${Math.round(each.probability * 100)} %`, String(each.seen), String(each.met)]));

function nameOf(fault) {
  return [fault.status, fault.retry_after !== null && `retry after ${fault.retry_after} s`, fault.wire !== "whole" && fault.wire,
    fault.delay > 0 && `delay ${fault.delay} s`, fault.status && fault.stored && "stored"].filter(Boolean).join(", ");
}

$("test").addEventListener("click", () => doing(async () => {
  const { number, outcome, code } = await ask("POST", "send", { event: TEST });
  fill($("sent"), `The test event is message ${number}: ${outcome}${code ? ` (${code})` : ""}. `, h("a", { href: siteUrl("/live") }, "Live shows what becomes of it"), ".");
  $("sent").hidden = false;
}));
$("off").addEventListener("click", () => doing(() => ask("DELETE", "faults")));
$("how").addEventListener("submit", (event) => event.preventDefault());
await look();
ready();
setInterval(() => document.hidden || look(), 1500);
