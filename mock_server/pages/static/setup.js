// Set-up: Segment's pages, from the catalog to an enabled destination with its mappings.
import { badge, copy, empty, fill, h, $, note, ready, say, siteUrl } from "./dom.js";
import { keep, keepFocus, kept } from "./hands.js";
import { defaultsOf } from "./mapping.js";
import { editor } from "./setup_mapping.js";
import { body, button, confirm, field, hidden, panel, quiet, table, tell, text, toggle } from "./ui.js";
import { change, destination, destinations, enabledOf, freeName, known, load, sources } from "./workspace.js";

const facts = JSON.parse($("view").dataset.facts);
const NAME = facts.destination;
const actionOf = (key) => facts.actions.find((action) => action.key === key) ?? facts.actions[0];
const link = (...parts) => `#${parts.map(encodeURIComponent).join("/")}`;
const go = (...parts) => (location.hash = link(...parts));

const EDITS = "setup-edits";
const edits = kept(EDITS) ?? {}; // by view, then by the id of an input
const secrets = {}; // passwords, which are kept nowhere else

let isStale = false; // something was changed elsewhere that is not shown yet

/** Return the parts of the address; none where they cannot be read. */
function named() {
  try {
    return location.hash.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return [];
  }
}

/** Show the view the address names; what was edited stays, and the focus, or it goes to what comes first. */
async function show(isNew) {
  const [view, ...parts] = named();
  const at = location.hash;
  const made = await (VIEWS[view] ?? overview)(...parts);
  if (at !== location.hash) return;
  isStale = false;
  keepFocus(() => fill($("view"), made));
  const unsaved = Object.entries({ ...edits[at], ...secrets[at] }).filter(([id, value]) => $(id) && $(id).value !== value);
  for (const [id, value] of unsaved) $(id).value = value;
  fill($("elsewhere"), unsaved.length > 0 && note("", "Your edits are kept here and not saved yet. ", quiet(null, "Drop them", () => (saved(), show(true)))));
  const heading = $("view").querySelector("h1");
  document.title = `${heading.textContent} · toplyne-sandbox`;
  heading.tabIndex = -1;
  if (isNew) ($("view").querySelector("[data-first]") ?? heading).focus();
}

/** Keep what is typed into the view until it is saved; the editor of a mapping keeps its own. */
$("view").addEventListener("input", ({ target }) => {
  if (!target.id || ["checkbox", "search"].includes(target.type) || target.closest(".editor")) return;
  const [kind, at] = [target.type === "password" ? secrets : edits, location.hash];
  kind[at] = { ...kind[at], [target.id]: target.value };
  keep(EDITS, edits);
});

/** Forget what was typed into the view, as it is saved. */
function saved() {
  delete edits[location.hash];
  delete secrets[location.hash];
  keep(EDITS, edits);
}

const EVERY = 2000;
const isBusy = () => $("view").querySelector(".editor") || ($("view").contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox], [type=radio]), select"));

/** Follow what others change: show it, or say it while somebody is typing. */
async function follow() {
  const before = JSON.stringify(known);
  try {
    if (!document.hidden) await load();
    isStale ||= JSON.stringify(known) !== before;
    if (isStale && isBusy()) fill($("elsewhere"), note("", "Set-up was changed elsewhere. ", quiet(null, "Show it", () => show(true))));
    else if (isStale) await show();
  } catch (error) {
    if ([401, 403].includes(error.status)) return;
    fill($("elsewhere"), note("warn", error.message));
    isStale = true; // the note goes once the server answers
  }
  setTimeout(follow, EVERY);
}

/** Make a change, say what came of it, and show the view again. */
async function apply(done, ...what) {
  const isDone = await tell(done, () => change(...what));
  await show();
  return isDone;
}

const page = (way, head, ...content) => h("div", { class: "stack" },
  way && h("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, h("ol", { class: "row" }, [["Set-up", "#"], ...way].map(([name, hash]) => h("li", {}, hash ? h("a", { href: hash }, name) : name)))),
  h("div", { class: "head" }, head), ...content);
const title = (name) => h("h1", {}, name);
const cards = (...rows) => h("ul", {}, rows.map(([name, below, ...rest]) => h("li", { class: "item" }, h("div", { class: "item-name" }, name, below && h("p", { class: "small muted" }, below)), rest)));
const state = (each) => (each.enabled ? badge("Enabled", "good") : badge("Disabled"));

/** Return a form whose `submit` makes a change and returns what then happens; what is refused is shown in it. */
function form(submit, ...children) {
  const wrong = h("div", { role: "alert" });
  const last = children.pop();
  return h("form", { class: "stack", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    const inputs = [...event.target.elements];
    try {
      const then = await submit(event.target.elements);
      saved();
      then();
    } catch (error) {
      const problems = error.problems?.length ? error.problems : [{ path: "", message: error.message }];
      for (const input of inputs) if (input.name) input.setAttribute("aria-invalid", problems.some(({ path }) => path === `$.${input.name}`));
      fill(wrong, problems.map((problem) => h("p", { class: "problem" }, told(problem))));
      inputs.find((input) => input.getAttribute("aria-invalid") === "true")?.focus();
    }
  } }, children, wrong, last);
}

