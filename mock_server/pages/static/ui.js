// What the pages Set-up and Toplyne are built of: panels, fields, tables, dialogs.
import { h, say } from "./dom.js";

export const hidden = (text) => h("span", { class: "visually-hidden" }, text);
export const button = (props, ...children) => h("button", { type: "button", class: "button", ...props }, ...children);
export const quiet = (label, text, onclick, props = {}) => button({ class: "button quiet", "aria-label": label, onclick, ...props }, text);

/** Return a panel: its title, what stands at the end of its head, and its content. */
export const panel = (title, aside, ...content) => h("section", { class: "panel" }, h("header", {}, h("h2", {}, title), aside), ...content);
export const body = (...content) => h("div", { class: "body" }, ...content);

/** Return an input with its label and, perhaps, a hint. */
export function field(label, input, hint) {
  if (hint) input.setAttribute("aria-describedby", `${input.id}-hint`);
  return h("div", { class: "field" }, h("label", { for: input.id, class: "name" }, label), input, hint && h("p", { class: "small muted", id: `${input.id}-hint` }, hint));
}

/** Return a text input; nothing is completed by the browser. */
export const text = (id, props = {}) => h("input", { id, name: id, autocomplete: "off", ...props });

export const toggle = (id, label, on, change) =>
  h("input", { type: "checkbox", class: "switch", role: "switch", id, "aria-label": label, checked: on, onchange: ({ target }) => change(target.checked) });

/** Return a table; the first cell of a row names it, a cell that is null shows a dash. */
export function table(label, columns, rows) {
  const cell = (value, place) => (place
    ? h("td", { "data-name": columns[place] || null, class: value === null && "none" }, value ?? h("span", { class: "muted" }, "–"))
    : h("th", { scope: "row" }, value ?? "–"));
  return h("div", { class: "scroll" }, h("table", { class: "fold" }, h("caption", { class: "visually-hidden" }, label),
    h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name || hidden("Actions"))))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell))))));
}

/** Show a dialog; it is gone when it is closed. */
export function dialog(title, ...children) {
  const shown = h("dialog", { "aria-labelledby": "dialog-title" }, h("h2", { id: "dialog-title" }, title), ...children);
  shown.addEventListener("close", () => shown.remove());
  document.body.append(shown);
  shown.showModal();
  return shown;
}

/** Ask whether to do what cannot be undone, and do it; what is refused is said. */
export function confirm(title, sentence, word, act) {
  const shown = dialog(title, h("p", {}, sentence), h("div", { class: "row" },
    button({ class: "button danger", onclick: async () => {
      shown.close();
      await act();
    } }, word), button({ onclick: () => shown.close() }, "Cancel")));
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
