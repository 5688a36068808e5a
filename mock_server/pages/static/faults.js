// Faults: recipes and switches for `/_sandbox/faults`.
import { ask, Refused } from "./api.js";
import { $, badge, empty, fill, h, ready, siteUrl } from "./dom.js";
import { table, tell } from "./ui.js";

const TEST = { type: "track", event: "Test Event", userId: "test-user", properties: { from: "Faults" } };
const PLAIN = { status: null, retry_after: null, delay: 0, wire: "whole" };

let waiting = [];
let looks = 0; // the number of requests: only the answer to the last one is current
let changes = 0; // the number of running changes: answers that arrive before they end are outdated

const isKind = (kind) => (fault) =>
  Object.entries({ ...PLAIN, ...kind }).every(([name, value]) => fault[name] === value) &&
  fault.stored === (kind.stored ?? !kind.status);

const definition = (kind) => ({ ...kind, path: $("path").value || null, times: Number($("times").value) || null, probability: Number($("share").value) });
const asGiven = ({ seen, met, ...fault }) => fault;

async function doing(work) {
  changes += 1;
  await tell(null, work);
  changes -= 1;
  await look();
}

const switches = [...document.querySelectorAll("[data-kind]")].map((input) => {
  const kind = JSON.parse(input.dataset.kind);
  input.addEventListener("change", () => doing(async () => {
    const on = waiting.filter(isKind(kind));
    if (input.checked) await ask("POST", "faults", definition(kind));
    else if (on.length) await ask("DELETE", "faults", { faults: on.map(asGiven) });
  }));
  return { kind, input, met: input.parentNode.lastChild };
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
    input.checked = on.length > 0; // the last known state if the server does not answer
    fill(met, on.length > 0 && badge(`met ${times}`, times && "warn"));
  }
  fill($("total"), badge(waiting.length, waiting.length && "warn"));
  fill($("waiting"), unknown ? empty("Unknown", unknown) : waiting.length ? shown()
    : empty("No faults", "Every call gets Toplyne's own answer. Play a recipe or switch on a fault, then send a test event."));
}

const shown = () => table("Waiting faults", ["Fault", "Path", "Times", "Share", "Seen", "Met"], waiting.map((each) => [
  nameOf(each), each.path ? h("code", each.path) : "every path", each.times ?? "∞", `${Math.round(each.probability * 100)} %`, each.seen, each.met]));

const nameOf = ({ status, retry_after: after, wire, delay, stored }) => [status, after !== null && `retry after ${after} s`, wire !== "whole" && wire,
  delay > 0 && `delay ${delay} s`, status && stored && "stored"].filter(Boolean).join(", ");

for (const button of document.querySelectorAll("[data-recipe]")) {
  button.addEventListener("click", () => doing(() => ask("POST", "faults", JSON.parse(button.dataset.recipe))));
}
$("test").addEventListener("click", () => doing(async () => {
  const { number, outcome, code } = await ask("POST", "send", { event: TEST });
  fill($("sent"), `The test event is message ${number}: ${outcome}${code ? ` (${code})` : ""}. `, h("a", { href: siteUrl("/live") }, "Live shows what happens to it"), ".");
  $("sent").hidden = false;
}));
$("off").addEventListener("click", () => doing(() => ask("DELETE", "faults")));
await look();
ready();
setInterval(() => document.hidden || look(), 1500);
