// The workspace of the server, read and changed step by step.
import { ask } from "./api.js";

/** The server's last answer: the workspace, the owner of each key, warnings, the limit of mappings. */
export let known = null;

/** Read the workspace. */
export const load = async () => (known = await ask("GET", "workspace"));

/** Make one change. If it throws Refused, nothing has changed. */
export async function change(method, part, named, body) {
  known = await ask(method, `workspace/${part}?${new URLSearchParams(named)}`, body);
}

export const sources = () => known.workspace.sources;
export const destinations = () => known.workspace.destinations ?? [];
export const enabledOf = ({ mappings }) => mappings.filter(({ enabled }) => enabled).length;

const SUBJECTS = { name: "The name ", api_key: "The API key ", base_url: "The base URL ", source: "The source ", mappings: "The mappings " };

/** Return a problem of a part as a sentence. */
export const said = ({ message, path }) => `${SUBJECTS[path.split(".").at(-1)] ?? ""}${message}`;

/** Return a name that is not taken: `Name`, `Name 2`, … */
export function freeName(name, taken) {
  let [tried, number] = [name, 1];
  while (taken.some((each) => each.name === tried)) tried = `${name} ${++number}`;
  return tried;
}
