// Set-up: Segment's pages, from the catalog to an enabled destination with its mappings.
import { badge, copy, empty, fill, h, $, note, ready, say } from "./dom.js";
import { editor } from "./mapping.js";
import { change, destination, destinations, enabledOf, freeName, known, load, sources } from "./workspace.js";

const facts = JSON.parse($("view").dataset.facts);
const NAME = facts.destination;
const link = (...parts) => `#${parts.map(encodeURIComponent).join("/")}`;
const go = (...parts) => (location.hash = link(...parts));

/** Show the view the address names; keep the focus where it was, if that is still there. */
function show({ focus } = {}) {
  const [view = "", ...parts] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const before = document.activeElement?.id;
  const made = (VIEWS[view] ?? overview)(...parts);
  fill($("view"), made);
  const heading = $("view").querySelector("h1");
  document.title = `${heading.textContent} · toplyne-sandbox`;
  if (focus === "heading") {
    heading.tabIndex = -1;
    ($("view").querySelector("[data-first]") ?? heading).focus();
  } else if (before) $(before)?.focus();
}

/** Make a change and show what came of it; a refusal is said, or given to `onRefused`. */
async function apply(done, method, part, named, body, onRefused) {
  try {
    await change(method, part, named, body);
    if (done) say(done, "good");
    return true;
  } catch (error) {
    if (onRefused) onRefused(error);
    else say(error.message.replaceAll("$.", ""), "bad");
    return false;
  } finally {
    if (!onRefused) show();
  }
}

const crumbs = (...pairs) =>
  h("nav", { class: "crumbs", "aria-label": "Breadcrumb" },
    h("ol", { class: "row" }, pairs.map(([text, hash]) => h("li", {}, hash ? h("a", { href: hash }, text) : text))));
const head = (title, ...rest) => h("div", { class: "head" }, h("h1", {}, title), ...rest);
const panel = (title, action, ...body) =>
  h("section", { class: "panel" }, h("header", {}, h("h2", {}, title), action), ...body);
const field = (label, input, hint) => {
  if (hint) input.setAttribute("aria-describedby", `${input.id}-hint`);
  return h("div", { class: "field" }, h("label", { for: input.id, class: "name" }, label), input,
    hint && h("p", { class: "small muted", id: `${input.id}-hint` }, hint));
};
const toggle = (id, label, on, act) =>
  h("input", { type: "checkbox", class: "switch", role: "switch", id, "aria-label": label, checked: on, onchange: act });

/** Return a form; `submit` gets its inputs by name and a function that shows a refusal in it. */
function form(submit, ...children) {
  const wrong = h("div", { role: "alert" });
  return h("form", {
    class: "stack", novalidate: true,
    onsubmit: (event) => {
      event.preventDefault();
      const inputs = event.target.elements;
      submit(inputs, (error) => {
        const problems = error.problems.length ? error.problems : [{ path: "$", message: error.message }];
        for (const input of inputs) {
          if (input.name) input.setAttribute("aria-invalid", problems.some((p) => p.path === `$.${input.name}`));
        }
        fill(wrong, problems.map((p) => h("p", { class: "problem" }, told(p))));
        [...inputs].find((input) => input.getAttribute("aria-invalid") === "true")?.focus();
      });
    },
  }, ...children.slice(0, -1), wrong, children.at(-1));
}

/** Return a problem as a sentence that names what it is about. */
function told({ path, message }) {
  const last = path.match(/\.(\w+)(\[\d+\])?$/)?.[1];
  const names = { name: "The name", api_key: "The API key", base_url: "The base URL", mappings: "The mappings", write_key: "The write key", source: "The source" };
  return names[last] ? `${names[last]} ${message.replace(/^API Key is/, "is")}` : message;
}

// --- the connections ---

function overview() {
  return h("div", { class: "stack" },
    head("Set-up", h("p", {}, "Segment’s side of this sandbox: sources, and the destinations they are connected to."),
      h("a", { class: "button primary", href: link("catalog"), id: "add", "data-shortcut": "n" }, "Add destination")),
    panel("Destinations", badge(`${destinations().length}`),
      destinations().length ? h("ul", { class: "cards" }, destinations().map(card))
        : empty("No destination yet", "Events that arrive go nowhere.", h("a", { class: "button", href: link("catalog") }, "Open the catalog"))),
    panel("Sources", null, sourceTable(), addSource()));
}

