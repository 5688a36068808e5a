// A mapping in Set-up: the one editor, an event to test it with, and what it makes of it.
import { ask, Refused } from "./api.js";
import { $, badge, debounced, empty, fill, h, note } from "./dom.js";
import { keep, kept } from "./hands.js";
import { jsonView } from "./json_view.js";
import { mappingEditor, suggestions, verdictOf } from "./mapping.js";
import { body, button, field, panel } from "./ui.js";
import { change } from "./workspace.js";

const dropped = new Map(); // edits that were dropped, by where they were kept
const option = (value, label, selected) => h("option", { value, selected: selected || null }, label);

/**
 * Return the editor of a mapping once it shows all of it. `before` is its name, null for a new one;
 * edits are kept under `spot` until they are saved or dropped.
 */
export async function editor(facts, destination, mapping, { before, spot, saved, again }) {
  const base = JSON.stringify(mapping);
  const edits = kept(spot);
  let asking = null;
  const event = h("textarea", { id: "event", rows: 14, spellcheck: "false", "aria-label": "Event as JSON", "aria-describedby": "event-wrong", value: edits?.event ?? "" });
  const wrong = h("p", { class: "problem", id: "event-wrong", "aria-live": "polite" });
  const out = h("div", { class: "stack outcome", "aria-live": "polite" });
  const lists = h("div", { hidden: true });
  const form = h("div", { role: "alert", class: "push" });
  const unsaved = h("p", { class: "row muted", hidden: !edits }, "Your edits are kept here and not saved yet.", button({ class: "button quiet", onclick: drop }, "Drop them"));
  const parts = mappingEditor(facts, edits?.mapping ?? mapping, { changed, take: (value) => put(JSON.stringify(value, null, 2)) });
  const known = new Map(facts.samples.map((one) => [one.name, one.event]));
  const choose = h("select", { id: "sample", onchange: () => (known.has(choose.value) ? put(JSON.stringify(known.get(choose.value), null, 2)) : put(own)) },
    option("", "Your own event"), facts.samples.map(({ name }) => option(name, `Sample: ${name}`)));
  let own = edits?.own ?? ""; // the event that was typed last
  const examineSoon = debounced(examine, 120);

  function changed() {
    keep(spot, { mapping: parts.value(), event: event.value, own, base: edits?.base ?? base });
    unsaved.hidden = false;
    examineSoon();
  }
  /** Put an event in place; what was typed comes back with "Your own event". */
  function put(text) {
    event.value = text;
    changed();
  }
  function drop() {
    dropped.set(spot, kept(spot));
    keep(spot, null);
    again();
  }
  function bringBack() {
    keep(spot, dropped.get(spot));
    dropped.delete(spot);
    again();
  }
  async function look(signal) {
    const told = await ask("POST", "try", { eventText: event.value, mappings: [{ ...parts.question(), enabled: true }] }, { signal });
    const [mine] = told.mappings;
    parts.show(mine);
    wrong.textContent = told.problem?.message ?? "";
    event.setAttribute("aria-invalid", Boolean(told.problem));
    if (!told.problem) fill(lists, suggestions(facts, JSON.parse(event.value)));
    fill(out, told.problem ? empty("No event", "The event above is not valid JSON.") : outcome(mine));
    return mine;
  }
  async function examine() {
    asking?.abort();
    asking = new AbortController();
    await look(asking.signal).catch((error) => {
      if (error.name === "AbortError" || error instanceof SyntaxError) return; // it was edited meanwhile
      fill(out, note("bad", error.message));
    });
  }
  async function save(enabled) {
    fill(form);
    parts.name.removeAttribute("aria-invalid");
    if (parts.broken()) return parts.broken().focus();
    try {
      const told = await look();
      if (told.problems.some(({ path }) => path === "$.rows")) return parts.focus("$.rows");
      const { rows, typed, ...rest } = parts.value();
      const given = { ...rest, name: rest.name.trim(), enabled };
      if (before === null) await change("POST", "mappings", { destination: destination.name }, given);
      else await change("PATCH", "mappings", { destination: destination.name, name: before }, given);
      keep(spot, null);
      saved(given);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refuse(error.problems?.length ? error.problems : [{ path: "$", message: error.message }]);
    }
  }
  function refuse(problems) {
    const others = problems.filter(({ path }) => !path.startsWith("$.trigger") && !path.startsWith("$.fields"));
    fill(form, others.map(({ path, message }) => h("p", { class: "problem" }, path.endsWith("name") ? `The name ${message}` : path.endsWith("mappings") ? `The mappings ${message}` : message)));
    if (others.some(({ path, message }) => path.endsWith("name") || message.includes("of the name"))) parts.name.setAttribute("aria-invalid", "true");
    parts.focus((others[0] ?? problems[0]).path);
  }
  function samples() {
    const fits = facts.samples.find((one) => mapping.trigger.includes(`"${one.event.type}"`)) ?? facts.samples[0];
    if (!edits) event.value = JSON.stringify(known.get((choose.value = fits.name)), null, 2);
    event.addEventListener("input", () => {
      own = event.value;
      choose.value = "";
      changed();
    });
    ask("GET", "ledger?order=desc&limit=20").then(({ messages }) => {
      const sent = messages.filter(({ message }) => typeof message === "object");
      sent.forEach((each) => known.set(`#${each.number}`, each.message));
      if (sent.length) choose.append(h("optgroup", { label: "Came last" }, sent.map((each) => option(`#${each.number}`, `${each.number}: ${each.type}${each.event ? ` ${each.event}` : ""}`))));
    }, () => {});
    return choose;
  }
  const element = h("form", { class: "editor", novalidate: true, onsubmit: (submit) => (submit.preventDefault(), save(mapping.enabled)) },
    h("div", { class: "stack" },
      edits && edits.base !== base && note("warn", before === null ? "The mapping was removed elsewhere. Saving adds it anew." : "The mapping was changed elsewhere since you began to edit it. Saving overwrites that; dropping your edits shows it."),
      h("section", { class: "panel" }, body(field("Mapping name", parts.name))),
      panel("Select events to map and send", null, body(parts.builder, parts.trigger, parts.clauses)),
      panel("Select mappings", h("p", { class: "small muted" }, "What each field of the call is made of"), body(parts.fields))),
    h("div", { class: "stack beside" }, panel("Test mapping", null, body(field("Event", samples()), event, wrong, out), lists)),
    h("div", { class: "row actions" },
      h("button", { class: "button primary", id: "save" }, "Save"),
      mapping.enabled ? null : button({ id: "save-enable", onclick: () => save(true) }, "Save and enable"),
      h("a", { class: "button quiet", href: `#destination/${encodeURIComponent(destination.name)}` }, "Back"), unsaved,
      !edits && dropped.has(spot) && h("p", { class: "row muted" }, "Your edits were dropped.", button({ class: "button quiet", onclick: bringBack }, "Undo")), form));
  await examine();
  return element;
}

function outcome(told) {
  const { badge: verdict, reason } = verdictOf(told);
  const request = told.explanation?.request;
  const count = told.problems.length;
  return [h("p", { class: "row" }, verdict, count ? `${count === 1 ? "One problem keeps" : `${count} problems keep`} this from being a mapping.` : request ? "The trigger takes it." : h("span", {}, reason)),
    request && [h("h3", {}, h("code", {}, `${request.method} ${request.path}`)), jsonView(request.json, "Request")],
    told.answer && h("p", { class: "row" }, badge(String(told.answer.status), told.answer.status < 300 ? "good" : "bad"), "by Toplyne"),
    told.answer?.problems.map((each) => h("p", { class: "problem" }, `${each.path} ${each.message}`))];
}
