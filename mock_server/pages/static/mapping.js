// The mapping editor: trigger as rows and as text, fields, and what both make of an event.
import { ask } from "./api.js";
import { badge, debounced, empty, fill, h, note, ticked } from "./dom.js";
import { jsonInline, jsonView } from "./json_view.js";
import { body, field as labelled, panel, quiet, text as textInput } from "./ui.js";
import { change } from "./workspace.js";

const option = (value, text, selected) => h("option", { value, selected: selected || null }, text);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Return the editor of a mapping once it shows all of it; `before` is its name, null for a new one. */
export async function editor(facts, destination, mapping, before, onSaved) {
  const action = facts.actions.find((one) => one.key === mapping.action);
  const draft = { ...mapping };
  const spots = {};
  let asking = null;
  let from = "text"; // whether the trigger was last changed as text or in the builder
  const examineSoon = debounced(() => examine(), 120);
  let version = 0;
  const changed = (source = from) => ((from = source), (version += 1), examineSoon());

  const name = textInput("mapping-name", { value: draft.name, "data-first": true, oninput: () => ((draft.name = name.value), changed()) });
  const trigger = triggerEditor(facts, draft, changed);
  const fields = fieldsEditor(facts, action, draft, changed);
  const test = testPanel(facts, mapping, changed);

  /** Ask what is to be said of the draft, and show it everywhere. */
  async function look(signal) {
    const [source, seen] = [from, version];
    const { rows, name: called, action: key, trigger: text, fields: made } = draft;
    const event = test.event();
    const told = await ask("POST", "draft", {
      mapping: { name: called || "New Mapping", action: key, fields: made, trigger: text, ...(source === "rows" ? { rows } : {}) },
      ...(event === undefined ? {} : { event }),
    }, { signal });
    if (seen !== version) return told; // it was changed meanwhile, and is looked at again
    trigger.show(told, source);
    from = "text";
    fields.show(told);
    test.show(told);
    return told;
  }

  async function examine() {
    asking?.abort();
    asking = new AbortController();
    await look(asking.signal).catch((error) => error.name === "AbortError" || test.fail(error.message));
  }

  async function save(enabled) {
    for (const spot of Object.values(spots)) fill(spot);
    name.removeAttribute("aria-invalid");
    if (fields.broken()) return fields.broken().focus();
    try {
      const told = await look();
      if (told.problems.some(({ path }) => path === "$.rows")) return trigger.text.focus();
      const { rows, ...given } = { ...draft, name: draft.name.trim(), enabled };
      if (before === null) await change("POST", "mappings", { destination: destination.name }, given);
      else await change("PATCH", "mappings", { destination: destination.name, name: before }, given);
      onSaved(given);
    } catch (error) {
      refuse(error.problems?.length ? error.problems : [{ path: "$", message: error.message }]);
    }
  }

  function refuse(problems) {
    const others = problems.filter(({ path }) => !path.startsWith("$.trigger") && !path.startsWith("$.fields"));
    fill(spots.form, others.map(({ path, message }) => h("p", { class: "problem" }, path.endsWith("name") ? `The name ${message}` : path.endsWith("mappings") ? `The mappings ${message}` : message)));
    if (others.some(({ path, message }) => path.endsWith("name") || message.includes("of the name"))) name.setAttribute("aria-invalid", "true");
    if (others.length) name.focus();
    else if (problems.some(({ path }) => path.startsWith("$.trigger"))) trigger.text.focus();
    else fields.focus(problems[0].path);
  }

  spots.form = h("div", { role: "alert", class: "push" });
  const element = h("form", { class: "editor", novalidate: true, onsubmit: (event) => (event.preventDefault(), save(mapping.enabled)) },
    h("div", { class: "stack" },
      h("section", { class: "panel" }, body(labelled("Mapping name", name))),
      trigger.element, fields.element),
    h("div", { class: "stack beside" }, test.element),
    h("div", { class: "row actions" },
      h("button", { class: "button primary", id: "save" }, "Save"),
      mapping.enabled ? null : h("button", { type: "button", class: "button", id: "save-enable", onclick: () => save(true) }, "Save and enable"),
      h("a", { class: "button quiet", href: `#destination/${encodeURIComponent(destination.name)}` }, "Cancel"), spots.form));
  await examine();
  return element;
}

// --- the trigger ---