function card(each) {
  const on = enabledOf(each);
  return h("li", { class: "card" },
    h("div", { class: "card-name" }, h("a", { href: link("destination", each.name), id: `open-${each.name}` }, each.name),
      h("p", { class: "small muted" }, each.name.includes(NAME) ? null : `${NAME} · `, "from ", h("b", {}, each.source))),
    h("p", { class: "small" }, `${on} of ${each.mappings.length} mappings enabled`),
    h("p", {}, state(each)));
}

const state = (each) => (each.enabled ? badge("Enabled", "good") : badge("Disabled"));

function sourceTable() {
  return h("div", { class: "scroll" }, h("table", { class: "fold" },
    h("caption", { class: "visually-hidden" }, "Sources"),
    h("thead", {}, h("tr", {}, ["Source", "Write key", "Destinations", "Enabled", ""].map((text) => h("th", { scope: "col" }, text || h("span", { class: "visually-hidden" }, "Actions"))))),
    h("tbody", {}, sources().map((source) => {
      const used = destinations().filter((each) => each.source === source.name).length;
      const named = { name: source.name };
      return h("tr", {},
        h("th", { scope: "row" }, source.name),
        h("td", { "data-name": "Write key" }, h("span", { class: "row" }, h("code", {}, `…${source.write_key.slice(-4)}`),
          h("button", { type: "button", class: "button quiet", "aria-label": `Copy the write key of ${source.name}`, onclick: () => copy(source.write_key, "Write key") }, "Copy"))),
        h("td", { "data-name": "Destinations" }, `${used}`),
        h("td", { "data-name": "Enabled" }, toggle(`source-${source.name}`, `Enable ${source.name}`, source.enabled,
          ({ target }) => apply(`${source.name} is ${target.checked ? "enabled" : "disabled"}.`, "PATCH", "sources", named, { enabled: target.checked }))),
        h("td", {}, h("button", { type: "button", class: "button quiet", "aria-label": `Remove ${source.name}`, disabled: used > 0 || sources().length === 1,
          title: used ? "Remove its destinations first." : null, onclick: () => apply(`${source.name} removed.`, "DELETE", "sources", named) }, "Remove")));
    }))));
}

function addSource() {
  const input = h("input", { id: "source-name", name: "name", required: true, autocomplete: "off", placeholder: "Website" });
  return h("div", { class: "body" }, form(async ({ name }, refused) => {
    if (await apply(`Source ${name.value} added; copy its write key into an SDK.`, "POST", "sources", {}, { name: name.value.trim() }, refused)) show();
  }, h("div", { class: "inline" }, field("New source", input), h("button", { class: "button" }, "Add source")), null));
}

// --- catalog, configure, select source ---

function catalog() {
  const list = h("div", { "aria-live": "polite" });
  const search = h("input", { type: "search", id: "search", "data-first": true, "data-shortcut": "/", autocomplete: "off", placeholder: NAME, oninput: find });
  function find() {
    const wanted = search.value.trim().toLowerCase();
    const isFound = NAME.toLowerCase().includes(wanted);
    fill(list, isFound
      ? h("ul", { class: "cards" }, h("li", { class: "card" },
        h("div", { class: "card-name" }, h("a", { href: link("catalog", "toplyne"), id: "found" }, NAME),
          h("p", { class: "small muted" }, "Analytics · cloud mode, Actions framework")),
        badge("Public beta", "info")))
      : empty(`Nothing in the catalog is called “${search.value.trim()}”`, `This sandbox stands for one destination of Segment’s: ${NAME}.`));
  }
  find();
  return h("div", { class: "stack" }, crumbs(["Set-up", "#"], ["Catalog"]), head("Catalog"),
    panel("Destinations", null, h("div", { class: "body" }, field("Search destinations", search)), list));
}

