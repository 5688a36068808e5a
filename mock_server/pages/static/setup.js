// Set-up: Segment's pages, from the catalog to an enabled destination with its mappings.
import { $, badge, copy, empty, fill, h, note, ready, say, siteUrl, update } from "./dom.js";
import { problem } from "./explained.js";
import { keep, kept } from "./hands.js";
import { defaultsOf } from "./mapping.js";
import { editor } from "./setup_mapping.js";
import { body, button, confirm, field, hidden, panel, quiet, table, tell, text, toggle } from "./ui.js";
import { change, destinations, enabledOf, freeName, known, load, said, sources } from "./workspace.js";

const facts = JSON.parse($("view").dataset.facts);
const NAME = facts.destination;
const EVERY = 2000;
const link = (...parts) => `#${parts.map(encodeURIComponent).join("/")}`;
const to = (...parts) => link("destination", ...parts);
const go = (...parts) => (location.hash = to(...parts));
const leading = (href, name, props) => h("a.button.primary", { href, ...props }, name);
const small = (...content) => h("p.small.muted", content);

// --- the view of the address ---

const EDITS = "setup-edits";
const edits = kept(EDITS) ?? {}; // by view, then by the id of an input or the name of radios
const secrets = {}; // passwords, which are not kept in the browser's storage
let isStale = false; // a change from elsewhere is not shown yet

/** Return an input with the unsaved text that was typed into it, or else the value. */
const input = (id, value = "", props) => text(id, { ...props, value: { ...edits[location.hash], ...secrets[location.hash] }[id] ?? value });

/** Keep what is typed into the view until it is saved. The editor of a mapping keeps its own edits. */
$("view").oninput = ({ target }) => {
  const name = target.id || target.name; // a radio has only that
  if (!name || ["checkbox", "search"].includes(target.type) || target.closest(".editor")) return;
  const [kind, at] = [target.type === "password" ? secrets : edits, location.hash];
  kind[at] = { ...kind[at], [name]: target.value };
  keep(EDITS, edits);
};

/** Drop what was typed into the view. */
function forget() {
  delete edits[location.hash];
  delete secrets[location.hash];
  keep(EDITS, edits);
}

/** Make the change of a form. */
async function save(...what) {
  await change(...what);
  forget();
}

/** Return the parts of the address, none if they cannot be decoded. */
function named() {
  try {
    return location.hash.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return [];
  }
}

/** Show the view of the address; a new view gets the focus. */
async function show(isNew) {
  const at = location.hash;
  const [view, ...parts] = named();
  const made = await (VIEWS.get(view) ?? overview)(...parts);
  if (at !== location.hash) return;
  isStale = false;
  (isNew ? fill : update)($("view"), made);
  update($("elsewhere"), (edits[at] || secrets[at]) && note("", "Your edits are kept in this tab but not saved. ", quiet(null, "Drop them", () => {
    forget();
    show(true);
  })));
  const heading = $("view").querySelector("h1");
  document.title = `${heading.textContent} · toplyne-sandbox`;
  if (isNew) ($("view").querySelector("[data-first]") ?? heading).focus();
}

/** Follow changes from elsewhere: show them, or only mention them while the user is editing. */
async function follow() {
  const before = JSON.stringify(known);
  try {
    if (!document.hidden) await load();
    isStale ||= JSON.stringify(known) !== before;
    const isBusy = document.querySelector("dialog[open], #elsewhere :focus, #view :is(.editor, select:focus, input:focus, :is(table, .item) :focus)");
    if (isStale && isBusy) update($("elsewhere"), note("", "Set-up was changed elsewhere. ", quiet(null, "Show it", () => show(true))));
    else if (isStale) await show();
  } catch (error) {
    if ([401, 403].includes(error.status)) return;
    update($("elsewhere"), note("warn", error.message));
    isStale = true; // the note goes once the server answers
  }
  setTimeout(follow, EVERY);
}

/** Make a change, report the result, and show the view again. */
async function apply(done, ...what) {
  const isDone = await tell(done, () => change(...what));
  await show();
  return isDone;
}

// --- parts of views ---

const page = (way, head, ...content) => h("div.stack",
  way && h("nav.crumbs", { "aria-label": "Breadcrumb" }, h("ol.row", [["Set-up", "#"], ...way].map(([name, href]) => h("li", href ? h("a", { href }, name) : name)))),
  h("div.head", head), content);