function triggerEditor(facts, draft, changed) {
  const list = h("ol", { class: "conditions" });
  const join = h("select", { id: "join", "aria-label": "Join conditions", onchange: () => ((draft.rows.join = join.value), changed("rows")) },
    option("and", "All of the conditions"), option("or", "Any of the conditions"));
  const add = quiet(null, "+ Add condition", () => {
    draft.rows.rows.push({ subject: "properties", path: "", operator: "=", value: "" });
    draw();
    list.lastChild.querySelector("select").focus();
  });
  const builder = h("div", { class: "stack", role: "group", "aria-label": "Trigger builder" });
  const text = h("textarea", { id: "trigger", class: "fits", rows: 2, spellcheck: "false", value: draft.trigger, "aria-describedby": "trigger-said",
    oninput: () => ((draft.trigger = text.value), changed("text")) });
  const said = h("div", { id: "trigger-said", class: "stack", "aria-live": "polite" });

  function draw() {
    const { rows } = draft;
    if (!rows) return fill(builder, note("", "The builder cannot show this trigger as rows; write it as text below."));
    join.value = rows.join;
    fill(list, rows.rows.map(condition));
    fill(builder, h("div", { class: "row" }, rows.rows.length > 1 ? join : null, add), list);
  }

  function condition(row, number) {
    const subject = facts.subjects.find((one) => one.key === row.subject);
    const of = `condition ${number + 1}`;
    const set = (key, redraw) => ({ target }) => {
      row[key] = target.value;
      const now = facts.subjects.find((one) => one.key === row.subject);
      if (!now.operators.includes(row.operator)) row.operator = "=";
      if (redraw) {
        const { id } = target;
        draw();
        document.getElementById(id)?.focus();
      }
      changed("rows");
    };
    return h("li", { class: "condition" },
      h("select", { id: `subject-${number}`, "aria-label": `Subject of ${of}`, onchange: set("subject", true) }, facts.subjects.map((one) => option(one.key, one.label, one === subject))),
      subject.path && h("input", { class: "mono", "aria-label": `Name of ${of}`, list: `in-${subject.key}`, autocomplete: "off", placeholder: "plan", value: row.path ?? "", oninput: set("path") }),
      h("select", { id: `operator-${number}`, "aria-label": `Operator of ${of}`, onchange: set("operator", true) }, subject.operators.map((one) => option(one, facts.words[one], one === row.operator))),
      facts.without.includes(row.operator) ? null
        : h("input", { "aria-label": `Value of ${of}`, list: `in-${subject.key}-values`, autocomplete: "off", inputmode: facts.numbers.includes(row.operator) ? "decimal" : null, value: row.value ?? "", oninput: set("value") }),
      quiet(`Remove ${of}`, "✕", () => {
        draft.rows.rows.splice(number, 1);
        draw();
        add.focus();
        changed("rows");
      }, { disabled: draft.rows.rows.length === 1 }));
  }

  let drawn = null; // the text the rows stand for
  function show(told, source) {
    if (source === "rows") {
      if (!told.problems.some(({ path }) => path === "$.rows")) text.value = draft.trigger = drawn = told.trigger;
    } else if (told.trigger !== drawn) {
      draft.rows = told.rows;
      drawn = told.trigger;
      draw();
    }
    const wrong = told.problems.filter(({ path }) => path === "$.trigger" || path === "$.rows");
    text.setAttribute("aria-invalid", wrong.some(({ path }) => path === "$.trigger"));
    fill(said, wrong.map((problem) => h("div", {}, h("p", { class: "problem" }, problem.path === "$.rows" ? `In the builder, ${problem.message}` : `Segment cannot read this: ${problem.message}`),
      problem.caret && h("pre", { class: "caret", "aria-hidden": "true" }, problem.caret))),
    told.findings.filter(({ path, message }) => path === "$.trigger" && !wrong.some((one) => message.includes(one.message))).map(finding));
  }

  const finding = (found) => h("div", { class: "note", "data-tone": "warn" }, h("p", {}, badge(found.code, "warn"), " ", ticked(found.message)),
    found.rewrite && h("p", { class: "row" }, h("code", {}, found.rewrite.text), quiet(null, found.rewrite.same ? "Write it so" : "Use this", () => {
      text.value = draft.trigger = found.rewrite.text;
      text.focus();
      changed("text");
    })));

  return { text, show, element: panel("Select events to map and send", null, body(builder, labelled("As text", text), said)) };
}

// --- the fields ---

