// The views of an explanation: clauses, fields, the smallest change, requests and their answers.
import { badge, h, note } from "./dom.js";
import { jsonInline, jsonView } from "./json_view.js";
import { hidden } from "./ui.js";

const FATES = { sent: "good", refused: "bad", dropped: "warn", "not simulated": "warn" };
const MARKS = { holds: ["✓", "good"], fails: ["✗", "bad"], throws: ["!", "bad"] };

export const problem = (text) => h("p.problem", text);
export const problems = (list) => list.map(({ message }) => problem(message));
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

/** Return a field of a list: `fate` has its value in the event and the sent one, `how` is its editor; the rest is shown below. */
export const fieldItem = ({ label, last = "Sent", type }, fate, how, ...said) => h("li.mapped",
  h("div.what", h("b", label), h("span.small.muted", type)), how,
  h("div.raw", fate && [hidden("From the event: "), "raw" in fate ? jsonInline(fate.raw) : h("span.muted", "nothing"),
    "source" in fate && h("code.source", fate.source?.["@path"] ?? JSON.stringify(fate.source))]),
  h("div.sent", fate && [hidden(`${last}: `), "value" in fate && fate.fate === "sent" ? jsonInline(fate.value) : badge(fate.fate, FATES[fate.fate])]),
  h("div.said", said));

/** Return a list of fields with the titles of its columns. */
export const fieldList = (items, last = "Sent") => h("div", h("p.mapped.heads.small.muted", { "aria-hidden": "true" }, ["Field", "From the event", last].map((each) => h("span", each))), h("ul", { "aria-label": `Fields: from the event, and ${last.toLowerCase()}` }, items));

/** Return the fields of an explanation: their values in the event, and the sent ones. */
export function fieldTable({ fields, outcome }) {
  const last = outcome === "skipped" ? "Would be sent" : "Sent";
  return h("div.reading", fieldList(fields.map((field) => fieldItem({ label: field.label, last, type: h("code", field.key) }, field, null,
    problems(field.problems), field.why && h("p.muted.small", field.why))), last));
}

/** Return the sentence with the smallest change of the event that makes the trigger match. */
export const smallestChange = ({ edits, noEvent }) => h("p", noEvent || ["The trigger would match with ",
  edits.map((edit) => [h("code", edit.path), " = ", "after" in edit ? jsonInline(edit.after) : "nothing", " "])]);

/** Return the request of a mapping, and Toplyne's answer to each attempt. */
export const exchange = ({ attempts, explanation: { request }, name }) => h("div.stack.exchange",
  h("p.row", h("code", `${request.method} /v1${request.path}`), h("span.muted.small.push", name)),
  jsonView(request.json, `Request of ${name}`),
  attempts.map(({ again, problems: wrong, status, text }) => {
    const { data, error } = JSON.parse(text);
    return [h("p.row", badge(`${status}`, status < 300 ? "good" : "bad"), h("code.small", data?.message ?? error?.details ?? text)),
      status >= 400 && h("p.small.muted", again ? `Segment retries after ${again.join(" to ")} s.` : "Segment does not retry."),
      wrong.map(({ message, path }) => problem(`${path} ${message}`))];
  }));
