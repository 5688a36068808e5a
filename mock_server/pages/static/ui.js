// The components of the pages: panels, fields, tables, dialogs.
import { dialog, h, say } from "./dom.js";

export { dialog };
export const hidden = (text) => h("span.visually-hidden", text);
export const button = (props, ...children) => h("button.button", { type: "button", ...props }, ...children);
export const quiet = (label, text, onclick, props) => button({ class: "button quiet", "aria-label": label, onclick, ...props }, text);

/** Return a panel with its title, what is at the end of its head, and its content. */
export const panel = (title, aside, ...content) => h("section.panel", h("header", h("h2", title), aside), ...content);
export const body = (...content) => h("div.body", ...content);

/** Return an input with its label and an optional hint. */
export function field(label, input, hint) {
  const id = `${input.id}-hint`;
  if (hint) input.setAttribute("aria-describedby", id);
  return h("div.field", h("label.name", { for: input.id }, label), input, hint && h("p.small.muted", { id }, hint));
}

/** Return an input for text, without the browser's autocompletion. */
export const text = (id, props) => h("input", { id, name: id, autocomplete: "off", ...props });

export const toggle = (id, label, on, change) =>
  h("input.switch", { type: "checkbox", role: "switch", id, "aria-label": label, checked: on, onchange: ({ target }) => change(target.checked) });

/** Return the options of a select, from objects of value and label (or named object), or of group label and options. */
export const options = (choices) => Object.entries(choices).map(([value, label]) => (typeof label === "string" || label.name
  ? h("option", { value }, label.name ?? label) : h("optgroup", { label: value }, options(label))));

/** Return a table. The first cell of a row is its header; a null cell shows a dash. */
export function table(label, columns, rows) {
  const cell = (value, place) => (place
    ? h("td", { "data-name": columns[place] || null, class: value === null && "none" }, value ?? h("span.muted", "–"))
    : h("th", { scope: "row" }, value ?? "–"));
  return h("div.scroll", h("table.fold", h("caption.visually-hidden", label),
    h("thead", h("tr", columns.map((name) => h("th", { scope: "col" }, name || hidden("Actions"))))),
    h("tbody", rows.map((row) => h("tr", row.map(cell))))));
}

/** Ask for confirmation before an action that cannot be undone. */
export function confirm(title, sentence, word, act) {
  const shown = dialog(title, h("p", sentence), h("div.row",
    button({ class: "button danger", onclick: () => (shown.close(), act()) }, word), button({ onclick: () => shown.close() }, "Cancel")));
}

/** Do something, and show the result or the error. */
export async function tell(done, act) {
  try {
    await act();
    if (done) say(done, "good");
    return true;
  } catch (error) {
    say(error.message.replaceAll("$.", ""), "bad");
    return false;
  }
}
