// Elements out of plain values: text is always text, so that nothing an event holds becomes markup.

/** Return the address of a path of this server, which may stand below a prefix. */
export const siteUrl = (path) => new URL(`..${path}`, import.meta.url).pathname;

/** Return the element with that id. */
export const $ = (id) => document.getElementById(id);

/**
 * Return a new element: `h("p.small.muted", { id: "x" }, "text")`. The second argument may be left
 * out; in it `on…` are listeners, `class` may be a list, false and null leave an attribute out.
 * Children are nodes, texts or lists of them.
 */
export function h(tag, ...given) {
  const [name, ...classes] = tag.split(".");
  const props = given[0]?.constructor === Object ? { ...given.shift() } : {};
  if (classes.length) props.class = [...classes, props.class].flat();
  const element = document.createElement(name);
  element.append(...nodes(given));
  Object.assign(element, { tag, given: {} });
  return give(element, props);
}

/** Give an element its attributes and listeners, in place of those it was given before. */
function give(element, props) {
  for (const name of Object.keys({ ...element.given, ...props })) {
    const value = props[name] ?? false;
    if (value === false && !(name in element.given)) continue;
    if (name === "value") element.value === value || (element.value = value === false ? "" : value);
    else if (name === "checked" || name === "disabled") element[name] = value;
    else if (name.startsWith("on")) element[name] = value ? (event) => void value(event) : null; // what a listener returns cancels nothing
    else if (value === element.given[name]) continue; // what a person opened stays open
    else if (value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : Array.isArray(value) ? value.filter(Boolean).join(" ") : value);
  }
  element.given = props;
  return element;
}

const ALIKE = ["nodeName", "tag", "id", "key", "whole"];

/**
 * Make an element show these children. Where it shows the like already, the very element stays,
 * with its focus, caret and undo, and takes over what is new.
 */
export function update(element, ...children) {
  let here = element.firstChild;
  for (const child of nodes(children)) {
    const wanted = child.nodeType ? child : document.createTextNode(child);
    let twin = here;
    while (twin && ALIKE.some((name) => twin[name] !== wanted[name])) twin = twin.nextSibling;
    if (!twin) element.insertBefore(wanted, here);
    else {
      while (here !== twin) here = removed(here);
      if (twin.tag && !twin.whole) {
        update(twin, ...wanted.childNodes);
        give(twin, wanted.given);
      } else if (!twin.tag && twin.data !== wanted.data) twin.data = wanted.data;
      here = twin.nextSibling;
    }
  }
  while (here) here = removed(here);
  return element;
}

/** Return an element whose listeners know it, so that `update` takes it as it is, or keeps one that shows the same. */
export const whole = (element, shows = element) => Object.assign(element, { whole: shows });

/** Return an element that only one of the same key is the like of. */
export const keyed = (key, element) => Object.assign(element, { key });

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** Put children in place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

const nodes = (children) => children.flat(Infinity).filter((child) => ![null, undefined, false].includes(child));

/** Return a badge: a verdict in a word, with its tone: good, warn, bad, info or none. */
export const badge = (text, tone) => h("span.badge", { "data-tone": tone || null }, text);

/** Return a note: a sentence beside a coloured edge. */
export const note = (tone, ...children) => h("p.note", { "data-tone": tone || null }, ...children);

/** Return an empty state: what would stand here, and how it comes. */
export const empty = (title, ...children) =>
  h("div.empty", h("strong", title), children.map((each) => (typeof each === "string" ? h("p", each) : each)));

/** Return a sentence with what stands between backticks as code. */
export const ticked = (text) => text.split("`").map((part, index) => (index % 2 ? h("code", part) : part));

let hiding = 0;

/** Say something in the status line; it goes after a while, a refusal stays longer. */
export function say(text, tone = "") {
  const line = $("status");
  line.dataset.tone = tone;
  line.textContent = text;
  clearTimeout(hiding);
  hiding = setTimeout(() => (line.textContent = ""), tone === "bad" ? 9000 : 4000);
}

/** Return a function that calls `work` once nobody has called for `ms`. */
export function debounced(work, ms = 150) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
}

/** Show a dialog; it is gone when it is closed. */
export function dialog(title, ...children) {
  const shown = h("dialog", { "aria-label": title, onclose: () => shown.remove() }, h("h2", title), ...children);
  document.body.append(shown);
  shown.showModal();
  return shown;
}

/** Copy a text and say so; where the browser does not allow that, show it selected. `what` reads like "the link". */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied ${what}.`, "good");
  } catch {
    const box = h("textarea", { readonly: true, rows: 6, "aria-label": `Text of ${what}`, value: text });
    dialog(`Copy ${what}`, h("p", "Browsers copy by themselves only over https or from localhost. The text is selected: press Ctrl+C."), box,
      h("form", { method: "dialog" }, h("button.button", "Close")));
    box.select();
  }
}

/** Return the zone of a time here, such as UTC+1, and UTC for that itself. */
export const zone = (time = new Date()) => time.toLocaleTimeString("en", { timeZoneName: "shortOffset" }).split(" ").at(-1)
  .replace("GMT", "UTC").replace(/\+0$/, "").replace("-", "−");

const isoText = (time) => time.toISOString().replace("T", " ").replace("Z", "");
const localText = (time) => isoText(new Date(time - time.getTimezoneOffset() * 60_000));

/** Return the time of day here, with milliseconds; with the date where that is not today's. */
export function clock(at) {
  if (Number.isNaN(new Date(at).getTime())) return String(at);
  const [text, now] = [new Date(at), new Date()].map(localText);
  return text.startsWith(now.slice(0, 11)) ? text.slice(11) : text;
}

/** Return a time (ISO text, Date or milliseconds) as people here read it, with its zone; UTC is in the tooltip. */
export function when(at, props) {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return h("span", props, String(at));
  return h("time", { datetime: time.toISOString(), title: `${isoText(time)} UTC`, ...props }, `${clock(time)} ${zone(time)}`);
}

/** Tell that the page shows what it has to show at first. */
export const ready = () => ($("main").dataset.ready = "");
