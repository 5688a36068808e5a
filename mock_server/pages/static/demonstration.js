// Demonstration: the bar that plays a story, step by step, on whatever page is open.
import { ask, showDemonstration } from "./api.js";
import { $, fill, h } from "./dom.js";

const PAUSED = "demonstration-paused";
const MOST_SECONDS = 12;
const dwell = (caption) => Math.min(MOST_SECONDS, 4 + caption.length * 0.045) * 1000; // time to read it aloud

const button = (text, onclick, props) => h("button", { type: "button", class: "button", onclick, ...props }, text);
const place = h("span", { class: "muted small nowrap" });
const title = h("strong");
const caption = h("p");
const pause = button("Pause", () => (sessionStorage.getItem(PAUSED) ? resume() : halt()));
const next = button("Next", () => goOn(), { class: "button primary" });
const bar = h("aside", { class: "story", "aria-label": "Demonstration" },
  h("div", { class: "told", role: "status" }, h("p", { class: "row" }, title, place), caption),
  h("div", { class: "row" }, pause, next, button("End", end, { class: "button quiet" })));
let timer = 0;
let told = { number: 0, total: 1, caption: "" };

function halt() {
  sessionStorage.setItem(PAUSED, "1");
  show();
}

function resume() {
  sessionStorage.removeItem(PAUSED);
  goOn();
}

function show() {
  const isOver = told.number === told.total;
  const isPaused = sessionStorage.getItem(PAUSED) !== null;
  place.textContent = `${told.number} of ${told.total}`;
  title.textContent = told.title;
  fill(caption, told.caption);
  pause.textContent = isPaused ? "Play" : "Pause";
  pause.ariaLabel = `${pause.textContent} the demonstration`; // as Live has a Pause of its own
  pause.hidden = next.hidden = isOver;
  clearTimeout(timer);
  if (!isOver && !isPaused) timer = setTimeout(() => (document.hidden ? show() : goOn()), dwell(told.caption));
}

async function go(method, path = "") {
  clearTimeout(timer);
  try {
    told = await ask(method, `demonstration${path}`);
    if (!told.number) return await goOn();
    show();
  } catch (error) {
    fill(caption, error.message);
  }
}

const goOn = () => go("POST", `/next?after=${told.number}`); // another tab may have gone on

async function end() {
  clearTimeout(timer);
  await ask("DELETE", "demonstration").catch(() => null); // the server may have ended it, or be gone
  showDemonstration(null);
  sessionStorage.removeItem(PAUSED);
  location.reload();
}

document.body.append(bar);
$("play").hidden = true;
if ($("connect")) $("connect").hidden = true; // no SDK can reach the mock of a story
await go("GET");