const title = (name) => h("h1", { tabindex: "-1" }, name);
const cards = (rows) => h("ul", rows.map(([name, below, ...rest]) => h("li.item", h("div.item-name", name, below && small(below)), rest)));
const state = ({ enabled }) => badge(...(enabled ? ["Enabled", "good"] : ["Disabled"]));

/** Return a form. `submit` gets its values, and problems are shown in the form. */
function form(submit, ...children) {
  const last = children.pop();
  return h("form.stack", { novalidate: true, async onsubmit(event) {
    event.preventDefault();
    const { target } = event;
    let problems = [];
    for (const each of target.querySelectorAll(".field input")) each.value = each.value.trim();
    try {
      await submit(Object.fromEntries(new FormData(target)));
    } catch (error) {
      problems = error.problems?.length ? error.problems : [{ path: "", message: error.message }];
    }
    for (const each of target.querySelectorAll("[name]")) each.ariaInvalid = String(problems.some(({ path }) => path === `$.${each.name}`));
    fill(target.querySelector("[role=alert]"), problems.map((each) => problem(said(each))));
    target.querySelector("[aria-invalid=true]")?.focus();
  } }, children, h("div", { role: "alert" }), last);
}

/** Return the switch that enables a part of the workspace. */
const enabler = (id, enabled, part, names) =>
  toggle(id, `Enable ${names.name}`, enabled, (on) => apply(`${names.name} is ${on ? "enabled" : "disabled"}.`, "PATCH", part, names, { enabled: on }));

/** Return the button that removes a part of the workspace after a confirmation. */
const remover = (sentence, part, names, props) => quiet(`Remove ${names.name}`, "Remove", () =>
  confirm(`Remove ${names.name}?`, sentence, "Remove", async () => {
    if (await apply(`${names.name} removed.`, "DELETE", part, names) && part === "destinations") location.hash = "";
  }), props);

/** Return the panels of actions and presets, each item with what `aside` returns for it. */
const makings = (titles, aside) => [Object.values(facts.actions), facts.presets].map((each, kind) =>
  panel(titles[kind], null, cards(each.map((one, number) => [h("b", one.name), one.description ?? h("code", one.trigger), aside(one, kind, number)]))));

// --- the connections ---

const overview = () => page(null, [title("Set-up"), h("p", "Segment’s side of this sandbox: sources, and the destinations they are connected to."),
  leading(link("catalog"), "Add destination", { id: "add", "data-shortcut": "n" })],
panel("Destinations", badge(`${destinations().length}`), destinations().length
  ? cards(destinations().map((each) => [h("a", { href: to(each.name), id: `open-${each.name}` }, each.name), ["from ", h("b", each.source)],
    h("p.small", `${enabledOf(each)} of ${each.mappings.length} mappings enabled`), h("p", state(each))]))
  : empty("No destination yet", "Received events are not sent anywhere.", h("a.button", { href: link("catalog") }, "Open the catalog"))),
panel("Sources", null, table("Sources", ["Source", "Write key", "Destinations", "Enabled", ""], sources().map(sourceRow)),
  body(form(async ({ source_name: name }) => {
    await save("POST", "sources", {}, { name });
    say(`Source ${name} added. Copy its write key into an SDK.`, "good");
    await show();
    $(`key-${name}`)?.focus();
  }, h("div.row.inline", field("New source", input("source_name", "", { placeholder: "Website" })), h("button.button", "Add source")), null))));

function sourceRow({ enabled, name, write_key: key }) {
  const used = destinations().filter(({ source }) => source === name).length;
  return [name, h("span.row", h("code", `…${key.slice(-4)}`), quiet(`Copy the write key of ${name}`, "Copy", () => copy(key, "the write key"), { id: `key-${name}` })), `${used}`,
    enabler(`source-${name}`, enabled, "sources", { name }),
    remover("Messages that an SDK still sends with its write key are dropped.", "sources", { name }, { disabled: used > 0 || sources().length === 1, title: used > 0 && "Remove its destinations first." })];
}

// --- catalog, configure, select source ---

const found = (words) => (NAME.toLowerCase().includes(words.toLowerCase())
  ? cards([[h("a", { href: link("catalog", "toplyne") }, NAME), "Analytics · Actions, cloud mode", badge("Public beta", "info")]])
  : empty(`The catalog has no “${words}”`, `This sandbox has one of Segment’s destinations: ${NAME}.`));

function catalog() {
  const sought = $("search")?.value ?? "";
  return page([["Catalog"]], title("Catalog"), panel("Destinations", null,
    body(field("Search destinations", text("search", { type: "search", value: sought, "data-first": true, "data-shortcut": "/", placeholder: NAME, oninput: ({ target }) => fill($("found"), found(target.value.trim())) }))),
    h("div", { id: "found", "aria-live": "polite" }, found(sought.trim()))));
}

