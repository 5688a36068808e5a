// An explanation as Try it and Live show it: clauses, fields, and the smallest change.
import { badge, h, note } from "./dom.js";
import { jsonInline } from "./json_view.js";

export const FATES = { sent: "good", "left out": "", refused: "bad", dropped: "warn", "not mapped": "", "not simulated": "warn" };
const MARKS = { holds: ["✓", "good"], fails: ["✗", "bad"], throws: ["!", "bad"] };

/** Return the clauses of a trigger, each with its verdict. */
export function clauseTree(trigger) {
  return h("div", { class: "clauses" },
    !trigger.asWritten && h("p", { class: "small" }, "Segment reads it as ", h("code", {}, trigger.taken)),
    trigger.ignored.map((each) => note("warn", each)),
    h("ul", {}, clause(trigger.clause)));
}

function clause(each) {
  const [mark, tone] = MARKS[each.verdict];
  const inner = each.clauses ?? [];
  if (inner.length === 1) return clause(inner[0]);
  return h("li", { class: each.reached ? null : "unreached" },
    h("span", { class: "mark", "data-tone": each.reached ? tone : "", "aria-hidden": "true" }, mark),
    h("div", {},
      inner.length ? h("span", {}, each.operator === "and" ? "all of" : "any of") : h("code", {}, each.written),
      h("span", { class: "visually-hidden" }, ` ${each.verdict}`),
      h("span", { class: "muted small" }, each.reached ? (inner.length ? "" : ` ${each.sentence ?? ""}`) : " not evaluated"),
      inner.length > 0 && h("ul", {}, inner.map(clause))));
}

/** Return the table of fields: what the event gives, and what is sent. */
export function fieldTable(explained) {
  const skipped = explained.outcome === "skipped";
  return h("table", { class: "fates" },
    h("caption", { class: "visually-hidden" }, "Fields: what the event gives, and what is sent"),
    h("thead", {}, h("tr", {}, ["Field", "From the event", skipped ? "Would be sent" : "Sent"].map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", {}, explained.fields.map(fieldRows)));
}

function fieldRows(field) {
  const notes = [...field.problems.map((p) => h("p", { class: "problem" }, p.message)), field.why && h("p", { class: "muted small" }, field.why)].filter(Boolean);
  return [
    h("tr", { class: notes.length ? "has-note" : null },
      h("th", { scope: "row" }, field.label || field.key, h("code", {}, field.key)),
      h("td", {}, "raw" in field ? jsonInline(field.raw) : h("span", { class: "muted" }, "nothing"),
        "source" in field && h("code", { class: "source" }, field.source?.["@path"] ?? JSON.stringify(field.source))),
      h("td", {}, "value" in field && field.fate === "sent" ? jsonInline(field.value) : badge(field.fate, FATES[field.fate]))),
    notes.length > 0 && h("tr", { class: "of-field" }, h("td", { colspan: "3" }, notes)),
  ];
}

/** Return the sentence that says with which change of the event the mapping would take it. */
export function smallestChange(change) {
  const edits = change.edits.map((edit) => [h("code", {}, edit.path), " = ", "after" in edit ? jsonInline(edit.after) : "nothing", " "]);
  return h("p", {}, change.noEvent || ["The trigger would take it with ", ...edits]);
}