const SUBJECTS = { name: "The name", api_key: "The API key", base_url: "The base URL", source: "The source" };
const told = ({ path, message }) => `${SUBJECTS[path.split(".").at(-1)] ?? ""} ${message}`.trim();

/** Return the switch that enables a part of the workspace. */
const enabler = (id, enabled, part, named) =>
  toggle(id, `Enable ${named.name}`, enabled, (on) => apply(`${named.name} is ${on ? "enabled" : "disabled"}.`, "PATCH", part, named, { enabled: on }));

/** Return the button that removes a part of the workspace, and asks before it does. */
const remover = (sentence, part, named, props) => quiet(`Remove ${named.name}`, "Remove", () =>
  confirm(`Remove ${named.name}?`, sentence, "Remove", () => apply(`${named.name} removed.`, "DELETE", part, named)), props);

/** Return what mappings are made of: the actions and the presets, each with what `aside` puts beside it. */
const makings = (titles, aside) => [facts.actions, facts.presets].map((each, kind) =>
  panel(titles[kind], null, cards(...each.map((one, number) => [h("b", {}, one.name), one.description ?? h("code", {}, one.trigger), aside(one, kind, number)]))));

// --- the connections ---

function overview() {
  const add = form(async ({ source_name: { value } }) => {
    await change("POST", "sources", {}, { name: value.trim() });
    return async () => {
      say(`Source ${value.trim()} added; copy its write key into an SDK.`, "good");
      await show();
      $("source_name").value = "";
      $(`key-${value.trim()}`)?.focus();
    };
  }, h("div", { class: "inline" }, field("New source", text("source_name", { placeholder: "Website" })), h("button", { class: "button" }, "Add source")), null);
  return page(null, [title("Set-up"), h("p", {}, "Segment’s side of this sandbox: sources, and the destinations they are connected to."),
    h("a", { class: "button primary", href: link("catalog"), id: "add", "data-shortcut": "n" }, "Add destination")],
  panel("Destinations", badge(`${destinations().length}`), destinations().length
    ? cards(...destinations().map((each) => [h("a", { href: link("destination", each.name), id: `open-${each.name}` }, each.name), ["from ", h("b", {}, each.source)],
      h("p", { class: "small" }, `${enabledOf(each)} of ${each.mappings.length} mappings enabled`), h("p", {}, state(each))]))
    : empty("No destination yet", "Events that arrive go nowhere.", h("a", { class: "button", href: link("catalog") }, "Open the catalog"))),
  panel("Sources", null, table("Sources", ["Source", "Write key", "Destinations", "Enabled", ""], sources().map(sourceRow)), body(add)));
}

function sourceRow({ name, write_key: key, enabled }) {
  const used = destinations().filter((each) => each.source === name).length;
  return [name, h("span", { class: "row" }, h("code", {}, `…${key.slice(-4)}`), quiet(`Copy the write key of ${name}`, "Copy", () => copy(key, "the write key"), { id: `key-${name}` })), `${used}`,
    enabler(`source-${name}`, enabled, "sources", { name }),
    remover("What an SDK still sends with its write key is dropped.", "sources", { name }, { disabled: used > 0 || sources().length === 1, title: used ? "Remove its destinations first." : null })];
}

// --- catalog, configure, select source ---

function catalog() {
  const list = h("div", { "aria-live": "polite" });
  const search = text("search", { type: "search", "data-first": true, "data-shortcut": "/", placeholder: NAME, oninput: find });
  function find() {
    const isFound = NAME.toLowerCase().includes(search.value.trim().toLowerCase());
    fill(list, isFound ? cards([h("a", { href: link("catalog", "toplyne") }, NAME), "Analytics · Actions, cloud mode", badge("Public beta", "info")])
      : empty(`Nothing in the catalog is called “${search.value.trim()}”`, `This sandbox stands for one destination of Segment’s: ${NAME}.`));
  }
  find();
  return page([["Catalog"]], title("Catalog"), panel("Destinations", null, body(field("Search destinations", search)), list));
}