const offer = () => page([["Catalog", link("catalog")], [NAME]], [title(NAME), leading(link("connect"), `Configure ${NAME}`, { class: "push", "data-first": true })],
  h("p.measure", "Sends users, accounts and events to Toplyne: each mapping that matches an event makes one call of Toplyne’s API."),
  makings(["Available actions", "Presets"], ({ fields }) => fields && small(fields.filter((each) => each.required).map((each) => each.label).join(", "), " required")));

function connect() {
  const chosen = edits[location.hash]?.source;
  const first = sources().find(({ name }) => name === chosen) ?? sources().find(({ name }) => !destinations().some(({ source }) => source === name)) ?? sources()[0];
  return page([["Catalog", link("catalog")], [NAME, link("catalog", "toplyne")], ["Configure"]], title(`Configure ${NAME}`),
    h("section.panel.narrow", body(form(async ({ name, source }) => {
      await save("POST", "destinations", {}, { name, source });
      say("Destination created. It is disabled.", "good");
      go(name, "settings");
    },
    h("fieldset.choices", h("legend.legend", h("b", "1"), "Select the source that sends data"), sources().map((source) =>
      h("label.choice", h("input", { type: "radio", name: "source", value: source.name, checked: source === first, "data-first": source === first }), source.name))),
    h("h2.legend", h("b", "2"), "Name the destination"), field("Destination name", input("name", freeName(NAME, destinations()))),
    h("div.row", h("button.button.primary", "Create destination"), h("a.button", { href: link("catalog", "toplyne") }, "Back"))))));
}

// --- one destination ---

const gone = (name) => page([[name]], title("Not found"), h("section.panel", empty(`There is no “${name}”`, "It may have been removed or renamed.", h("a.button", { href: "#" }, "All connections"))));

function destination(name, tab = "mappings", part) {
  const each = destinations().find((one) => one.name === name);
  if (!each) return gone(name);
  if (tab === "mapping") return mapping(each, part);
  if (tab === "build") return building(each, part);
  return page([[name]], [title(name), state(each), h("p.small", "from ", h("b", each.source))],
    !each.enabled && steps(each),
    h("nav.tabs", { "aria-label": "Parts of the destination" }, ["Mappings", "Settings"].map((label) => {
      const key = label.toLowerCase();
      return h("a", { href: to(name, key), id: `tab-${key}`, "aria-current": key === tab && "page" }, label);
    })),
    tab === "settings" ? settings(each) : mappings(each));
}

/** Return the steps before a destination can be enabled, and the button that enables it. */
function steps(each) {
  const on = enabledOf(each) > 0;
  const step = (isDone, name, tab) => h("li", { "data-done": isDone }, h("span.tick", { "aria-hidden": "true" }, isDone && "✓"),
    h("a", { href: to(each.name, tab) }, name, hidden(isDone ? " (done)" : " (to do)")));
  return h("ol.steps", { "aria-label": "Steps until it is enabled" },
    step(Boolean(each.api_key), "Enter the API key", "settings"), step(on, "Enable a mapping", "mappings"),
    h("li", button({ id: "enable", class: each.api_key && on && "primary", onclick: () => enable(each, true) }, "Enable destination")));
}

const enable = ({ name }, enabled) =>
  apply(`${name} is ${enabled ? "enabled: it receives the messages of its source" : "disabled: it receives nothing"}.`, "PATCH", "destinations", { name }, { enabled });

const settings = ({ api_key: key, base_url: base, enabled, mappings: { length }, name }) => h("div.stack.narrow",
  panel("Basic settings", null, body(form(async (given) => {
    await save("PATCH", "destinations", { name }, { ...given, base_url: given.base_url || null, api_key: given.api_key || undefined });
    say("Settings saved.", "good");
    go(given.name, "settings");
    await show();
  },
  field(facts.setting.label, input("api_key", "", { class: "mono", type: "password", placeholder: key && "Leave empty to keep it", "data-first": !key }), facts.setting.description), keyState(key, known.keys[name]),
  field("Base URL", input("base_url", base ?? "", { type: "url", placeholder: `${location.origin}${siteUrl("/v1")}` }), "If empty, calls go to the mock Toplyne of this sandbox."),
  field("Name", input("name", name)),
  h("div.row", h("button.button.primary", { id: "save" }, "Save changes"))))),
  panel("Enable destination", toggle("enabled", "Enable destination", enabled, (on) => enable({ name }, on)),
    body(h("p.muted", enabled ? "It receives the messages of its source." : "It receives nothing. It can be enabled once it has an API key and one enabled mapping."))),
  panel("Remove destination", remover(`Its ${length} mappings are removed too.`, "destinations", { name }, { class: "danger", id: "remove" }),
    body(h("p.muted", "Its mappings are removed too. Queued messages are still delivered."))));

