// A JSON value as readable text: indented and coloured, short values on one line, large ones in pieces.
import { count, h, whole } from "./dom.js";

const WIDTH = 46;
const AT_ONCE = 4000;
const INLINE = 150;
const LONGEST = 2000;

/** Return a block that shows a JSON value. */
export function jsonView(value, label = "JSON") {
  const block = whole(h("pre.code.json", { tabindex: "0", role: "region", "aria-label": label }), `${label} ${JSON.stringify(value)}`);
  const parts = partsOf(value, "");
  const more = h("button.button.quiet", { type: "button", onclick: show }, "Show more");
  function show() {
    more.remove();
    const [shown, isAll] = take(parts, AT_ONCE);
    block.append(...shown, ...(isAll ? [] : [more]));
  }
  show();
  return block;
}

/** Return a value on one line; a long one is cut. */
export function jsonInline(value) {
  const [shown, isAll] = take(partsOf(value), INLINE);
  return whole(h("code.json", shown, !isAll && "…"));
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

/** Yield the parts of a value, on one line if it has no indent or is short enough. */
function* partsOf(value, indent) {
  if (!isNested(value)) return yield* scalar(value);
  const isList = Array.isArray(value);
  const keys = Object.keys(value);
  const isFlat = indent === undefined || room(value, WIDTH - indent.length) >= 0;
  const deeper = isFlat ? undefined : `${indent}  `;
  const [space, next] = isFlat ? [isList || !keys.length ? "" : " ", ", "] : [`\n${deeper}`, `,\n${deeper}`];
  const [open, close] = isList ? "[]" : "{}";
  yield open;
  for (const [place, key] of keys.entries()) {
    yield place ? next : space;
    if (!isList) {
      yield h("b", JSON.stringify(key));
      yield ": ";
    }
    yield* partsOf(value[key], deeper);
  }
  yield (isFlat ? space : `\n${indent}`) + close;
}

function* scalar(value) {
  if (typeof value !== "string") return yield h("i", JSON.stringify(value) ?? "undefined");
  const text = JSON.stringify(value);
  if (value.length <= LONGEST) return yield h("q", text);
  const shown = h("q", `${JSON.stringify(value.slice(0, LONGEST)).slice(0, -1)}…`);
  yield shown;
  const all = h("button.button.quiet", { type: "button", onclick: () => {
    shown.textContent = text;
    all.remove();
  } }, `Show all ${count(value.length)} characters`);
  yield all;
}

/** Return the space that a value leaves on its line, negative if it does not fit. */
function room(value, left) {
  if (!isNested(value)) return left - (typeof value === "string" ? value.length + 2 : String(value).length);
  for (const key in value) {
    left = room(value[key], left - (Array.isArray(value) ? 2 : key.length + 6));
    if (left < 0) return left;
  }
  return left - 2;
}

const isNested = (value) => typeof value === "object" && value !== null;
