// The editor of a mapping: its trigger as rows and as text, its fields, and the result for an event.
import { $, badge, h, note, ticked } from "./dom.js";
import { clauseTree, fieldItem, fieldList, problem, problems, smallestChange } from "./explained.js";
import { button, field as labelled, options, quiet, text } from "./ui.js";

const TONES = { mapped: "good", rejected: "bad", invalid: "bad" };
const WORDS = { "@path": "Event variable", "@template": "Text with variables" };
const bare = (given) => Object.assign(Object.create(null), given); // a field may be called constructor
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const long = (onclick, ...children) => button({ class: "button long", onclick }, children);

/** Return the default fields of an action. */
export const defaultsOf = (facts, key) => structuredClone(facts.actions[key]?.defaults ?? {});

/**
 * Return the editor of a mapping, with functions that draw its views from the draft and from the
 * server's answer. `changed` is called after every edit, `replacing` before an edit that overwrites
 * others, and `take` with an event to use. Every id starts with `prefix`.
 */
export function mappingEditor(facts, given, { prefix = "", changed, replacing = () => {}, take }) {
  const draft = structuredClone({ typed: {}, enabled: false, ...given }); // `typed` holds text that is not JSON yet, by field
  draft.typed = bare(draft.typed);
  const texts = bare(); // the last typed JSON of a field, and its value
  const forms = bare(); // the kind of a field, and whether it is edited as text
  const memory = {}; // the value of a field as another kind, in case the user returns to that kind
  const find = (part) => $(prefix + part);
  let listed = fieldsOf(); // fixed while typing, so that no row moves
  let conditions = draft.rows ?? null;
  let drawn = null; // the trigger of the conditions
  let told = null;
  let version = 0;
  let asked = 0;

  function edit(part) {
    Object.assign(draft, part);
    version += 1;
    changed();
  }

  // --- the trigger ---

  function write(trigger) {
    delete draft.rows;
    edit({ trigger });
  }

  /** Write a trigger as if typed, so that Ctrl+Z undoes it. */
  function put(trigger) {
    find("trigger").focus();
    find("trigger").select();
    if (!document.execCommand("insertText", false, trigger)) write(trigger);
  }

  function trigger() {
    const wrong = told?.problems.filter(({ path }) => path === "$.trigger" || path === "$.rows") ?? [];
    const findings = told?.findings.filter(({ path, message }) => path === "$.trigger" && !wrong.some((one) => message.includes(one.message)));
    const id = `${prefix}trigger`;
    return h("div.stack", labelled("Trigger", h("textarea.fits", { id, rows: 1, spellcheck: "false", value: draft.trigger, "aria-describedby": `${id}-said`,
      "aria-invalid": `${wrong.some(({ path }) => path === "$.trigger")}`, oninput: ({ target }) => write(target.value) })),
    h("div.stack.small", { id: `${id}-said`, "aria-live": "polite" },
      wrong.map(({ caret, message, path }) => [problem(path === "$.rows" ? `In the rows, ${message}` : message), caret && h("pre.caret", { "aria-hidden": "true" }, caret)]),
      findings?.map(({ code, message, rewrite }) => h("div.note", { "data-tone": "warn" }, h("p", badge(code, "warn"), " ", ticked(message)),
        rewrite && long(() => put(rewrite.text), rewrite.same ? "Write " : "Use ", h("code", rewrite.text))))));
  }

  const build = () => edit({ rows: conditions });

  function builder() {
    const { join, rows } = conditions ?? {};
    return h("div.stack", { role: "group", "aria-label": "Conditions" }, !rows ? told && note("", "This trigger has groups, which the rows cannot show. Edit it as text.") : [
      rows.length > 1 && h("div.row.join", h("select", { id: `${prefix}join`, "aria-label": "Join conditions", value: join, onchange: ({ target }) => {
        conditions.join = target.value;
        build();
      } }, options({ and: "All of the conditions", or: "Any of the conditions" }))),
      h("ol.conditions", rows.map(condition)),
      h("div.row", quiet(null, "+ Add condition", () => {
        rows.push({ subject: "properties", path: "", operator: "=", value: "" });
        changed();
        find(`path-${rows.length - 1}`).focus();
      }))]);
  }

  function condition(row, number) {
    const { operators, path } = facts.subjects[row.subject];
    const part = (key, name, props) => ({ id: `${prefix}${key}-${number}`, "aria-label": `${name} of condition ${number + 1}`, value: row[key] ?? "", ...props, oninput: ({ target }) => {
      row[key] = target.value;
      if (!(row.operator in facts.subjects[row.subject].operators)) row.operator = "=";
      build();
    } });
    return h("li.condition",
      h("select", part("subject", "Subject"), options(facts.subjects)),
      path && h("input.mono", part("path", "Name", { list: `in-${row.subject}`, autocomplete: "off", placeholder: "plan" })),
      h("select", part("operator", "Operator"), options(operators)),
      !facts.without.includes(row.operator) && h("input", part("value", "Value", { list: `in-${row.subject}-values`, autocomplete: "off", inputmode: facts.numbers.includes(row.operator) && "decimal" })),
      quiet(`Remove condition ${number + 1}`, "✕", () => {
        replacing("The condition was removed.");
        conditions.rows.splice(number, 1);
        build();
        find("subject-0").focus();
      }, { disabled: conditions.rows.length === 1 }));
  }

  function clauses() {
    if (!told?.explanation) return null;
    const { change, suspicions, trigger: read } = told.explanation;
    return [clauseTree(read),
      change && h("div.note", smallestChange(change), h("div.row",
        change.event && long(() => take(change.event), "Change the event"),
        change.trigger && change.trigger !== draft.trigger && long(() => put(change.trigger), "Write the trigger ", h("code", change.trigger)))),
      suspicions.map(({ message, path }) => note("warn", h("code", path), ` ${message}`))];
  }

  // --- the fields ---

  /** Return the fields as rows, or null if only JSON can show them. */
  function fieldsOf() {
    if (!isObject(draft.fields) || Object.keys(draft.fields).some((key) => key.startsWith("@"))) return null;
    const declared = facts.actions[draft.action]?.fields ?? [];
    const others = Object.keys(draft.fields).filter((key) => !declared.some((one) => one.key === key));
    return [...declared, ...others.map((key) => ({ key, label: key, type: "not a field of this action" }))];
  }

  const fields = () => (listed ? fieldList(listed.map(fieldRow)) : jsonInput("", "Fields", draft.fields, (value) => edit({ fields: value })));

  function fieldRow({ key, label, required, type }) {
    const value = draft.fields[key];
    const { isText, kind } = (forms[key] ??= formOf(value));
    const mine = ({ path }) => `${path}.`.startsWith(`$.fields.${key}.`);
    const fate = told?.explanation?.fields.find((one) => one.key === key);
    const wrong = told?.problems.filter(mine) ?? [];
    const all = [...wrong, ...(fate?.problems ?? [])];
    function set(now) {
      draft.fields[key] = now;
      if (now === undefined) delete draft.fields[key];
      edit();
    }
    function begin({ target: { value: chosen } }) {
      const standard = facts.actions[draft.action]?.defaults[key];
      const starts = { text: "", json: {}, ...facts.directives, ...(isObject(standard) && { "@path": standard }) };
      memory[`${kind} ${key}`] = [value, draft.typed[key]];
      const [now, typed] = memory[`${chosen} ${key}`] ?? [structuredClone(starts[chosen])];
      draft.typed[key] = typed;
      if (typed === undefined) delete draft.typed[key];
      forms[key] = formOf(now, chosen);
      set(now);
    }
    return fieldItem({ label, type: [type, required && " · required"] }, fate,
      h("div.how", h("select", { id: `${prefix}kind-${key}`, "aria-label": `Kind of ${label}`, value: kind, onchange: begin }, options(KINDS)),
        h("div.value", kind === "none" ? h("p.muted.small.pad", "Nothing is sent.") : !isText ? jsonInput(key, label, value, set, wrong.length > 0)
          : h("input.mono", { id: `${prefix}field-${key}`, autocomplete: "off", spellcheck: "false", list: kind === "@path" && "paths", "aria-label": label, "aria-invalid": `${wrong.length > 0}`,
            value: kind === "text" ? value : value[kind], oninput: ({ target }) => set(kind === "text" ? target.value : { [kind]: target.value }) }))),
      problems(all), told && [...told.warnings, ...told.findings].filter(mine).map(({ code = "", message }) => h("p.problem.soft", `${code} ${message}`)),
      fate?.why && !all.length && h("p.muted.small", fate.why));
  }

  const KINDS = { none: "Not mapped", text: "Fixed text", json: "JSON value",
    "From the event": Object.fromEntries(Object.keys(facts.directives).map((name) => [name, WORDS[name] ?? name])) };

  /** Return the kind of a value, and whether it is edited as text. */
  function formOf(value, chosen) {
    const [only, ...more] = isObject(value) ? Object.keys(value) : [];
    const kind = chosen ?? (value === undefined ? "none" : typeof value === "string" ? "text" : !more.length && Object.hasOwn(facts.directives, only ?? "") ? only : "json");
    return { kind, isText: kind === "text" || (Object.hasOwn(WORDS, kind) && typeof value?.[kind] === "string") };
  }

  function jsonInput(key, label, value, set, isWrong) {
    const id = `${prefix}field-${key}`;
    const text = draft.typed[key] ?? (texts[key]?.value === value ? texts[key].text : JSON.stringify(value, null, 1).replace(/\n\s*/g, " "));
    return h("div", h("textarea.fits", { id, rows: 2, spellcheck: "false", "aria-label": label, "aria-describedby": `${id}-json`, "aria-invalid": `${isWrong || key in draft.typed}`, value: text, oninput: ({ target }) => {
      draft.typed[key] = target.value;
      if (whyNoJson(target.value)) return set(value);
      delete draft.typed[key];
      texts[key] = { text: target.value, value: JSON.parse(target.value) };
      set(texts[key].value);
    } }), h("p.problem", { id: `${id}-json` }, key in draft.typed && `Not valid JSON: ${whyNoJson(draft.typed[key])}. The last valid value is used.`));
  }

  /** Return whether a field has text that is not JSON. */
  const isBroken = () => Object.keys(draft.typed).length > 0;

  return {
    draft, edit, isBroken, trigger, builder, clauses, fields,
    name: (props) => text(`${prefix}name`, { value: draft.name, maxlength: 200, "data-first": true, ...props, oninput: ({ target }) => edit({ name: target.value }) }),
    action: () => h("select", { id: `${prefix}action`, value: draft.action, onchange({ target }) {
      replacing(`The fields are now those of ${target.selectedOptions[0].text}.`);
      for (const each of [forms, draft.typed]) for (const key of Object.keys(each)) delete each[key];
      Object.assign(draft, { action: target.value, fields: defaultsOf(facts, target.value) });
      listed = fieldsOf();
      edit();
    } }, options({ ...(!(draft.action in facts.actions) && { [draft.action]: draft.action }), ...facts.actions })),
    value: () => structuredClone(draft),
    /** Return the mapping for a request to the server. */
    question() {
      asked = version;
      const { typed, ...rest } = draft;
      return rest;
    },
    /** Take the server's answer about the mapping, unless it was edited meanwhile. */
    hear(said) {
      if (asked !== version) return;
      told = said;
      if (draft.rows && !told.problems.some(({ path }) => path === "$.rows")) {
        draft.trigger = drawn = told.trigger;
        delete draft.rows;
      } else if (!draft.rows && told.trigger !== drawn && !told.problems.some(({ path }) => path === "$.trigger")) [conditions, drawn] = [told.rows, told.trigger];
    },
    /** Return the verdict as a word and a badge, and the reason; empty before the first answer. */
    verdict() {
      if (!told) return {};
      const { explanation, problems: wrong, tooLarge } = told;
      const word = wrong.length || isBroken() ? "invalid" : explanation?.outcome ?? "";
      return { word, badge: word && badge(word, TONES[word]), reason: ticked(explanation?.reason ?? tooLarge ?? "") };
    },
    /** Focus the input of a problem, first of all one whose text is not JSON. */
    focus(path) {
      const [broken] = Object.keys(draft.typed);
      const key = broken ?? (listed?.find((each) => path.startsWith(`$.fields.${each.key}`)) ?? listed?.[0])?.key ?? "";
      if (broken !== undefined || path.startsWith("$.fields")) (find(`field-${key}`) ?? find(`kind-${key}`)).focus();
      else find(path.startsWith("$.trigger") || path === "$.rows" ? "trigger" : "name").focus();
    },
  };
}