/** Return the note on an API key, of which only the last letters are known. */
function keyState(key, whose) {
  if (!key) return note("", "No API key yet. Generate one on ", h("a", { href: `${siteUrl("/toplyne")}#settings` }, "the page Toplyne"), ".");
  const { status, tenant } = whose ?? {};
  const told = status === "good" ? ` It is Toplyne’s token “${tenant}”.` : whose && ` ${tenant ? `Toplyne’s token “${tenant}” is ${status}` : "Toplyne does not know this token"}: calls are refused.`;
  return note(whose && (status === "good" ? "good" : "warn"), `The key ends in ${key}.`, told);
}

// --- its mappings ---

function mappings({ mappings: all, name: of }) {
  const most = known.most_mappings;
  const isFull = all.length >= most;
  const row = ({ action, enabled, name, trigger }, number) => [h("a", { href: to(of, "mapping", name), id: `edit-${number}` }, name), facts.actions[action]?.name ?? action, h("code", trigger),
    enabler(`on-${number}`, enabled, "mappings", { destination: of, name }), remover("It no longer sends events.", "mappings", { destination: of, name })];
  return panel("Mappings", [h("span.small.muted", { id: "count" }, `${all.length} of ${most}`),
    leading(isFull ? null : to(of, "mapping"), "+ New Mapping", { id: "new", "data-shortcut": "n", role: isFull && "link", "aria-disabled": isFull && "true" })],
  isFull && body(note("warn", `A destination has at most ${most} mappings. Remove one to add another.`)),
  all.length ? table(`Mappings of ${of}`, ["Mapping", "Action", "Trigger", "Enabled", ""], all.map(row))
    : empty("No mapping yet", "A mapping selects events and says what to send of them."));
}

function mapping(each, name) {
  const known = each.mappings.find((one) => one.name === name);
  if (known) return editing(each, known, name);
  const mine = name && kept(spot())?.mapping; // it was removed elsewhere while it was edited here
  if (mine) return editing(each, { ...mine, enabled: false }, null);
  return name === undefined ? newMapping(each) : gone(name);
}

function newMapping({ mappings: taken, name: of }) {
  const add = (preset) => async () => {
    const name = freeName(preset, taken);
    if (await apply(`${name} added. It is disabled.`, "POST", "mappings", { destination: of }, { preset, name })) go(of);
  };
  return page([[of, to(of)], ["New Mapping"]], title("New Mapping"), h("div.stack.narrow",
    makings(["Build your own mapping", "Use a preset"], ({ key, name }, isPreset, number) => (isPreset
      ? button({ "aria-label": `Add ${name}`, onclick: add(name) }, "Add")
      : h("a.button", { "data-first": number === 0, "aria-label": `Build ${name}`, href: to(of, "build", key) }, "Build")))));
}

function building(each, key) {
  const action = Object.hasOwn(facts.actions, key) ? key : Object.keys(facts.actions)[0];
  const { trigger } = facts.presets.find((preset) => preset.action === action);
  return editing(each, { name: freeName(facts.actions[action].name, each.mappings), action, trigger, fields: defaultsOf(facts, action), enabled: false }, null);
}

const spot = () => `setup-mapping ${location.hash}`;
const editing = async (each, edited, before) => page([[each.name, to(each.name)], [before ?? "New Mapping"]],
  [title(before ?? "New Mapping"), badge(facts.actions[edited.action]?.name ?? edited.action, "info")],
  await editor(facts, each, edited, { before, spot: spot(), again: () => show(true), saved({ enabled, name }) {
    say(`${name} saved. It is ${enabled ? "enabled" : "disabled"}.`, "good");
    go(each.name);
  } }));

const VIEWS = new Map(Object.entries({ catalog: (part) => (part ? offer() : catalog()), connect, destination }));

addEventListener("hashchange", () => show(true));
if (await tell("", load)) {
  await show();
  setTimeout(follow, EVERY);
} else fill($("view"), title("Set-up"), note("bad", "The configuration could not be read."));
ready();
