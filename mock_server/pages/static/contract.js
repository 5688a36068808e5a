// Contract: the rules, searched and filtered; the page itself is derived by the server.
import { $, ready } from "./dom.js";

const rows = [...$("rules").tBodies[0].rows];

function filter() {
  const words = $("search").value.toLowerCase().split(/\s+/);
  const mark = $("marked").value;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = Boolean(mark && row.dataset.mark !== mark) || !words.every((word) => text.includes(word));
  }
  $("none").hidden = rows.some((row) => !row.hidden);
}

$("search").addEventListener("input", filter);
$("marked").addEventListener("change", filter);
ready();
