// What every page has: its colours, its keys, and the dialog that names them.
import { ask, demonstration, showDemonstration } from "./api.js";
import { $, h, say } from "./dom.js";

const OFF = "single-keys-off";
// A dialog that was closed keeps the focus inside until the next frame: what is not shown takes no text.
const isTyping = (target) => target.checkVisibility?.() !== false
  && Boolean(target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]"));
let isGoing = false; // g was pressed; however long ago, as not everybody types fast

const areOn = () => {
  try {
    return localStorage.getItem(OFF) === null;
  } catch {
    return true;
  }
};

const THEMES = { "": ["◐", "System"], light: ["☀", "Light"], dark: ["☾", "Dark"] };
const root = document.documentElement;

function showTheme() {
  const [mark, word] = THEMES[root.dataset.theme];
  $("theme").replaceChildren(mark, h("span", {}, word));
  $("theme").ariaLabel = `Colours: ${word}`;
  $("theme").title = "Colours: as the system has them, light or dark";
}

$("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  root.dataset.theme = names[(names.indexOf(root.dataset.theme) + 1) % names.length];
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // Without storage they hold for this page.
  }
  showTheme();
});
showTheme();

$("help").addEventListener("click", () => $("keys").showModal());
$("single-keys").checked = areOn();
$("single-keys").addEventListener("change", ({ target }) => {
  if (target.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
});

/** Start the demonstration: on Live, or on the page that is open if it shows what comes too. */
async function play() {
  if (demonstration()) return;
  try {
    showDemonstration((await ask("POST", "demonstration")).token);
    if (/\/(live|toplyne|faults)$/.test(location.pathname)) location.reload();
    else location.assign($("play").dataset.to);
  } catch (error) {
    say(error.message, "bad");
  }
}

document.addEventListener("click", ({ target }) => target.closest("[data-play]") && play());
if (location.hash === "#demonstration") {
  history.replaceState(null, "", location.pathname);
  play();
}
/** Show in the navigation how many faults are on. */
async function countFaults() {
  if (document.hidden) return;
  const known = await ask("GET", "faults", undefined, { quietly: true }).catch(() => ({ total: 0 }));
  $("faults-on").hidden = !known.total;
  $("faults-on").textContent = known.total;
}

setInterval(countFaults, 2000);
countFaults();
if (demonstration()) import("./demonstration.js");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !areOn()) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "?") {
    event.preventDefault();
    $("keys").showModal();
  } else if (event.key === "g") {
    isGoing = true;
  } else if (isGoing) {
    isGoing = false;
    const link = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
    if (link) link.click();
  } else {
    const target = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("button, a[href]")) target.click();
    else target.focus();
  }
});