function offer() {
  return h("div", { class: "stack" }, crumbs(["Set-up", "#"], ["Catalog", link("catalog")], [NAME]),
    head(NAME, h("a", { class: "button primary push", href: link("connect"), "data-first": true, id: "configure" }, `Configure ${NAME}`)),
    h("p", { class: "measure" }, "Sends what users and accounts are, and what they do, to Toplyne: each mapping that takes an event makes one call of Toplyne’s API."),
    panel("Available actions", badge(`${facts.actions.length}`), h("ul", { class: "cards" }, facts.actions.map((action) =>
      h("li", { class: "card" }, h("div", { class: "card-name" }, h("b", {}, action.name), h("p", { class: "small muted" }, action.description)),
        h("p", { class: "small muted" }, action.fields.filter((each) => each.required).map((each) => each.label).join(", "), " required"))))),
    panel("Presets", badge(`${facts.presets.length}`), h("ul", { class: "cards" }, facts.presets.map((preset) =>
      h("li", { class: "card" }, h("b", { class: "card-name" }, preset.name), h("code", {}, preset.trigger))))));
}

function connect() {
  const name = h("input", { id: "name", name: "name", required: true, autocomplete: "off", value: freeName(NAME, destinations()) });
  const unused = sources().find((source) => !destinations().some((each) => each.source === source.name)) ?? sources()[0];
  const choices = sources().map((source) =>
    h("label", { class: "choice" }, h("input", { type: "radio", name: "source", value: source.name, checked: source === unused, "data-first": source === unused }),
      h("span", {}, h("b", {}, source.name), source.enabled ? null : badge("Disabled"))));
  return h("div", { class: "stack narrow" }, crumbs(["Set-up", "#"], ["Catalog", link("catalog")], [NAME, link("catalog", "toplyne")], ["Configure"]),
    head(`Configure ${NAME}`),
    h("section", { class: "panel" }, h("div", { class: "body" }, form(async (inputs, refused) => {
      const body = { name: inputs.name.value.trim(), source: inputs.source.value };
      if (!(await apply("Destination created; it is disabled.", "POST", "destinations", {}, body, refused))) return;
      go("destination", body.name, "settings");
    },
    h("fieldset", { class: "choices" }, h("legend", {}, h("b", {}, "1"), " Select the source that sends data"), choices),
    h("div", { class: "stack" }, h("h2", { class: "legend" }, h("b", {}, "2"), " Name the destination"), field("Destination name", name)),
    h("div", { class: "row" }, h("button", { class: "button primary" }, "Create destination"), h("a", { class: "button", href: link("catalog", "toplyne") }, "Back"))))));
}

// --- one destination ---

function gone(name) {
  return h("div", { class: "stack" }, crumbs(["Set-up", "#"], [name]), head("Not here"),
    h("section", { class: "panel" }, empty(`No destination is called “${name}”`, "It was removed or renamed.", h("a", { class: "button", href: "#" }, "All connections"))));
}

function destinationView(name, tab = "mappings", ...rest) {
  const each = destination(name);
  if (!each) return gone(name);
  if (tab === "mapping") return mappingView(each, ...rest);
  if (tab === "build") return buildView(each, ...rest);
  const tabs = [["mappings", "Mappings"], ["settings", "Settings"]];
  return h("div", { class: "stack" }, crumbs(["Set-up", "#"], [name]),
    h("div", { class: "head" }, h("h1", {}, name), state(each), h("p", { class: "small" }, "from ", h("b", {}, each.source))),
    each.enabled ? null : steps(each),
    h("nav", { class: "tabs", "aria-label": "Parts of the destination" }, tabs.map(([key, text]) =>
      h("a", { href: link("destination", name, key), id: `tab-${key}`, "aria-current": key === tab && "page" }, text))),
    tab === "settings" ? settings(each) : mappings(each));
}

/** Return what is still to be done until a destination can be enabled, and the switch for it. */
function steps(each) {
  const on = enabledOf(each);
  const step = (done, text, hash, act) => h("li", { "data-done": done || null }, h("span", { class: "mark", "aria-hidden": "true" }, done ? "✓" : ""),
    h("span", {}, h("a", { href: hash }, text), h("span", { class: "visually-hidden" }, done ? " (done)" : " (to do)")), act);
  return h("ol", { class: "steps", "aria-label": "Steps until it is enabled" },
    step(Boolean(each.api_key), "Enter the API key", link("destination", each.name, "settings")),
    step(on > 0, on ? `${on} mapping${on > 1 ? "s" : ""} enabled` : "Enable a mapping", link("destination", each.name, "mappings")),
    h("li", {}, h("span", { class: "mark", "aria-hidden": "true" }), h("button", { type: "button", id: "enable", class: ["button", each.api_key && on > 0 && "primary"],
      onclick: () => enable(each, true) }, "Enable destination")));
}

