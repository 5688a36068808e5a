// A JSON value as text people read: indented, coloured, short lists and objects on one line.
import { h } from "./dom.js";

const WIDTH = 46;
const MOST = 4000;

/** Return a block that shows a JSON value. */
export function jsonView(value, label = "JSON") {
  const block = h("pre", { class: "code json", tabindex: "0", role: "region", "aria-label": label });
  const parts = [];
  write(value, "", parts);
  block.append(...parts.slice(0, MOST));
  if (parts.length > MOST) {
    const more = h("button", { type: "button", class: "button quiet", onclick: () => more.replaceWith(...parts.slice(MOST)) }, "Show all");
    block.append(more);
  }
  return block;
}

/** Return a short value on one line. */
export function jsonInline(value) {
  const parts = [];
  scalarOrFlat(value, parts);
  return h("code", { class: "json" }, ...parts);
}

function write(value, indent, parts) {
  if (!isNested(value) || JSON.stringify(value).length + indent.length <= WIDTH) {
    scalarOrFlat(value, parts);
    return;
  }
  const isList = Array.isArray(value);
  const deeper = `${indent}  `;
  parts.push(isList ? "[" : "{");
  Object.entries(value).forEach(([key, member], index) => {
    parts.push(`${index ? "," : ""}\n${deeper}`);
    if (!isList) parts.push(h("b", {}, JSON.stringify(key)), ": ");
    write(member, deeper, parts);
  });
  parts.push(`\n${indent}${isList ? "]" : "}"}`);
}

function scalarOrFlat(value, parts) {
  if (!isNested(value)) {
    parts.push(h(typeof value === "string" ? "q" : "i", {}, JSON.stringify(value) ?? "undefined"));
    return;
  }
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  parts.push(isList ? "[" : entries.length ? "{ " : "{");
  entries.forEach(([key, member], index) => {
    if (index) parts.push(", ");
    if (!isList) parts.push(h("b", {}, JSON.stringify(key)), ": ");
    scalarOrFlat(member, parts);
  });
  parts.push(isList ? "]" : entries.length ? " }" : "}");
}

const isNested = (value) => typeof value === "object" && value !== null;
