// Make elements from plain values. Strings become text nodes, so nothing in an event becomes markup.

/** Return the URL path of a path of this server, which may be mounted below a prefix. */
export const siteUrl = (path) => new URL(`..${path}`, import.meta.url).pathname;

/** Return the element with that id. */
export const $ = (id) => document.getElementById(id);

/**
 * Return a new element: `h("p.small.muted", { id: "x" }, "text")`. The second argument is optional:
 * `on…` are listeners, `class` may be a list, and false and null omit an attribute. Children are
 * nodes, strings or lists of them.
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

/** Set an element's attributes and listeners, and remove those that were set before. */
function give(element, props) {
  for (const name of Object.keys({ ...element.given, ...props })) {
    const value = props[name] ?? false;
    if (value === false && !(name in element.given)) continue;
    if (name === "value") element.value === value || (element.value = value === false ? "" : value);
    else if (name === "checked" || name === "disabled") element[name] = value;
    else if (name.startsWith("on")) element[name] = value ? (event) => void value(event) : null; // so that its return value does not cancel the event
    else if (value === element.given[name]) continue; // so that details opened by the user stay open
    else if (value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : Array.isArray(value) ? value.filter(Boolean).join(" ") : value);
  }
  element.given = props;
  return element;
}

const ALIKE = ["nodeName", "tag", "id", "key", "whole"];

/**
 * Make an element show these children. An existing child of the same kind stays, with its focus,
 * caret and undo history, and is updated.
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

/** Mark an element that `update` must not merge with another: it keeps it if it `shows` the same, or replaces it. */
export const whole = (element, shows = element) => Object.assign(element, { whole: shows });

/** Give an element a key: `update` only merges it with an element of the same key. */
export const keyed = (key, element) => Object.assign(element, { key });

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** Replace the children of an element. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

const nodes = (children) => children.flat(Infinity).filter((child) => ![null, undefined, false].includes(child));

/** Return a badge: a verdict in a word, with its tone: good, warn, bad, info or none. */
export const badge = (text, tone) => h("span.badge", { "data-tone": tone || null }, text);

/** Return a note: a sentence beside a coloured edge. */
export const note = (tone, ...children) => h("p.note", { "data-tone": tone || null }, ...children);

/** Return an empty state: what is missing, and how to get it. */
export const empty = (title, ...children) =>
  h("div.empty", h("strong", title), children.map((each) => (typeof each === "string" ? h("p", each) : each)));

/** Return a sentence with the parts between backticks as code. */
export const ticked = (text) => text.split("`").map((part, index) => (index % 2 ? h("code", part) : part));

let hiding = 0;

/** Show a message in the status line for a few seconds; errors stay longer. */
export function say(text, tone = "") {
  const line = $("status");
  line.dataset.tone = tone;
  line.textContent = text;
  clearTimeout(hiding);
  hiding = setTimeout(() => (line.textContent = ""), tone === "bad" ? 9000 : 4000);
}

/** Return a function that calls `work` once it has not been called for `ms`. */
export function debounced(work, ms = 150) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
}

/** Show a dialog. It is removed when it is closed. */
export function dialog(title, ...children) {
  const shown = h("dialog", { "aria-label": title, onclose: () => shown.remove() }, h("h2", title), ...children);
  document.body.append(shown);
  shown.showModal();
  return shown;
}

/** Return a number with commas in thousands. */
export const count = (number) => number.toLocaleString("en");

/** Give a blob to the browser to save as a file, and say so. */
export function download(blob, name, said) {
  const href = URL.createObjectURL(blob);
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
  say(said, "good");
}

/** Copy a string and say so; if the browser does not allow that, show it selected. `what` is like "the link". */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied ${what}.`, "good");
  } catch {
    const box = h("textarea", { readonly: true, rows: 6, "aria-label": `Text of ${what}`, value: text });
    dialog(`Copy ${what}`, h("p", "Browsers allow copying only over https or on localhost. The text is selected: press Ctrl+C."), box,
      h("form", { method: "dialog" }, h("button.button", "Close")));
    box.select();
  }
}

/** Return the local time zone at a time, such as UTC+1 or UTC. */
export const zone = (time = new Date()) => time.toLocaleTimeString("en", { timeZoneName: "shortOffset" }).split(" ").at(-1)
  .replace("GMT", "UTC").replace(/\+0$/, "").replace("-", "−");

const isoText = (time) => time.toISOString().replace("T", " ").replace("Z", "");
const localText = (time) => isoText(new Date(time - time.getTimezoneOffset() * 60_000));

/** Return the local time of day, with milliseconds, and with the date unless it is today. */
export function clock(at) {
  if (Number.isNaN(new Date(at).getTime())) return String(at);
  const [text, now] = [new Date(at), new Date()].map(localText);
  return text.startsWith(now.slice(0, 11)) ? text.slice(11) : text;
}

/** Return an element with the local time of `at` (ISO string, Date or milliseconds) and its zone; UTC is in the tooltip. */
export function when(at, props) {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return h("span", props, String(at));
  return h("time", { datetime: time.toISOString(), title: `${isoText(time)} UTC`, ...props }, `${clock(time)}\u00a0${zone(time)}`);
}

/** Mark the page as loaded. */
export const ready = () => ($("main").dataset.ready = "");
