// The frame of every page: its colours, its keys, and the dialog that lists them.
import { ask, demonstration, showDemonstration } from "./api.js";
import { $, fill, h } from "./dom.js";
import { keep, kept } from "./hands.js";
import { tell } from "./ui.js";

const OFF = "single-keys-off";
// A closed dialog keeps the focus inside until the next frame, so hidden inputs do not count.
const isTyping = (target) => target.checkVisibility?.() !== false
  && target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
let isGoing = false; // g was pressed, however long ago: not everybody types fast

const THEMES = { system: "◐", light: "☀", dark: "☾" };
const root = document.documentElement;

function showTheme() {
  const { theme } = root.dataset;
  const word = theme[0].toUpperCase() + theme.slice(1);
  fill($("theme"), THEMES[theme], h("span", word)).ariaLabel = `Colours: ${word}`;
}

$("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  root.dataset.theme = names[(names.indexOf(root.dataset.theme) + 1) % names.length];
  keep("theme", root.dataset.theme, "localStorage");
  showTheme();
});
showTheme();

$("help").addEventListener("click", () => $("keys").showModal());
$("single-keys").checked = !kept(OFF, "localStorage");
$("single-keys").addEventListener("change", ({ target }) => keep(OFF, target.checked ? null : 1, "localStorage"));

/** Start the demonstration on the open page if it shows new data by itself, else on Live. */
async function play() {
  if (demonstration()) return;
  await tell(null, async () => {
    showDemonstration((await ask("POST", "demonstration")).token);
    if (/\/(live|toplyne|faults)$/.test(location.pathname)) location.reload();
    else location.assign($("play").dataset.to);
  });
}

document.addEventListener("click", ({ target }) => target.closest("[data-play]") && play());
if (location.hash === "#demonstration") {
  history.replaceState(null, "", location.pathname);
  play();
}
if (demonstration()) import("./demonstration.js");

/** Show the number of faults in the navigation. */
async function countFaults() {
  if (document.hidden) return;
  const { total } = await ask("GET", "faults", undefined, { quietly: true }).catch(() => ({ total: 0 }));
  $("faults-on").hidden = !total;
  $("faults-on").textContent = total;
}

setInterval(countFaults, 2000);
countFaults();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || kept(OFF, "localStorage")) return;
  if (document.querySelector("dialog[open]")) return;
  const key = CSS.escape(event.key);
  const target = isGoing ? document.querySelector(`nav a[data-key="${key}"]`) : document.querySelector(`[data-shortcut="${key}"]`);
  isGoing = !isGoing && event.key === "g";
  if (!target) return;
  event.preventDefault();
  if (target.matches("button, a[href]")) target.click();
  else target.focus();
});
