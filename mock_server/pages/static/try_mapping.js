// One mapping on the page: what is written, and beside it what it makes of the event.
import { badge, fill, h, note, ticked } from "./dom.js";
import { jsonInline } from "./json_view.js";

const TONES = { mapped: "good", skipped: "", rejected: "bad" };
const FATES = { sent: "good", "left out": "", refused: "bad", dropped: "warn", "not mapped": "", "not simulated": "warn" };
const MARKS = { holds: ["✓", "good"], fails: ["✗", "bad"], throws: ["!", "bad"] };
let last = 0;

/** Return the card of a mapping; `changed` is told of every edit, `take` puts an event in place. */
export function mappingCard(given, { actions, changed, remove, take }) {
  const id = `mapping-${++last}`;
  const says = h("div", { class: "stack", id: `${id}-says` });
  const verdict = h("span", { "aria-live": "polite" });
  const reason = h("p", { class: "muted small clip" });
  const name = h("input", { value: given.name, maxlength: 200, oninput: () => { title.textContent = name.value || "No name"; changed(); } });
  const action = h("select", { onchange: changed }, actions.map((each) => h("option", { value: each.key, selected: each.key === given.action }, each.name)));
  const trigger = h("textarea", { rows: 1, class: "fits", spellcheck: "false", value: given.trigger, oninput: changed });
  const fields = h("textarea", { rows: 6, class: "fits", spellcheck: "false", value: given.fieldsText ?? JSON.stringify(given.fields, null, 2), oninput: changed });
  const enabled = h("input", { type: "checkbox", class: "switch", role: "switch", checked: given.enabled, "aria-label": `${given.name} is enabled`, onchange: changed });
  const title = h("span", { class: "title" }, given.name);
  const triggerSays = h("div", { class: "stack small" });
  const fieldsSays = h("div", { class: "stack small" });
  const facts = h("div", { class: "stack" });
  const card = h("article", { class: "card" },
    h("div", { class: "card-head" }, enabled,
      h("details", {},
        h("summary", {}, h("h3", {}, title), verdict, reason),
        h("div", { class: "stack card-body" },
          h("label", { class: "field" }, h("span", {}, "Trigger"), trigger), triggerSays,
          facts, says,
          h("details", { class: "edit" }, h("summary", {}, "Name, action, fields"),
            h("div", { class: "stack" },
              h("div", { class: "pair" },
                h("label", { class: "field" }, h("span", {}, "Name"), name),
                h("label", { class: "field" }, h("span", {}, "Action"), action)),
              h("label", { class: "field" }, h("span", {}, "Fields, as JSON"), fields), fieldsSays,
              h("button", { type: "button", class: "button danger", onclick: () => remove(self) }, "Remove this mapping")))))));
  const details = card.querySelector("details");
  let opened = false; // by a person, who is not contradicted
  details.querySelector("summary").addEventListener("click", () => (opened = true));

  const self = {
    card,
    /** Return the mapping as it is written. */
    value: () => ({ name: name.value, action: action.value, trigger: trigger.value, fieldsText: fields.value, enabled: enabled.checked }),
    /** Show what it makes of the event. */
    show(told) {
      const explained = told.explanation;
      const broken = told.problems.length || told.unread;
      const word = broken ? "not right" : explained?.outcome ?? "";
      fill(verdict, word && badge(word, broken ? "bad" : TONES[word]));
      fill(reason, ticked(explained?.reason ?? ""));
      trigger.setAttribute("aria-invalid", String(told.problems.some((p) => p.path === "$.trigger")));
      fields.setAttribute("aria-invalid", String(Boolean(told.unread) || told.problems.some((p) => p.path !== "$.trigger")));
      fill(triggerSays, ...problemsOf(told, (p) => p.path === "$.trigger", told.position), ...findingsOf(told, (f) => f.path === "$.trigger", trigger, changed));
      fill(fieldsSays, told.unread && h("p", { class: "problem" }, told.unread.message),
        ...problemsOf(told, (p) => p.path !== "$.trigger"), ...findingsOf(told, (f) => f.path !== "$.trigger"),
        ...told.warnings.map((w) => note("warn", h("code", {}, w.path), ` ${w.message}`)));
      fill(facts, explained && clauseTree(explained.trigger), explained && fieldTable(explained));
      fill(says, explained && changesOf(explained, trigger, changed, take),
        explained?.suspicions.map((s) => note("warn", h("code", {}, s.path), ` ${s.message}`)));
      if (!opened) details.open = Boolean(broken) || ["mapped", "rejected"].includes(word);
    },
  };
  return self;
}

function problemsOf(told, matches, position = null) {
  return told.problems.filter(matches).map((problem) =>
    h("p", { class: "problem" }, problem.path === "$.trigger" ? "" : `${problem.path} `, problem.message,
      position === null ? "" : ` (character ${position + 1})`));
}

function findingsOf(told, matches, target, changed) {
  return told.findings.filter(matches).map((found) =>
    h("div", { class: "note", "data-tone": "warn" }, h("p", {}, found.message),
      found.rewrite && target && h("button", { type: "button", class: "button long", onclick: () => { target.value = found.rewrite.text; changed(); } }, "Write ", h("code", {}, found.rewrite.text))));
}

function clauseTree(trigger) {
  return h("div", { class: "clauses" },
    !trigger.asWritten && h("p", { class: "small" }, "Segment takes it for ", h("code", {}, trigger.taken)),
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
      h("span", { class: "hidden" }, ` ${each.verdict}`),
      h("span", { class: "muted small" }, each.reached ? (inner.length ? "" : ` ${each.sentence ?? ""}`) : " Segment does not come to this"),
      inner.length > 0 && h("ul", {}, inner.map(clause))));
}

function fieldTable(explained) {
  const skipped = explained.outcome === "skipped";
  return h("table", { class: "fates" },
    h("caption", { class: "hidden" }, "Fields: what the event gives, and what is sent"),
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

function changesOf(explained, trigger, changed, take) {
  const change = explained.change;
  if (!change) return null;
  const edits = change.edits.map((edit) => [h("code", {}, edit.path), " = ", "after" in edit ? jsonInline(edit.after) : "nothing", " "]);
  return h("div", { class: "note" },
    h("p", {}, change.noEvent || ["It would be taken with ", ...edits]),
    h("div", { class: "row" },
      change.event && h("button", { type: "button", class: "button long", onclick: () => take(change.event) }, "Change the event so"),
      change.trigger && change.trigger !== trigger.value && h("button", { type: "button", class: "button long", onclick: () => { trigger.value = change.trigger; changed(); } }, "Or write the trigger ", h("code", {}, change.trigger))));
}