const enable = (each, enabled) =>
  apply(`${each.name} is ${enabled ? "enabled: what the source sends goes out" : "disabled: it receives nothing"}.`, "PATCH", "destinations", { name: each.name }, { enabled });

function settings(each) {
  const key = h("input", { id: "api_key", name: "api_key", class: "mono", type: "password", autocomplete: "off", placeholder: each.api_key ? "Leave empty to keep it" : "", "data-first": !each.api_key });
  const url = h("input", { id: "base_url", name: "base_url", type: "url", autocomplete: "off", placeholder: `${location.origin}/v1 (this sandbox)`, value: each.base_url ?? "" });
  const name = h("input", { id: "name", name: "name", required: true, autocomplete: "off", value: each.name });
  return h("div", { class: "stack narrow" },
    panel("Basic settings", null, h("div", { class: "body" }, form(async (inputs, refused) => {
      const body = { name: inputs.name.value.trim(), base_url: inputs.base_url.value.trim() || null };
      if (inputs.api_key.value) body.api_key = inputs.api_key.value.trim();
      if (!(await apply("Settings saved.", "PATCH", "destinations", { name: each.name }, body, refused))) return;
      if (body.name === each.name) show();
      else go("destination", body.name, "settings");
    },
    h("div", { class: "stack" }, field(facts.setting.label, key, facts.setting.description), keyState(each)),
    field("Base URL", url, "Left empty, requests go to the mock Toplyne of this sandbox."),
    field("Name", name),
    h("div", { class: "row" }, h("button", { class: "button primary", id: "save" }, "Save changes"))))),
    panel("Enable destination", toggle("enabled", "Enable destination", each.enabled, ({ target }) => enable(each, target.checked)),
      h("div", { class: "body" }, h("p", { class: "muted" }, each.enabled
        ? "It receives what its source sends."
        : "It receives nothing. It can be enabled once it has an API key and one enabled mapping."))),
    panel("Remove destination", h("button", { type: "button", class: "button danger", id: "remove", onclick: () => removeDestination(each) }, "Remove"),
      h("div", { class: "body" }, h("p", { class: "muted" }, "Its mappings go with it; what already waits is still delivered."))));
}

/** Say whose the API key is; never the key. */
function keyState(each) {
  if (!each.api_key) return note("", "No API key yet. Generate one on ", h("a", { href: "/toplyne" }, "Toplyne’s side"), ".");
  const whose = known.keys[each.name];
  if (!whose) return note("", `The key ends in ${each.api_key}.`);
  return whose.status === "good"
    ? note("good", `The key ends in ${each.api_key}. It is Toplyne’s token “${whose.tenant}”.`)
    : note("warn", `The key ends in ${each.api_key}. ${whose.status === "unknown" ? "Toplyne knows no such token" : `Toplyne’s token “${whose.tenant}” is ${whose.status}`}: deliveries will be refused.`);
}

function confirmed(title, text, word) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "sure" }, h("h2", { id: "sure" }, title), h("p", {}, text),
      h("form", { method: "dialog", class: "row" }, h("button", { class: "button danger", value: "yes" }, word), h("button", { class: "button", value: "" }, "Cancel")));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

async function removeDestination(each) {
  if (!(await confirmed(`Remove ${each.name}?`, `${each.mappings.length} mappings go with it.`, "Remove"))) return $("remove").focus();
  if (await apply(`${each.name} removed.`, "DELETE", "destinations", { name: each.name })) go("");
}

// --- its mappings ---

