// The dry run of an event for Try it and Set-up, repeated after every edit.
import { ask, Refused } from "./api.js";
import { $, h, note } from "./dom.js";
import { problem } from "./explained.js";
import { quiet } from "./ui.js";

export const written = (value) => JSON.stringify(value, null, 2);

/** Return the value of a JSON text, or undefined if it is not valid. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Return what a message is called: its type and its name. */
export const titleOf = ({ type, event, name }) => [type ?? "no type", event ?? name].filter((each) => typeof each === "string").join(" ");
/** Return whom a message is about, or undefined. */
export const whoOf = ({ userId, groupId, anonymousId }) => userId ?? groupId ?? anonymousId;

/** Return two functions that run and show the question: at once, and when edits pause. A new one cancels the one before. */
export function asker(question, show, refused) {
  let running;
  let waiting;
  async function now() {
    clearTimeout(waiting);
    running?.abort();
    running = new AbortController();
    try {
      const told = await ask("POST", "try", question(), { signal: running.signal });
      await show(told);
      return told;
    } catch (error) {
      if (error instanceof Refused) refused(error);
      else if (error.name !== "AbortError") throw error;
    }
  }
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(now, 120);
  }
  return [now, soon];
}

/** Return the notes on the event: why it is not JSON, or what Segment's intake makes of it. */
export function eventSays({ intake, problem: wrong }) {
  if (!wrong) return [intake.code && note("bad", h("b", "Segment would drop this message: "), h("code", intake.code), `, ${intake.reason}`), intake.remarks.map((each) => note("warn", each))];
  return [problem(wrong.message), wrong.line > 0 && quiet(null, `Go to line ${wrong.line}`, () => {
    const area = $("event");
    const before = area.value.split("\n", wrong.line - 1).map((line) => `${line}\n`).join("").length;
    area.focus();
    area.setSelectionRange(before + wrong.column - 1, before + wrong.column);
  })];
}
