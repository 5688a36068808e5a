// The one editor of a mapping: its trigger as rows and as text, its fields, and what both make of an event.
import { badge, fill, h, note, ticked } from "./dom.js";
import { clauseTree, FATES, smallestChange } from "./explained.js";
import { keepFocus } from "./hands.js";
import { jsonInline } from "./json_view.js";
import { field as labelled, quiet, text } from "./ui.js";

const TONES = { mapped: "good", skipped: "", rejected: "bad", "not right": "bad" };
const WORDS = { "@path": "Event variable", "@template": "Text with variables" };
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const option = (value, label, selected) => h("option", { value, selected: selected || null }, label);
const long = (onclick, ...children) => h("button", { type: "button", class: "button long", onclick }, children);

/** Return the verdict over a mapping as a badge, and the reason. */
export function verdictOf(told) {
  const word = told.problems.length || told.unread ? "not right" : told.explanation?.outcome ?? "";
  return { word, badge: word && badge(word, TONES[word]), reason: ticked(told.explanation?.reason ?? told.tooLarge ?? "") };
}

/**
 * Return the editor of a mapping. `changed` is told of every edit, `replacing` before one that
 * overwrites others, `take` puts an event in place; `prefix` begins every id.
 */
export function mappingEditor(facts, given, { prefix = "", changed, replacing = () => {}, take }) {
  const draft = { ...given, typed: { ...given.typed } };
  let version = 0;
  let asked = 0;
  const edited = () => {
    version += 1;
    changed();
  };
  const name = text(`${prefix}name`, { value: draft.name, maxlength: 200, "data-first": true, oninput: () => ((draft.name = name.value), edited()) });
  const action = h("select", { id: `${prefix}action`, onchange: () => {
    replacing(`The fields are those of ${action.selectedOptions[0].text} now.`);
    draft.action = action.value;
    draft.fields = defaultsOf(facts, draft.action);
    drawFields();
    edited();
  } }, facts.actions.some(({ key }) => key === draft.action) ? null : option(draft.action, draft.action, true),
  facts.actions.map((each) => option(each.key, each.name, each.key === draft.action)));
  const trigger = triggerEditor(facts, draft, edited, replacing, prefix);
  const clauses = h("div", { class: "stack" });
  const list = h("div", {});
  let fields;
  const drawFields = () => fill(list, (fields = fieldsEditor(facts, draft, edited, prefix)).element);
  drawFields();

  return {
    name, action: action, builder: trigger.builder, trigger: trigger.element, clauses, fields: list,
    value: () => structuredClone(draft),
    /** Return the mapping as the server is asked about it. */
    question() {
      asked = version;
      const { typed, ...rest } = draft;
      return rest;
    },
    /** Return the first input whose text is not JSON, if there is one. */
    broken: () => fields.broken(),
    /** Put the focus where a problem is. */
    focus: (path) => (path.startsWith("$.fields") ? fields.focus(path) : path.startsWith("$.trigger") || path === "$.rows" ? trigger.text.focus() : name.focus()),
    /** Show what is said; of what was edited meanwhile more will be said. */
    show(told) {
      if (asked !== version) return;
      const explained = told.explanation;
      trigger.show(told);
      fill(clauses, explained && clauseTree(explained.trigger), explained && change(explained, { take, trigger: draft.trigger, write: trigger.write }),
        explained?.suspicions.map((each) => note("warn", h("code", {}, each.path), ` ${each.message}`)));
      fields.show(told);
    },
  };
}

/** Return the default fields of an action. */
export const defaultsOf = (facts, key) =>
  Object.fromEntries((facts.actions.find((each) => each.key === key)?.fields ?? []).filter((each) => each.default !== null).map((each) => [each.key, structuredClone(each.default)]));

// --- the trigger ---

