// A JSON value as text people read: indented, coloured, what is short on one line, what is large in pieces.
import { h } from "./dom.js";

const WIDTH = 46;
const AT_ONCE = 4000;
const INLINE = 150;
const LONGEST = 2000;

/** Return a block that shows a JSON value. */
export function jsonView(value, label = "JSON") {
  const block = h("pre", { class: "code json", tabindex: "0", role: "region", "aria-label": label });
  const parts = indented(value, "");
  const more = h("button", { type: "button", class: "button quiet", onclick: show }, "Show more");
  function show() {
    more.remove();
    const [shown, isAll] = take(parts, AT_ONCE);
    block.append(...shown);
    if (!isAll) block.append(more);
  }
  show();
  return block;
}

/** Return a short value on one line; of a long one the beginning. */
export function jsonInline(value) {
  const [shown, isAll] = take(flat(value), INLINE);
  return h("code", { class: "json" }, shown, !isAll && "…");
}

function take(parts, most) {
  const shown = [];
  while (shown.length < most) {
    const { value, done } = parts.next();
    if (done) return [shown, true];
    shown.push(value);
  }
  return [shown, false];
}

function* indented(value, indent) {
  if (!isNested(value) || room(value, WIDTH - indent.length) >= 0) return yield* flat(value);
  const isList = Array.isArray(value);
  const deeper = `${indent}  `;
  let comma = "";
  yield isList ? "[" : "{";
  for (const key of Object.keys(value)) {
    yield `${comma}\n${deeper}`;
    if (!isList) yield* member(key);
    yield* indented(value[key], deeper);
    comma = ",";
  }
  yield `\n${indent}${isList ? "]" : "}"}`;
}

function* flat(value) {
  if (!isNested(value)) return yield* scalar(value);
  const isList = Array.isArray(value);
  const keys = Object.keys(value);
  yield isList ? "[" : keys.length ? "{ " : "{";
  for (const [index, key] of keys.entries()) {
    if (index) yield ", ";
    if (!isList) yield* member(key);
    yield* flat(value[key]);
  }
  yield isList ? "]" : keys.length ? " }" : "}";
}

function* member(key) {
  yield h("b", {}, JSON.stringify(key));
  yield ": ";
}

function* scalar(value) {
  if (typeof value !== "string") return yield h("i", {}, JSON.stringify(value) ?? "undefined");
  if (value.length <= LONGEST) return yield h("q", {}, JSON.stringify(value));
  const shown = h("q", {}, `${JSON.stringify(value.slice(0, LONGEST)).slice(0, -1)}…`);
  yield shown;
  const all = h("button", { type: "button", class: "button quiet", onclick: () => {
    shown.textContent = JSON.stringify(value);
    all.remove();
  } }, `Show all ${value.length.toLocaleString()} characters`);
  yield all;
}

/** Return how much of the room a value leaves on its line, negative where it does not fit. */
function room(value, left) {
  if (!isNested(value)) return left - (typeof value === "string" ? value.length + 2 : String(value).length);
  for (const key in value) {
    left = room(value[key], left - (Array.isArray(value) ? 2 : key.length + 6));
    if (left < 0) return left;
  }
  return left - 2;
}

const isNested = (value) => typeof value === "object" && value !== null;
