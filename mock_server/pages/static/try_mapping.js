// One mapping on the page: what is written, and beside it what it makes of the event.
import { badge, fill, h, note, ticked } from "./dom.js";
import { clauseTree, fieldTable, smallestChange } from "./explained.js";

const TONES = { mapped: "good", skipped: "", rejected: "bad" };
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

function changesOf(explained, trigger, changed, take) {
  const change = explained.change;
  if (!change) return null;
  return h("div", { class: "note" }, smallestChange(change),
    h("div", { class: "row" },
      change.event && h("button", { type: "button", class: "button long", onclick: () => take(change.event) }, "Change the event so"),
      change.trigger && change.trigger !== trigger.value && h("button", { type: "button", class: "button long", onclick: () => { trigger.value = change.trigger; changed(); } }, "Or write the trigger ", h("code", {}, change.trigger))));
}