/** Return why a string is not JSON, or "". */
function whyNoJson(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return error.message;
  }
}

// --- suggestions from the event ---

const MOST_PATHS = 200;

/** Return data lists of the paths and values of an event, for the inputs above. */
export function suggestions(facts, event) {
  const found = pathsIn(event, "$", []);
  const choices = (pairs, cut = 0) => pairs.map(([path, value]) => h("option", { value: path.slice(cut), label: (JSON.stringify(value) ?? "").slice(0, 40) }));
  return [h("datalist", { id: "paths" }, choices(found)),
    Object.entries(facts.subjects).map(([key, { path }]) => (path
      ? h("datalist", { id: `in-${key}` }, choices(found.filter(([one]) => one.startsWith(`$.${key}.`)), key.length + 3))
      : h("datalist", { id: `in-${key}-values` }, [...new Set([event?.[key], ...(key === "type" ? facts.samples.map((one) => one.event.type) : [])])].filter(Boolean).map((value) => h("option", { value })))))];
}

function pathsIn(value, path, found) {
  for (const [key, inner] of Object.entries(isObject(value) ? value : {})) {
    if (found.length >= MOST_PATHS) break;
    const at = `${path}.${/^[\w-]+$/.test(key) ? key : `['${key}']`}`;
    found.push([at, inner]);
    pathsIn(inner, at, found);
  }
  return found;
}