function triggerEditor(facts, draft, edited, replacing, prefix) {
  const area = h("textarea", { id: `${prefix}trigger`, class: "fits", rows: 1, spellcheck: "false", value: draft.trigger, "aria-describedby": `${prefix}trigger-said`,
    oninput: () => write(area.value) });
  const said = h("div", { id: `${prefix}trigger-said`, class: "stack small", "aria-live": "polite" });
  const builder = h("div", { class: "stack", role: "group", "aria-label": "Conditions" });
  let shown = null; // the rows that stand there
  let drawn = null; // the text they stand for

  function write(text) {
    draft.trigger = text;
    delete draft.rows;
    edited();
  }
  function build() {
    draft.rows = shown;
    edited();
  }
  function draw() {
    if (!shown) return fill(builder, note("", "This trigger has groups, which rows cannot show. Edit it as text."));
    const join = h("select", { id: `${prefix}join`, "aria-label": "Join conditions", onchange: () => ((shown.join = join.value), build()) },
      option("and", "All of the conditions", shown.join === "and"), option("or", "Any of the conditions", shown.join === "or"));
    fill(builder, shown.rows.length > 1 && h("div", { class: "row" }, join), h("ol", { class: "conditions" }, shown.rows.map(condition)),
      h("div", { class: "row" }, quiet(null, "+ Add condition", () => {
        shown.rows.push({ subject: "properties", path: "", operator: "=", value: "" });
        draw();
        builder.querySelector(`[id="${prefix}path-${shown.rows.length - 1}"]`).focus();
      })));
  }
  function condition(row, number) {
    const subject = facts.subjects.find((one) => one.key === row.subject);
    const of = `condition ${number + 1}`;
    const set = (key, redraw) => ({ target }) => {
      const now = shown.rows[number]; // not `row`: the input may have been taken over
      now[key] = target.value;
      if (!facts.subjects.find((one) => one.key === now.subject).operators.includes(now.operator)) now.operator = "=";
      if (redraw) keepFocus(draw, true);
      build();
    };
    return h("li", { class: "condition" },
      h("select", { id: `${prefix}subject-${number}`, "aria-label": `Subject of ${of}`, onchange: set("subject", true) }, facts.subjects.map((one) => option(one.key, one.label, one === subject))),
      subject.path && h("input", { id: `${prefix}path-${number}`, class: "mono", "aria-label": `Name of ${of}`, list: `in-${subject.key}`, autocomplete: "off", placeholder: "plan", value: row.path ?? "", oninput: set("path") }),
      h("select", { id: `${prefix}operator-${number}`, "aria-label": `Operator of ${of}`, onchange: set("operator", true) }, subject.operators.map((one) => option(one, facts.words[one], one === row.operator))),
      facts.without.includes(row.operator) ? null
        : h("input", { id: `${prefix}value-${number}`, "aria-label": `Value of ${of}`, list: `in-${subject.key}-values`, autocomplete: "off", inputmode: facts.numbers.includes(row.operator) ? "decimal" : null, value: row.value ?? "", oninput: set("value") }),
      quiet(`Remove ${of}`, "✕", () => {
        replacing("The condition was removed.");
        shown.rows.splice(number, 1);
        draw();
        builder.querySelector("select").focus();
        build();
      }, { disabled: shown.rows.length === 1 }));
  }
  function show(told) {
    const wrong = told.problems.filter(({ path }) => path === "$.trigger" || path === "$.rows");
    if (draft.rows) {
      if (!wrong.some(({ path }) => path === "$.rows")) {
        area.value = draft.trigger = drawn = told.trigger;
        delete draft.rows;
      }
    } else if (told.trigger !== drawn && !wrong.length) {
      [shown, drawn] = [told.rows, told.trigger];
      keepFocus(draw, true);
    }
    area.setAttribute("aria-invalid", wrong.some(({ path }) => path === "$.trigger"));
    fill(said, wrong.map((each) => [h("p", { class: "problem" }, each.path === "$.rows" ? `In the rows, ${each.message}` : each.message),
      each.caret && h("pre", { class: "caret", "aria-hidden": "true" }, each.caret)]),
    told.findings.filter(({ path, message }) => path === "$.trigger" && !wrong.some((one) => message.includes(one.message))).map(finding));
  }
  /** Write a text as a person would, so that Ctrl+Z takes it back. */
  const put = (text) => {
    area.focus();
    area.select();
    if (document.execCommand("insertText", false, text)) return;
    area.value = text;
    write(text);
  };
  const finding = (found) => h("div", { class: "note", "data-tone": "warn" }, h("p", {}, badge(found.code, "warn"), " ", ticked(found.message)),
    found.rewrite && long(() => put(found.rewrite.text), found.rewrite.same ? "Write " : "Use ", h("code", {}, found.rewrite.text)));

  return { text: area, builder, show, write: put, element: h("div", { class: "stack" }, labelled("Trigger", area), said) };
}