function offer() {
  return page([["Catalog", link("catalog")], [NAME]], [title(NAME), h("a", { class: "button primary push", href: link("connect"), "data-first": true }, `Configure ${NAME}`)],
    h("p", { class: "measure" }, "Tells Toplyne what users and accounts are and what they do: each mapping that takes an event makes one call of Toplyne’s API."),
    makings(["Available actions", "Presets"], ({ fields }) =>
      fields && h("p", { class: "small muted" }, fields.filter((each) => each.required).map((each) => each.label).join(", "), " required")));
}

function connect() {
  const unused = sources().find(({ name }) => !destinations().some((each) => each.source === name)) ?? sources()[0];
  const step = (number, name) => [h("b", {}, number), name];
  return page([["Catalog", link("catalog")], [NAME, link("catalog", "toplyne")], ["Configure"]], title(`Configure ${NAME}`),
    h("section", { class: "panel narrow" }, body(form(async ({ name: { value }, source }) => {
      const name = value.trim();
      await change("POST", "destinations", {}, { name, source: source.value });
      return () => {
        say("Destination created; it is disabled.", "good");
        go("destination", name, "settings");
      };
    },
    h("fieldset", { class: "choices" }, h("legend", {}, step("1", "Select the source that sends data")), sources().map((source) =>
      h("label", { class: "choice" }, h("input", { type: "radio", name: "source", value: source.name, checked: source === unused, "data-first": source === unused }), source.name))),
    h("h2", { class: "legend" }, step("2", "Name the destination")), field("Destination name", text("name", { value: freeName(NAME, destinations()) })),
    h("div", { class: "row" }, h("button", { class: "button primary" }, "Create destination"), h("a", { class: "button", href: link("catalog", "toplyne") }, "Back"))))));
}

// --- one destination ---

const gone = (name) => page([[name]], title("Not here"), h("section", { class: "panel" }, empty(`Nothing is called “${name}”`, "It was removed or renamed.", h("a", { class: "button", href: "#" }, "All connections"))));

function destinationView(name, tab = "mappings", part) {
  const each = destination(name);
  if (!each) return gone(name);
  if (tab === "mapping") return mappingView(each, part);
  if (tab === "build") return buildView(each, part);
  return page([[name]], [title(name), state(each), h("p", { class: "small" }, "from ", h("b", {}, each.source))],
    each.enabled ? null : steps(each),
    h("nav", { class: "tabs", "aria-label": "Parts of the destination" }, [["mappings", "Mappings"], ["settings", "Settings"]].map(([key, label]) =>
      h("a", { href: link("destination", name, key), id: `tab-${key}`, "aria-current": key === tab && "page" }, label))),
    tab === "settings" ? settings(each) : mappings(each));
}

/** Return what is to be done until a destination can be enabled, and the button that does it. */
function steps(each) {
  const on = enabledOf(each);
  const step = (isDone, name, tab) => h("li", { "data-done": isDone }, h("span", { class: "tick", "aria-hidden": "true" }, isDone ? "✓" : ""),
    h("a", { href: link("destination", each.name, tab) }, name, hidden(isDone ? " (done)" : " (to do)")));
  return h("ol", { class: "steps", "aria-label": "Steps until it is enabled" },
    step(Boolean(each.api_key), "Enter the API key", "settings"), step(on > 0, "Enable a mapping", "mappings"),
    h("li", {}, button({ id: "enable", class: ["button", each.api_key && on && "primary"], onclick: () => enable(each, true) }, "Enable destination")));
}

const enable = (each, enabled) =>
  apply(`${each.name} is ${enabled ? "enabled: what its source sends goes out" : "disabled: it receives nothing"}.`, "PATCH", "destinations", { name: each.name }, { enabled });

function settings(each) {
  const key = text("api_key", { class: "mono", type: "password", placeholder: each.api_key ? "Leave empty to keep it" : null, "data-first": !each.api_key });
  return h("div", { class: "stack narrow" },
    panel("Basic settings", null, body(form(async ({ api_key, base_url, name }) => {
      const given = { name: name.value.trim(), base_url: base_url.value.trim() || null };
      if (api_key.value) given.api_key = api_key.value.trim();
      await change("PATCH", "destinations", { name: each.name }, given);
      return () => {
        say("Settings saved.", "good");
        if (given.name === each.name) show();
        else go("destination", given.name, "settings");
      };
    },
    field(facts.setting.label, key, facts.setting.description), keyState(each),
    field("Base URL", text("base_url", { type: "url", placeholder: `${location.origin}${siteUrl("/v1")}`, value: each.base_url ?? "" }), "Left empty, calls go to the mock Toplyne of this sandbox."),
    field("Name", text("name", { value: each.name })),
    h("div", { class: "row" }, h("button", { class: "button primary", id: "save" }, "Save changes"))))),
    panel("Enable destination", toggle("enabled", "Enable destination", each.enabled, (on) => enable(each, on)),
      body(h("p", { class: "muted" }, each.enabled ? "It receives what its source sends." : "It receives nothing. It can be enabled once it has an API key and one enabled mapping."))),
    panel("Remove destination", button({ class: "button danger", id: "remove", onclick: () => confirm(`Remove ${each.name}?`, `${each.mappings.length} mappings go with it.`, "Remove", async () => {
      if (await apply(`${each.name} removed.`, "DELETE", "destinations", { name: each.name })) go("");
    }) }, "Remove"), body(h("p", { class: "muted" }, "Its mappings go with it; what already waits is still delivered."))));
}

