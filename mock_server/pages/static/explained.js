// An explanation as pages show it: clauses, fields, the smallest change, requests and their answers.
import { badge, h, note } from "./dom.js";
import { jsonInline, jsonView } from "./json_view.js";

const FATES = { sent: "good", refused: "bad", dropped: "warn", "not simulated": "warn" };
const MARKS = { holds: ["✓", "good"], fails: ["✗", "bad"], throws: ["!", "bad"] };

export const problem = (text) => h("p.problem", text);
export const mark = (text, tone) => h("span.mark", { "data-tone": tone, "aria-hidden": "true" }, text);

/** Return the clauses of a trigger, each with its verdict. */
export const clauseTree = (trigger) => h("div.clauses",
  !trigger.asWritten && h("p.small", "Segment reads it as ", h("code", trigger.taken)),
  trigger.ignored.map((each) => note("warn", each)),
  h("ul", clause(trigger.clause)));

function clause({ clauses = [], operator, reached, sentence, verdict, written }) {
  if (clauses.length === 1) return clause(clauses[0]);
  const [sign, tone] = MARKS[verdict];
  const isGroup = clauses.length > 0;
  return h("li", { class: !reached && "unreached" }, mark(sign, reached && tone), h("div",
    isGroup ? h("span", operator === "and" ? "all of" : "any of") : h("code", written),
    h("span.visually-hidden", ` ${verdict}`),
    h("span.muted.small", !reached ? " not evaluated" : !isGroup && ` ${sentence ?? ""}`),
    isGroup && h("ul", clauses.map(clause))));
}

/** Return what a field is made of: the value in the event, and its path. */
export const fromEvent = (field) => ["raw" in field ? jsonInline(field.raw) : h("span.muted", "nothing"),
  "source" in field && h("code.source", field.source?.["@path"] ?? JSON.stringify(field.source))];

/** Return what is sent of a field, or why nothing is. */
export const sent = ({ fate, value }) => (fate === "sent" && value !== undefined ? jsonInline(value) : badge(fate, FATES[fate]));

/** Return the table of fields: what the event gives, and what is sent. */
export const fieldTable = ({ fields, outcome }) => h("table.fates",
  h("caption.visually-hidden", "Fields: what the event gives, and what is sent"),
  h("thead", h("tr", ["Field", "From the event", outcome === "skipped" ? "Would be sent" : "Sent"].map((each) => h("th", { scope: "col" }, each)))),
  h("tbody", fields.map((field) => {
    const notes = [...field.problems.map(({ message }) => problem(message)), field.why && h("p.muted.small", field.why)].filter(Boolean);
    return [
      h("tr", { class: notes.length && "has-note" }, h("th", { scope: "row" }, field.label || field.key, h("code", field.key)), h("td", fromEvent(field)), h("td", sent(field))),
      notes.length > 0 && h("tr.of-field", h("td", { colspan: "3" }, notes)),
    ];
  })));

/** Return the sentence that says with which change of the event the mapping would take it. */
export const smallestChange = ({ edits, noEvent }) => h("p", noEvent || ["The trigger would take it with ",
  edits.map((edit) => [h("code", edit.path), " = ", "after" in edit ? jsonInline(edit.after) : "nothing", " "])]);

/** Return the request a mapping makes, and what Toplyne answers to each attempt. */
export const exchange = ({ attempts, explanation: { request }, name }) => h("div.stack.exchange",
  h("p.row", h("code", `${request.method} /v1${request.path}`), h("span.muted.small.push", name)),
  jsonView(request.json, `Request of ${name}`),
  attempts.map(({ again, problems, status, text }) => {
    const { data, error } = JSON.parse(text);
    return [h("p.row", badge(`${status}`, status < 300 ? "good" : "bad"), h("code.small", data?.message ?? error?.details ?? text)),
      status >= 400 && h("p.small.muted", again ? `Segment tries again after ${again.join(" to ")} s.` : "Segment does not try again."),
      problems.map(({ message, path }) => problem(`${path} ${message}`))];
  }));