function fieldsEditor(facts, action, draft, changed) {
  const isWhole = !isObject(draft.fields) || Object.keys(draft.fields).some((key) => key.startsWith("@"));
  const rows = isWhole ? [] : [...action.fields, ...Object.keys(draft.fields).filter((key) => !action.fields.some((one) => one.key === key)).map((key) => ({ key, label: key, type: "unknown", description: "No field of this action." }))].map(fieldRow);
  const whole = isWhole ? jsonInput("fields", "Fields", draft.fields, (value) => ((draft.fields = value), changed())) : null;

  function fieldRow(field) {
    const value = draft.fields[field.key];
    const holder = h("div", { class: "value" });
    const result = h("p", { class: "result small", "aria-live": "off" });
    const problems = h("div", {});
    const id = `field-${field.key}`;
    const kind = h("select", { id: `kind-${field.key}`, "aria-label": `Kind of ${field.label}`, onchange: () => begin(kind.value) },
      option("none", "Not mapped"), option("text", "Fixed text"), option("json", "JSON value"),
      h("optgroup", { label: "Out of the event" }, facts.directives.map((one) => option(one.name, WORDS[one.name] ?? one.name))));
    let input = null;

    function set(now) {
      if (now === undefined) delete draft.fields[field.key];
      else draft.fields[field.key] = now;
      changed();
    }
    function begin(chosen) {
      const start = { none: undefined, text: "", json: {} };
      const fallback = chosen === "@path" && isObject(field.default) ? field.default : facts.directives.find((one) => one.name === chosen)?.start;
      const now = chosen in start ? start[chosen] : structuredClone(fallback);
      set(now);
      draw(now, chosen);
    }
    function draw(now, chosen) {
      kind.value = chosen;
      const simple = chosen === "text" || ((chosen === "@path" || chosen === "@template") && typeof now?.[chosen] === "string");
      if (chosen === "none") input = null;
      else if (simple) {
        input = h("input", { id, class: "mono", autocomplete: "off", spellcheck: "false", list: chosen === "@path" ? "paths" : null, "aria-label": field.label, value: chosen === "text" ? now : now[chosen],
          oninput: () => set(chosen === "text" ? input.value : { [chosen]: input.value }) });
      } else input = jsonInput(id, field.label, now, set);
      fill(holder, input?.element ?? input ?? h("p", { class: "muted small pad" }, "Nothing is sent."));
    }
    draw(value, kindOf(value, facts));
    return {
      key: field.key,
      broken: () => (input?.broken?.() ? input.area : null),
      focus: () => (input?.area ?? input ?? kind).focus(),
      show(fate, wrong, warnings, findings) {
        (input?.area ?? input)?.setAttribute("aria-invalid", wrong.length > 0);
        fill(problems, wrong.map((one) => h("p", { class: "problem" }, one.message)), warnings.map((one) => h("p", { class: "problem soft" }, one.message)),
          findings.map((one) => h("p", { class: "problem soft" }, `${one.code} ${one.message}`)));
        fill(result, fateShown(fate));
      },
      element: h("li", { class: "mapped" },
        h("div", { class: "what" }, h("b", {}, field.label), " ", h("span", { class: "small muted" }, field.type, field.required ? " · required" : "")),
        kind, holder, h("div", { class: "said" }, result, problems)),
    };
  }

  return {
    broken: () => rows.map((row) => row.broken()).find(Boolean) ?? (whole?.broken() ? whole.area : null),
    focus: (path) => (rows.find((row) => path.startsWith(`$.fields.${row.key}`)) ?? rows[0] ?? whole)?.focus(),
    show({ explanation, problems, warnings, findings }) {
      for (const row of rows) {
        const mine = ({ path }) => path === `$.fields.${row.key}` || path.startsWith(`$.fields.${row.key}.`);
        row.show(explanation?.fields.find((one) => one.key === row.key), problems.filter(mine), warnings.filter(mine), findings.filter(mine));
      }
    },
    element: panel("Select mappings", h("p", { class: "small muted" }, "What each field of the call is made of"), isWhole ? body(whole.element) : h("ul", {}, rows.map((row) => row.element))),
  };
}

const WORDS = { "@path": "Event variable", "@template": "Text with variables" };

function kindOf(value, facts) {
  if (value === undefined) return "none";
  if (typeof value === "string") return "text";
  const keys = isObject(value) ? Object.keys(value) : [];
  return keys.length === 1 && facts.directives.some((one) => one.name === keys[0]) ? keys[0] : "json";
}

/** Return a text area for a JSON value; it tells when its text is none. */
function jsonInput(id, label, value, set) {
  const wrong = h("p", { class: "problem", id: `${id}-json` });
  const area = h("textarea", { id, class: "fits", rows: 2, spellcheck: "false", "aria-label": label, "aria-describedby": wrong.id, value: JSON.stringify(value, null, 1).replace(/\n\s*/g, " "), oninput: read });
  function read() {
    try {
      set(JSON.parse(area.value));
      wrong.textContent = "";
    } catch (error) {
      wrong.textContent = `No JSON yet: ${error.message}`;
    }
    area.setAttribute("aria-invalid", wrong.textContent !== "");
  }
  return { area, element: h("div", {}, area, wrong), broken: () => wrong.textContent !== "", focus: () => area.focus() };
}

function fateShown(fate) {
  if (!fate) return null;
  if (!("raw" in fate) && !("value" in fate)) return h("span", { class: "muted" }, fate.why || "nothing");
  const isSame = JSON.stringify(fate.raw) === JSON.stringify(fate.value);
  return [isSame ? null : [jsonInline(fate.raw ?? null), h("span", { class: "muted" }, " → ")],
    "value" in fate ? jsonInline(fate.value) : h("span", { class: "muted" }, "not sent"), fate.why ? h("span", { class: "muted" }, ` · ${fate.why}`) : null];
}

