// Demonstration: the bar that plays the demonstration, step by step, on any page.
import { ask, showDemonstration } from "./api.js";
import { $, fill, h } from "./dom.js";
import { keep, kept } from "./hands.js";
import { button } from "./ui.js";

const PAUSED = "demonstration-paused";
const MOST_SECONDS = 12;
const dwell = (caption) => Math.min(MOST_SECONDS, 4 + caption.length * 0.045) * 1000; // enough time to read it aloud

const place = h("span.muted.small.nowrap");
const title = h("strong");
const caption = h("p");
const pause = button({ onclick: () => {
  keep(PAUSED, kept(PAUSED) ? null : 1);
  if (kept(PAUSED)) show();
  else goOn();
} });
const next = button({ class: "primary", onclick: () => goOn() }, "Next");
let timer = 0;
let told = { number: 0, total: 1, caption: "" };

function show() {
  const isOver = told.number === told.total;
  const isPaused = kept(PAUSED);
  fill(place, `${told.number} of ${told.total}`);
  fill(title, told.title);
  fill(caption, told.caption);
  fill(pause, isPaused ? "Play" : "Pause").ariaLabel = `${isPaused ? "Play" : "Pause"} the demonstration`; // Live has its own Pause
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

const goOn = () => go("POST", `/next?after=${told.number}`); // another tab may have played it

async function end() {
  clearTimeout(timer);
  await ask("DELETE", "demonstration").catch(() => null); // the server may have ended it or stopped
  showDemonstration(null);
  keep(PAUSED, null);
  location.reload();
}

document.body.append(h("aside.story", { "aria-label": "Demonstration" },
  h("div", { role: "status" }, h("p.row", title, place), caption),
  h("div.row", pause, next, button({ class: "quiet", onclick: end }, "End"))));
$("play").hidden = true;
if ($("connect")) $("connect").hidden = true; // an SDK cannot reach the mock of a demonstration
await go("GET");
