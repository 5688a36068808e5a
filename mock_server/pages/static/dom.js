// Elements out of plain values: text is always text, so that nothing an event holds becomes markup.

/** Return the address of a path of this server, which may stand below a prefix. */
export const siteUrl = (path) => new URL(`..${path}`, import.meta.url).pathname;

/** Return the element with that id. */
export const $ = (id) => document.getElementById(id);

/**
 * Return a new element. `props` are attributes; `on…` functions are listeners, `class` may be a
 * list, false and null leave an attribute out. Children are nodes, texts or lists of them.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true ? "" : Array.isArray(value) ? value.filter(Boolean).join(" ") : value);
  }
  element.append(...nodes(children));
  return element;
}

/** Put children in place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Return a badge: a verdict in a word, with its tone: good, warn, bad, info or none. */
export const badge = (text, tone = "") => h("span", { class: "badge", "data-tone": tone || null }, text);

/** Return a note: a sentence beside a coloured edge. */
export const note = (tone, ...children) => h("p", { class: "note", "data-tone": tone || null }, ...children);

/** Return an empty state: what would stand here, and how it comes. */
export const empty = (title, ...children) =>
  h("div", { class: "empty" }, h("strong", {}, title), ...children.map((c) => (typeof c === "string" ? h("p", {}, c) : c)));

/** Return a sentence with what stands between backticks as code. */
export const ticked = (text) => text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));

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

/** Copy a text, and say so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied.`, "good");
  } catch {
    say(`${what} could not be copied: the browser does not allow it.`, "bad");
  }
}

/** Tell that the page shows what it has to show at first. */
export const ready = () => ($("main").dataset.ready = "");