// --- an event to test it with ---

function testPanel(facts, mapping, changed) {
  const fits = facts.samples.find((one) => mapping.trigger.includes(`"${one.name}"`)) ?? facts.samples[0];
  const samples = new Map(facts.samples.map((one) => [`Sample: ${one.name}`, one.event]));
  const choose = h("select", { id: "sample", onchange: () => pick(samples.get(choose.value)) }, [...samples.keys()].map((one) => option(one, one, one === `Sample: ${fits.name}`)));
  const area = h("textarea", { id: "event", rows: 14, spellcheck: "false", "aria-describedby": "event-wrong", oninput: read });
  const wrong = h("p", { class: "problem", id: "event-wrong", "aria-live": "polite" });
  const out = h("div", { class: "stack outcome", "aria-live": "polite" });
  const lists = h("div", { hidden: true });
  let event;

  function pick(value, isFirst) {
    area.value = JSON.stringify(value, null, 2);
    read(isFirst);
  }
  function read(isFirst) {
    try {
      event = JSON.parse(area.value);
      wrong.textContent = "";
      suggest();
    } catch (error) {
      event = undefined;
      wrong.textContent = `No JSON yet: ${error.message}`;
    }
    area.setAttribute("aria-invalid", event === undefined);
    if (isFirst !== true) changed();
  }
  function suggest() {
    const found = [];
    walk(event, "$", found);
    fill(lists, h("datalist", { id: "paths" }, found.map(([path, value]) => h("option", { value: path, label: short(value) }))),
      facts.subjects.map(({ key, path }) => path
        ? h("datalist", { id: `in-${key}` }, found.filter(([one]) => one.startsWith(`$.${key}.`)).map(([one, value]) => h("option", { value: one.slice(key.length + 3), label: short(value) })))
        : h("datalist", { id: `in-${key}-values` }, key === "type" ? facts.samples.map((one) => h("option", { value: one.name })) : event?.[key] ? h("option", { value: event[key] }) : null)));
  }
  async function latest() {
    const { messages } = await ask("GET", "ledger?order=desc&limit=20").catch(() => ({ messages: [] }));
    const group = h("optgroup", { label: "Came last" });
    for (const each of messages.filter((one) => isObject(one.message))) {
      const text = `${each.number}: ${each.type}${each.event ? ` ${each.event}` : ""}`;
      samples.set(text, each.message);
      group.append(option(text, text));
    }
    if (group.children.length) choose.append(group);
  }
  function show({ explanation, problems }) {
    if (!explanation) return fill(out, problems.length ? note("bad", `${problems.length === 1 ? "One problem keeps" : `${problems.length} problems keep`} this from being a mapping.`) : empty("No event", "The event above is no JSON yet."));
    const { outcome, trigger, request } = explanation;
    const tones = { mapped: ["Mapped", "good"], skipped: ["Skipped", ""], rejected: ["Rejected", "bad"] };
    fill(out, h("p", { class: "row" }, badge(...tones[outcome]), explanation.reason ? h("span", {}, ticked(explanation.reason)) : (outcome === "mapped" ? "The trigger takes it." : null)),
      h("ul", { class: "verdicts" }, clauses(trigger.clause)),
      explanation.problems.map((one) => h("p", { class: "problem" }, h("code", {}, one.path), ` ${one.message}`)),
      explanation.suspicions.map((one) => note("warn", `${one.code} ${one.message}`)),
      request && [h("h3", {}, h("code", {}, `${request.method} ${request.path}`)), jsonView(request.json, "Request")]);
  }
  pick(fits.event, true);
  latest();
  return {
    event: () => event,
    show,
    fail: (message) => fill(out, note("bad", message)),
    element: panel("Test mapping", null, body(labelled("Event", choose), h("label", { class: "visually-hidden", for: "event" }, "Event as JSON"), area, wrong, out), lists),
  };
}

function clauses(clause) {
  if (clause.clauses) return clause.clauses.flatMap(clauses);
  const tones = { holds: ["holds", "good"], fails: ["fails", "bad"], throws: ["throws", "bad"] };
  return [h("li", {}, clause.reached ? badge(...tones[clause.verdict]) : badge("not reached"), " ", h("code", {}, clause.written))];
}

const short = (value) => (isObject(value) ? "object" : JSON.stringify(value)?.slice(0, 40));

function walk(value, path, found, depth = 0) {
  if (depth && found.push([path, value]) > 300) return;
  if (!isObject(value) || depth > 5) return;
  for (const [key, member] of Object.entries(value)) walk(member, `${path}.${/^[\w-]+$/.test(key) ? key : `['${key}']`}`, found, depth + 1);
}
