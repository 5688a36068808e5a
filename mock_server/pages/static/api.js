// Requests to `/_sandbox/…`, from which the pages get all their data.
import { $, dialog, h } from "./dom.js";

const KEPT = "admin-token";
const DEMONSTRATION = "demonstration-token"; // while a demonstration runs in this tab, all pages show its mock

/** Return the token of the demonstration in this tab, or null. */
export const demonstration = () => sessionStorage.getItem(DEMONSTRATION);

function keepToken(name, token) {
  if (token) sessionStorage.setItem(name, token);
  else sessionStorage.removeItem(name);
}

/** Show a demonstration from the next page load on; without a token, the server's own mock. */
export const showDemonstration = (token) => keepToken(DEMONSTRATION, token);

/** Return the token that this tab sends, or null. */
export const tokenInUse = () => demonstration() ?? sessionStorage.getItem(KEPT);

/** The server refused a request: the status, the reason as the message, and each problem with its path. */
export class Refused extends Error {
  constructor(status, message, problems = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

/** Send a request and return its JSON. Throws Refused with the server's reason. */
export const ask = async (...asked) => read(await send(...asked));

/** Send a request and return its answer. Asks for the admin token if it is needed, unless `quietly`. */
export async function send(method, path, body, { signal, headers = {}, quietly = false } = {}) {
  for (;;) {
    const token = tokenInUse();
    const init = { method, signal, headers: { ...headers }, cache: "no-store" };
    if (token) init.headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) Object.assign(init, { body: JSON.stringify(body) }).headers["Content-Type"] = "application/json";
    const answer = await fetch(new URL(`../_sandbox/${path}`, import.meta.url), init).catch((error) => {
      throw error.name === "AbortError" ? error : new Refused(0, "The server does not answer. Is `toplyne-sandbox serve` still running?");
    });
    if ([401, 403].includes(answer.status) && demonstration()) { // it has ended
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
let isDeclined = false; // until the user logs in: a page that polls must not open the dialog again

function askForToken(refused) {
  if (isDeclined) return false;
  asking ??= new Promise((resolve) => {
    const input = h("input", { type: "password", autocomplete: "off", required: true, id: "admin-token" });
    const shown = dialog("Admin token", h("p", refused ? "That token was refused." : "This server can be reached from other machines, so it requires its admin token."),
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

/** Show the button that logs in or out, if the server requires a token. */
function showSession() {
  const isIn = sessionStorage.getItem(KEPT) !== null;
  const button = $("session");
  button.hidden = !isIn && !isDeclined;
  button.textContent = isIn ? "Log out" : "Log in";
  button.onclick = () => {
    keepToken(KEPT, null);
    location.reload(); // the page then asks for the token
  };
}

showSession();
