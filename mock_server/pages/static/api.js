// The operations of `/_sandbox/…`: the pages know nothing they did not ask for here.
import { $, dialog, h } from "./dom.js";

const KEPT = "admin-token";
const DEMONSTRATION = "demonstration-token"; // while one plays in this tab, all pages show its mock

/** Return the token of the demonstration this tab shows, null where none plays. */
export const demonstration = () => sessionStorage.getItem(DEMONSTRATION);

function keepToken(name, token) {
  if (token) sessionStorage.setItem(name, token);
  else sessionStorage.removeItem(name);
}

/** Show a demonstration from the next page on; without a token, the server's own mock again. */
export const showDemonstration = (token) => keepToken(DEMONSTRATION, token);

/** Return the token this tab asks with, null where it needs none. */
export const tokenInUse = () => demonstration() ?? sessionStorage.getItem(KEPT);

/** What the server refused: its status, its sentence as the message, and each problem with its path. */
export class Refused extends Error {
  constructor(status, message, problems = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

/** Ask an operation and return its JSON; throws Refused with the server's own sentence. */
export const ask = async (...asked) => read(await send(...asked));

/** Return the running answer of an operation; asks for the admin token where that is needed, unless `quietly`. */
export async function send(method, path, body, { signal, headers = {}, quietly = false } = {}) {
  for (;;) {
    const token = tokenInUse();
    const init = { method, signal, headers: { ...headers }, cache: "no-store" };
    if (token) init.headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) Object.assign(init, { body: JSON.stringify(body) }).headers["Content-Type"] = "application/json";
    const answer = await fetch(new URL(`../_sandbox/${path}`, import.meta.url), init).catch((error) => {
      throw error.name === "AbortError" ? error : new Refused(0, "The server does not answer; is `toplyne-sandbox serve` still running?");
    });
    if ([401, 403].includes(answer.status) && demonstration()) { // it is over
      showDemonstration(null);
      location.reload();
    }
    if (answer.status !== 401 && !(answer.status === 403 && token)) return answer;
    if (quietly || !(await askForToken(token))) return answer;
  }
}

async function read(answer) {
  const value = await answer.json().catch((error) => {
    throw error.name === "SyntaxError" ? new Refused(answer.status, `The answer ${answer.status} is not JSON.`) : error;
  });
  if (answer.ok || answer.status === 408) return value;
  throw new Refused(answer.status, value?.error?.details || value?.message || `Answered ${answer.status}.`, value?.problems);
}

let asking = null;
let isDeclined = false; // until somebody logs in: a page that asks again and again opens no dialog

function askForToken(refused) {
  if (isDeclined) return false;
  asking ??= new Promise((resolve) => {
    const input = h("input", { type: "password", autocomplete: "off", required: true, id: "admin-token" });
    const shown = dialog("Admin token", h("p", refused ? "That token was refused." : "This server can be reached from other machines, so it asks for its admin token."),
      h("form.stack", { method: "dialog" }, h("label.field", h("span", "Kept until this tab is closed"), input), h("div.row",
        h("button.button.primary", { value: "log in" }, "Log in"), h("button.button.quiet", { formnovalidate: true }, "Not now"))));
    shown.addEventListener("close", () => {
      asking = null;
      isDeclined = shown.returnValue !== "log in";
      keepToken(KEPT, isDeclined ? null : input.value);
      showSession();
      resolve(!isDeclined);
    });
  });
  return asking;
}

/** Show the button that logs in or out, where the server asks for a token. */
function showSession() {
  const isIn = sessionStorage.getItem(KEPT) !== null;
  const button = $("session");
  button.hidden = !isIn && !isDeclined;
  button.textContent = isIn ? "Log out" : "Log in";
  button.onclick = () => {
    keepToken(KEPT, null);
    location.reload(); // which asks again
  };
}

showSession();
