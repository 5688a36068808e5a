// What the pages Set-up and Toplyne are built of: panels, fields, tables, dialogs.
import { dialog, h, say } from "./dom.js";

export { dialog };
export const hidden = (text) => h("span.visually-hidden", text);
export const button = (props, ...children) => h("button.button", { type: "button", ...props }, ...children);
export const quiet = (label, text, onclick, props) => button({ class: "button quiet", "aria-label": label, onclick, ...props }, text);

/** Return a panel: its title, what stands at the end of its head, and its content. */
export const panel = (title, aside, ...content) => h("section.panel", h("header", h("h2", title), aside), ...content);
export const body = (...content) => h("div.body", ...content);

/** Return an input with its label and, perhaps, a hint. */
export function field(label, input, hint) {
  const id = `${input.id}-hint`;
  if (hint) input.setAttribute("aria-describedby", id);
  return h("div.field", h("label.name", { for: input.id }, label), input, hint && h("p.small.muted", { id }, hint));
}

/** Return a text input; nothing is completed by the browser. */
export const text = (id, props) => h("input", { id, name: id, autocomplete: "off", ...props });

export const toggle = (id, label, on, change) =>
  h("input.switch", { type: "checkbox", role: "switch", id, "aria-label": label, checked: on, onchange: ({ target }) => change(target.checked) });

/** Return the options of a select: by value its label, or what has a name; by the label of a group its options. */
export const options = (choices) => Object.entries(choices).map(([value, label]) => (typeof label === "string" || label.name
  ? h("option", { value }, label.name ?? label) : h("optgroup", { label: value }, options(label))));

/** Return a table; the first cell of a row names it, a cell that is null shows a dash. */
export function table(label, columns, rows) {
  const cell = (value, place) => (place
    ? h("td", { "data-name": columns[place] || null, class: value === null && "none" }, value ?? h("span.muted", "–"))
    : h("th", { scope: "row" }, value ?? "–"));
  return h("div.scroll", h("table.fold", h("caption.visually-hidden", label),
    h("thead", h("tr", columns.map((name) => h("th", { scope: "col" }, name || hidden("Actions"))))),
    h("tbody", rows.map((row) => h("tr", row.map(cell))))));
}

/** Ask whether to do what cannot be undone, and do it. */
export function confirm(title, sentence, word, act) {
  const shown = dialog(title, h("p", sentence), h("div.row",
    button({ class: "button danger", onclick: () => (shown.close(), act()) }, word), button({ onclick: () => shown.close() }, "Cancel")));
}

/** Do something and say what came of it. */
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