/** Say whose the API key is; never the key. */
function keyState({ name, api_key: key }) {
  const whose = known.keys[name];
  if (!key) return note("", "No API key yet. Generate one on ", h("a", { href: `${siteUrl("/toplyne")}#settings` }, "Toplyne’s side"), ".");
  if (!whose) return note("", `The key ends in ${key}.`);
  if (whose.status === "good") return note("good", `The key ends in ${key}. It is Toplyne’s token “${whose.tenant}”.`);
  return note("warn", `The key ends in ${key}. ${whose.tenant ? `Toplyne’s token “${whose.tenant}” is ${whose.status}` : "Toplyne knows no such token"}: calls are refused.`);
}

// --- its mappings ---

function mappings(each) {
  const most = known.most_mappings;
  const isFull = each.mappings.length >= most;
  return panel("Mappings", [h("span", { class: "small muted", id: "count" }, `${each.mappings.length} of ${most}`),
    h("a", { class: "button primary", id: "new", "data-shortcut": "n", ...(isFull ? { role: "link", "aria-disabled": "true" } : { href: link("destination", each.name, "mapping") }) }, "+ New Mapping")],
  isFull && body(note("warn", `A destination has at most ${most} mappings. Remove one to add another.`)),
  each.mappings.length ? table(`Mappings of ${each.name}`, ["Mapping", "Action", "Trigger", "Enabled", ""], each.mappings.map((mapping, number) => mappingRow(each, mapping, number)))
    : empty("No mapping yet", "A mapping says which events are sent, and what becomes of them."));
}

function mappingRow(each, { name, action, trigger, enabled }, number) {
  const named = { destination: each.name, name };
  return [h("a", { href: link("destination", each.name, "mapping", name), id: `edit-${number}` }, name), actionOf(action).name, h("code", {}, trigger),
    enabler(`on-${number}`, enabled, "mappings", named), remover("It takes no event any more.", "mappings", named)];
}

function mappingView(each, name) {
  const mapping = each.mappings.find((one) => one.name === name);
  if (mapping) return editing(each, mapping, name);
  const mine = name && kept(spot())?.mapping; // it was removed elsewhere while it was edited here
  if (mine) return editing(each, { ...mine, enabled: false }, null);
  return name === undefined ? newMapping(each) : gone(name);
}

function newMapping(each) {
  const add = (preset) => async () => {
    const name = freeName(preset, each.mappings);
    if (await apply(`${name} added; it is disabled.`, "POST", "mappings", { destination: each.name }, { preset, name })) go("destination", each.name);
  };
  return page([[each.name, link("destination", each.name)], ["New Mapping"]], title("New Mapping"), h("div", { class: "stack narrow" },
    makings(["Build your own mapping", "Use a preset"], ({ key, name }, isPreset, number) => (isPreset
      ? button({ "aria-label": `Add ${name}`, onclick: add(name) }, "Add")
      : h("a", { class: "button", "data-first": number === 0, "aria-label": `Build ${name}`, href: link("destination", each.name, "build", key) }, "Build")))));
}

function buildView(each, key) {
  const { name } = actionOf(key);
  const { trigger } = facts.presets.find(({ action }) => action === actionOf(key).key);
  return editing(each, { name: freeName(name, each.mappings), action: actionOf(key).key, trigger, fields: defaultsOf(facts, key), enabled: false }, null);
}

const spot = () => `setup-mapping ${location.hash}`;
const editing = async (each, mapping, before) => page([[each.name, link("destination", each.name)], [before ?? "New Mapping"]],
  [title(before ?? "New Mapping"), badge(actionOf(mapping.action).name, "info")],
  await editor(facts, each, mapping, { before, spot: spot(), again: () => show(true), saved({ name, enabled }) {
    say(`${name} saved; it is ${enabled ? "enabled" : "disabled"}.`, "good");
    go("destination", each.name);
  } }));

const VIEWS = { catalog: (part) => (part ? offer() : catalog()), connect, destination: destinationView };

addEventListener("hashchange", () => show(true));
if (await tell("", load)) {
  await show();
  setTimeout(follow, EVERY);
} else fill($("view"), title("Set-up"), note("bad", "The configuration could not be read."));
ready();
