// A mapping in Set-up: its editor, an event to test it with, and the result.
import { ask, Refused } from "./api.js";
import { asker, eventSays, parsed, titleOf, written } from "./bench.js";
import { empty, h, note, update, whole } from "./dom.js";
import { exchange, problem } from "./explained.js";
import { keep, kept } from "./hands.js";
import { mappingEditor, suggestions } from "./mapping.js";
import { body, button, field, options, panel, quiet } from "./ui.js";
import { change, said } from "./workspace.js";

const dropped = new Map(); // dropped edits, by the name they were kept under
const labels = (events) => Object.fromEntries(events.map(({ key, label }) => [key, label]));

/**
 * Return the editor of a mapping, with its first test result. `before` is the mapping's name, null
 * for a new one. Edits are kept under `spot` until they are saved or dropped.
 */
export async function editor(facts, destination, mapping, { before, spot, saved, again }) {
  const now = JSON.stringify(mapping);
  const edits = kept(spot);
  const { base = now } = edits ?? {};
  const samples = facts.samples.map(({ event, name }) => ({ key: name, label: `Sample: ${name}`, event }));
  const fitting = samples.find(({ event }) => mapping.trigger.includes(`"${event.type}"`)) ?? samples[0];
  let recent = []; // the events received last
  let chosen = edits ? "" : fitting.key;
  let event = edits?.event ?? written(fitting.event);
  let own = edits?.own ?? ""; // the last typed event
  let isEdited = edits !== null;
  let wrong = []; // what keeps it from being saved
  let told = null;
  let outcome = null; // the result, or why there is none
  const parts = mappingEditor(facts, edits?.mapping ?? mapping, { changed, take: (value) => put(written(value)) });
  const form = whole(h("form.editor", { novalidate: true, onsubmit(submit) {
    submit.preventDefault();
    save(mapping.enabled);
  } }));
  const [examine, examineSoon] = asker(() => ({ eventText: event, mappings: [{ ...parts.question(), enabled: true }] }), (answer) => {
    told = answer;
    parts.hear(told.mappings[0]);
    outcome = told.problem ? empty("No event", "The event above is not valid JSON.") : outcomeOf(told.mappings[0], parts.verdict());
    draw();
  }, (error) => {
    outcome = note("bad", error.message);
    draw();
  });

  function changed() {
    keep(spot, { mapping: parts.value(), event, own, base });
    isEdited = true;
    draw();
    examineSoon();
  }
  /** Use an event. "Your own event" brings back the typed one. */
  function put(text, name = "") {
    [event, chosen] = [text, name];
    changed();
  }
  /** Replace the edits, or drop them if null. */
  function replace(others) {
    keep(spot, others);
    again();
  }
  async function save(enabled) {
    wrong = [];
    if (parts.isBroken()) return parts.focus();
    if (parts.draft.rows) await examine(); // the answer has their trigger
    const { rows, typed, ...given } = { ...parts.value(), enabled };
    if (rows) return parts.focus("$.rows");
    given.name = given.name.trim();
    try {
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
    wrong = problems.filter(({ path }) => !/^\$\.(trigger|fields)/.test(path));
    draw();
    parts.focus((wrong[0] ?? problems[0]).path);
  }
  const isOfName = ({ message, path }) => path.endsWith("name") || message.includes("have the name");
  const warning = () => base !== now && note("warn", before === null ? "The mapping was removed elsewhere. If you save, it is added again."
    : "The mapping was changed elsewhere since you began to edit it. If you save, that change is overwritten; if you drop your edits, you see it.");

  function draw() {
    update(form,
      h("div.stack", warning(),
        h("section.panel", body(field("Mapping name", parts.name({ "aria-invalid": `${wrong.some(isOfName)}` })))),
        panel("Select events to map and send", null, body(parts.builder(), parts.trigger(), h("div.stack", parts.clauses()))),
        panel("Select mappings", h("p.small.muted", "Where each field of the call gets its value from"), body(parts.fields()))),
      h("div.stack.beside", panel("Test mapping", null, body(
        field("Event", h("select", { id: "sample", value: chosen, onchange({ target: { value } }) {
          const known = [...samples, ...recent].find(({ key }) => key === value);
          put(known ? written(known.event) : own, value);
        } }, options({ "": "Your own event", ...labels(samples), ...(recent.length && { "Received last": labels(recent) }) }))),
        h("textarea", { id: "event", rows: 14, spellcheck: "false", "aria-label": "Event as JSON", "aria-describedby": "event-says", "aria-invalid": `${Boolean(told?.problem)}`, value: event, oninput: ({ target }) => put((own = target.value)) }),
        h("div.stack", { id: "event-says", "aria-live": "polite" }, told && eventSays(told)),
        h("div.stack.outcome", { "aria-live": "polite" }, outcome)),
      h("div", { hidden: true }, told && !told.problem && suggestions(facts, parsed(event))))),
      h("div.row.actions",
        h("button.button.primary", { id: "save" }, "Save"),
        !mapping.enabled && button({ id: "save-enable", onclick: () => save(true) }, "Save and enable"),
        h("a.button.quiet", { href: `#destination/${encodeURIComponent(destination.name)}` }, "Back"),
        isEdited ? h("p.row.muted", "Your edits are kept in this tab but not saved.", quiet(null, "Drop them", () => {
          dropped.set(spot, kept(spot));
          replace(null);
        })) : dropped.has(spot) && h("p.row.muted", "Your edits were dropped.", quiet(null, "Undo", () => {
          const back = dropped.get(spot);
          dropped.delete(spot);
          replace(back);
        })),
        h("div.push", { role: "alert" }, wrong.map((each) => problem(said(each))))));
  }

  ask("GET", "ledger?order=desc&limit=20").then(({ messages }) => {
    const read = messages.filter(({ message }) => typeof message === "object");
    recent = read.map(({ message, number }) => ({ key: `#${number}`, label: `${number}: ${titleOf(message)}`, event: message }));
    draw();
  }, () => {});
  await examine();
  return form;
}

function outcomeOf({ answer, attempts, explanation, name, problems: { length } }, { badge, reason }) {
  const problems = length === 1 ? "one problem" : `${length} problems`;
  return [h("p.row", badge, length ? `The mapping has ${problems}.` : answer ? "The trigger matches." : h("span", reason)),
    answer && exchange({ attempts, explanation, name })];
}
