// Contract: search and filter the rules. The server renders the page.
import { $, ready } from "./dom.js";

const rows = [...$("rules").tBodies[0].rows];

function filter() {
  const words = $("search").value.toLowerCase().split(/\s+/);
  const mark = $("marked").value;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = (mark && row.dataset.mark !== mark) || !words.every((word) => text.includes(word));
  }
  const shown = rows.filter((row) => !row.hidden).length;
  $("shown").textContent = shown === rows.length ? shown : `${shown} of ${rows.length}`;
  $("none").hidden = shown > 0;
}

/** Show the rule that the address names, even if the filter hides it. */
function showNamed() {
  const row = rows.find(({ id }) => location.hash === `#${id}`);
  if (!row) return;
  if (row.hidden) $("search").value = $("marked").value = "";
  filter();
  row.scrollIntoView({ block: "center" });
}

$("search").addEventListener("input", filter);
$("marked").addEventListener("change", filter);
addEventListener("click", ({ target: { localName, dataset } }) => {
  if (localName !== "a" || !dataset.mark) return;
  $("marked").value = dataset.mark;
  filter();
});
addEventListener("hashchange", showNamed);
showNamed();
ready();
