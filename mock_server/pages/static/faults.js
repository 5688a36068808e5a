// Faults: switches over what `/_sandbox/faults` sets, shows and clears.
import { ask, Refused } from "./api.js";
import { $, badge, empty, fill, h, ready, say } from "./dom.js";
import { table } from "./ui.js";

const KINDS = [
  ["Unavailable, 503", "Segment tries again for four hours.", { status: 503 }],
  ["Too many requests, 429", "With Retry-After: 2; Segment tries again.", { status: 429, retry_after: 2 }],
  ["Server error, 500", "Segment tries again.", { status: 500 }],
  ["Refused, 400", "Segment gives up at once.", { status: 400 }],
  ["Stored, then 503", "The work is done and the answer lies: trying again stores it twice.", { status: 503, stored: true }],
  ["Slow, 2 seconds", "The answer is right, and late.", { delay: 2 }],
  ["Connection reset", "After the work is done.", { wire: "reset" }],
  ["Hang up", "The connection closes without an answer.", { wire: "empty" }],
  ["Half an answer", "The connection closes in the middle of it.", { wire: "half" }],
  ["Garbage", "What comes back is no HTTP.", { wire: "garbage" }],
];
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

const switches = KINDS.map(([name, what, kind], index) => {
  const input = h("input", { type: "checkbox", role: "switch", class: "switch", id: `switch-${index}`, "aria-describedby": `what-${index}` });
  input.addEventListener("change", () => doing(async () => {
    const on = waiting.filter(isKind(kind));
    if (input.checked) await ask("POST", "faults", definition(kind));
    else if (on.length) await ask("DELETE", "faults", { faults: on.map(asGiven) });
  }));
  const met = h("span", {});
  $("switches").append(h("li", {}, input, h("div", {}, h("label", { for: input.id }, name), h("p", { class: "muted small", id: `what-${index}` }, what)), met));
  return { kind, input, met };
});

async function look() {
  const mine = ++looks;
  try {
    const { faults } = await ask("GET", "faults");
    if (mine !== looks || changes) return;
    waiting = faults;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    fill($("waiting"), empty("Not known", error.message));
    for (const { kind, input } of switches) input.checked = waiting.some(isKind(kind)); // as last known
    return;
  }
  for (const { kind, input, met } of switches) {
    const on = waiting.filter(isKind(kind));
    input.checked = on.length > 0;
    const times = on.reduce((sum, each) => sum + each.met, 0);
    fill(met, on.length > 0 && badge(`met ${times}`, times ? "warn" : ""));
  }
  fill($("total"), badge(String(waiting.length), waiting.length ? "warn" : ""));
  fill($("waiting"), waiting.length ? shown() : empty("Nothing goes wrong", "Every call is answered as Toplyne would. Switch a fault on, and send something."));
}

const shown = () => table("Faults that wait", ["Fault", "Calls of", "Times", "Share", "Seen", "Met"], waiting.map((each) => [
  h("code", {}, nameOf(each)), each.path ? h("code", {}, each.path) : "every path", each.times ?? "∞", `${Math.round(each.probability * 100)} %`, String(each.seen), String(each.met)]));

function nameOf(fault) {
  return [fault.status, fault.retry_after !== null && `retry after ${fault.retry_after} s`, fault.wire !== "whole" && fault.wire,
    fault.delay > 0 && `delay ${fault.delay} s`, fault.status && fault.stored && "stored"].filter(Boolean).join(", ");
}

$("off").addEventListener("click", () => doing(() => ask("DELETE", "faults")));
$("how").addEventListener("submit", (event) => event.preventDefault());
await look();
$("waits").hidden = false;
ready();
setInterval(() => document.hidden || look(), 1500);