function mappings(each) {
  const most = known.most_mappings;
  const isFull = each.mappings.length >= most;
  return h("section", { class: "panel" },
    h("header", {}, h("h2", {}, "Mappings"), h("span", { class: "small muted", id: "count" }, `${each.mappings.length} of ${most}`),
      h("a", { class: "button primary", id: "new", "data-shortcut": "n", href: isFull ? null : link("destination", each.name, "mapping"), role: isFull ? "link" : null, "aria-disabled": isFull || null }, "+ New Mapping")),
    isFull && h("div", { class: "body" }, note("warn", `A destination has at most ${most} mappings. Remove one to add another.`)),
    each.mappings.length
      ? h("div", { class: "scroll" }, h("table", { class: "fold" }, h("caption", { class: "visually-hidden" }, `Mappings of ${each.name}`),
        h("thead", {}, h("tr", {}, ["Enabled", "Mapping", "Action", "Trigger"].map((text) => h("th", { scope: "col" }, text)), h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Actions")))),
        h("tbody", {}, each.mappings.map((mapping, number) => mappingRow(each, mapping, number)))))
      : empty("No mapping yet", "A mapping says which events are sent, and what becomes of them."));
}

function mappingRow(each, mapping, number) {
  const named = { destination: each.name, name: mapping.name };
  const action = facts.actions.find((one) => one.key === mapping.action);
  return h("tr", {},
    h("td", {}, toggle(`on-${number}`, `Enable ${mapping.name}`, mapping.enabled, ({ target }) =>
      apply(`${mapping.name} is ${target.checked ? "enabled" : "disabled"}.`, "PATCH", "mappings", named, { enabled: target.checked }))),
    h("th", { scope: "row" }, h("a", { href: link("destination", each.name, "mapping", mapping.name), id: `edit-${number}` }, mapping.name)),
    h("td", { "data-name": "Action" }, action.name),
    h("td", { "data-name": "Trigger" }, h("code", {}, mapping.trigger)),
    h("td", {}, h("button", { type: "button", class: "button quiet", "aria-label": `Remove ${mapping.name}`, onclick: async () => {
      if (await confirmed(`Remove ${mapping.name}?`, "The mapping is gone at once.", "Remove")) await apply(`${mapping.name} removed.`, "DELETE", "mappings", named);
    } }, "Remove")));
}

const way = (each) => [["Set-up", "#"], [each.name, link("destination", each.name)]];

function newMapping(each) {
  const presets = facts.presets.map((preset) => h("li", { class: "card" },
    h("div", { class: "card-name" }, h("b", {}, preset.name), h("p", {}, h("code", {}, preset.trigger))),
    h("button", { type: "button", class: "button", "aria-label": `Add ${preset.name}`, onclick: async () => {
      const name = freeName(preset.name, each.mappings);
      if (await apply(`${name} added; it is disabled.`, "POST", "mappings", { destination: each.name }, { preset: preset.name, name })) go("destination", each.name);
    } }, "Add")));
  const actions = facts.actions.map((action, number) => h("li", { class: "card" },
    h("div", { class: "card-name" }, h("b", {}, action.name), h("p", { class: "small muted" }, action.description)),
    h("a", { class: "button", id: `build-${action.key}`, "data-first": number === 0, "aria-label": `Build ${action.name}`, href: link("destination", each.name, "build", action.key) }, "Build")));
  return h("div", { class: "stack narrow" }, crumbs(...way(each), ["New Mapping"]), head("New Mapping"),
    panel("Build your own mapping", null, h("ul", { class: "cards" }, actions)), panel("Use a preset", null, h("ul", { class: "cards" }, presets)));
}

function buildView(each, key) {
  const action = facts.actions.find((one) => one.key === key) ?? facts.actions[0];
  const { trigger } = facts.presets.find((one) => one.action === action.key);
  return editing(each, { name: freeName(action.name, each.mappings), action: action.key, trigger, fields: Object.fromEntries(action.fields.map((one) => [one.key, one.default])), enabled: false }, null);
}

function mappingView(each, name) {
  if (name === undefined) return newMapping(each);
  const mapping = each.mappings.find((one) => one.name === name);
  return mapping ? editing(each, mapping, mapping.name) : gone(name);
}

function editing(each, mapping, before) {
  const action = facts.actions.find((one) => one.key === mapping.action);
  return h("div", { class: "stack" }, crumbs(...way(each), [before ?? "New Mapping"]),
    h("div", { class: "head" }, h("h1", {}, before ?? "New Mapping"), badge(action.name, "info")),
    editor(facts, each, mapping, before, (saved) => {
      say(`${saved.name} saved; it is ${saved.enabled ? "enabled" : "disabled"}.`, "good");
      go("destination", each.name);
    }));
}

const VIEWS = { catalog: (part) => (part ? offer() : catalog()), connect, destination: destinationView };

addEventListener("hashchange", () => show({ focus: "heading" }));
try {
  await load();
  show();
} catch (error) {
  fill($("view"), head("Set-up"), note("bad", error.message));
}
ready();