/** Return the smallest change after which the trigger takes the event, with buttons that make it. */
function change({ change: least }, { take, trigger, write }) {
  return least && h("div", { class: "note" }, smallestChange(least), h("div", { class: "row" },
    least.event && long(() => take(least.event), "Change the event so"),
    least.trigger && least.trigger !== trigger && long(() => write(least.trigger), "Write the trigger ", h("code", {}, least.trigger))));
}

// --- the fields ---

function fieldsEditor(facts, draft, edited, prefix) {
  const action = facts.actions.find((one) => one.key === draft.action) ?? { fields: [] };
  const isWhole = !isObject(draft.fields) || Object.keys(draft.fields).some((key) => key.startsWith("@"));
  const others = isWhole ? [] : Object.keys(draft.fields).filter((key) => !action.fields.some((one) => one.key === key));
  const known = [...action.fields, ...others.map((key) => ({ key, label: key, type: "not a field of this action" }))];
  const whole = isWhole ? jsonInput(`${prefix}fields`, "Fields", draft, "", (value) => ((draft.fields = value), edited()), draft.fields) : null;
  const rows = isWhole ? [] : known.map((field) => fieldRow(facts, field, draft, edited, prefix));
  return {
    broken: () => [...rows.map((row) => row.broken()), whole?.broken()].find(Boolean) ?? null,
    focus: (path) => (rows.find((row) => path.startsWith(`$.fields.${row.key}`)) ?? rows[0] ?? whole)?.focus(),
    show({ explanation, problems, warnings, findings }) {
      for (const row of rows) {
        const mine = ({ path }) => path === `$.fields.${row.key}` || path.startsWith(`$.fields.${row.key}.`);
        row.show(explanation, problems.filter(mine), [...warnings, ...findings].filter(mine));
      }
    },
    element: whole?.element ?? h("div", {},
      h("p", { class: "mapped heads small muted", "aria-hidden": "true" }, ["Field", "From the event", "Sent"].map((each) => h("span", {}, each))),
      h("ul", {}, rows.map((row) => row.element))),
  };
}

function fieldRow(facts, field, draft, edited, prefix) {
  const id = `${prefix}field-${field.key}`;
  const holder = h("div", { class: "value" });
  const raw = h("div", { class: "raw" });
  const sent = h("div", { class: "sent" });
  const said = h("div", { class: "said" });
  const memory = {}; // what each kind held, for who comes back to it
  const kind = h("select", { id: `${prefix}kind-${field.key}`, "aria-label": `Kind of ${field.label}`, onchange: () => begin(kind.value) },
    option("none", "Not mapped"), option("text", "Fixed text"), option("json", "JSON value"),
    h("optgroup", { label: "Out of the event" }, facts.directives.map((one) => option(one.name, WORDS[one.name] ?? one.name))));
  let input = null;
  let now = kindOf(draft.fields[field.key], facts);

  function set(value) {
    if (value === undefined) delete draft.fields[field.key];
    else draft.fields[field.key] = value;
    edited();
  }
  function begin(chosen) {
    memory[now] = draft.fields[field.key];
    const start = { none: undefined, text: "", json: {} };
    const first = chosen === "@path" && isObject(field.default) ? field.default : facts.directives.find((one) => one.name === chosen)?.start;
    set(chosen in memory ? memory[chosen] : chosen in start ? start[chosen] : structuredClone(first));
    draw(chosen);
  }
  function draw(chosen) {
    const value = draft.fields[field.key];
    kind.value = now = chosen;
    const isText = chosen === "text" || ((chosen === "@path" || chosen === "@template") && typeof value?.[chosen] === "string");
    if (chosen === "none") input = null;
    else if (isText) {
      input = h("input", { id, class: "mono", autocomplete: "off", spellcheck: "false", list: chosen === "@path" ? "paths" : null, "aria-label": field.label, value: chosen === "text" ? value : value[chosen],
        oninput: () => set(chosen === "text" ? input.value : { [chosen]: input.value }) });
    } else input = jsonInput(id, field.label, draft, field.key, set, value);
    fill(holder, input?.element ?? input ?? h("p", { class: "muted small pad" }, "Nothing is sent."));
  }
  draw(now);
  return {
    key: field.key,
    broken: () => input?.broken?.() ?? null,
    focus: () => (input?.area ?? input ?? kind).focus(),
    show(explanation, wrong, odd) {
      const fate = explanation?.fields.find((one) => one.key === field.key);
      const problems = [...wrong, ...(fate?.problems ?? [])];
      (input?.area ?? input)?.setAttribute("aria-invalid", wrong.length > 0);
      fill(raw, fate && ("raw" in fate ? jsonInline(fate.raw) : h("span", { class: "muted" }, "nothing")),
        fate && "source" in fate && h("code", { class: "source" }, fate.source?.["@path"] ?? JSON.stringify(fate.source)));
      fill(sent, fate && ("value" in fate && fate.fate === "sent" ? jsonInline(fate.value) : badge(fate.fate, FATES[fate.fate])));
      fill(said, problems.map((one) => h("p", { class: "problem" }, one.message)), odd.map((one) => h("p", { class: "problem soft" }, `${one.code ?? ""} ${one.message}`)),
        fate?.why && !problems.length && h("p", { class: "muted small" }, fate.why));
    },
    element: h("li", { class: "mapped" },
      h("div", { class: "what" }, h("b", {}, field.label), h("span", { class: "small muted" }, field.type, field.required ? " · required" : "")),
      h("div", { class: "how" }, kind, holder), raw, sent, said),
  };
}

function kindOf(value, facts) {
  if (value === undefined) return "none";
  if (typeof value === "string") return "text";
  const keys = isObject(value) ? Object.keys(value) : [];
  return keys.length === 1 && facts.directives.some((one) => one.name === keys[0]) ? keys[0] : "json";
}

/** Return a text area for a JSON value; text that is not JSON yet is kept in `draft.typed`. */
function jsonInput(id, label, draft, key, set, value) {
  const wrong = h("p", { class: "problem", id: `${id}-json` });
  const area = h("textarea", { id, class: "fits", rows: 2, spellcheck: "false", "aria-label": label, "aria-describedby": wrong.id,
    value: draft.typed[key] ?? JSON.stringify(value, null, 1).replace(/\n\s*/g, " "), oninput: () => read(true) });
  function read(isEdit) {
    let found;
    try {
      found = JSON.parse(area.value);
      wrong.textContent = "";
      delete draft.typed[key];
    } catch (error) {
      wrong.textContent = `Not valid JSON: ${error.message}. The last valid value counts.`;
      draft.typed[key] = area.value;
    }
    area.setAttribute("aria-invalid", key in draft.typed);
    if (isEdit) set(key in draft.typed ? value : (value = found));
  }
  read(false);
  return { area, element: h("div", {}, area, wrong), broken: () => (key in draft.typed ? area : null), focus: () => area.focus() };
}

// --- what an event offers ---

/** Return data lists of the paths and values of an event, which the inputs above suggest. */
export function suggestions(facts, event) {
  const found = [];
  walk(event, "$", found);
  const choice = ([path, value], cut = 0) => h("option", { value: path.slice(cut), label: short(value) });
  return [h("datalist", { id: "paths" }, found.map((each) => choice(each))),
    facts.subjects.map(({ key, path }) => (path
      ? h("datalist", { id: `in-${key}` }, found.filter(([one]) => one.startsWith(`$.${key}.`)).map((each) => choice(each, key.length + 3)))
      : h("datalist", { id: `in-${key}-values` }, [...new Set([event?.[key], ...(key === "type" ? facts.samples.map((one) => one.event.type) : [])])].filter(Boolean).map((value) => h("option", { value })))))];
}

const MOST_PATHS = 200;
const short = (value) => (JSON.stringify(value) ?? "").slice(0, 40);

function walk(value, path, found) {
  for (const [key, inner] of Object.entries(isObject(value) ? value : {})) {
    if (found.length >= MOST_PATHS) return;
    const at = `${path}.${/^[\w-]+$/.test(key) ? key : `['${key}']`}`;
    found.push([at, inner]);
    walk(inner, at, found);
  }
}
