// Segment's side as the server has it: read, and changed step by step.
import { ask } from "./api.js";

/** What the server told last: the workspace, whose each key is, warnings, the limit of mappings. */
export let known = null;

/** Read the workspace. */
export const load = async () => (known = await ask("GET", "workspace"));

/** Make one change; throws Refused, and then nothing has changed. */
export async function change(method, part, named, body) {
  const query = new URLSearchParams(named);
  known = await ask(method, `workspace/${part}${query.size ? `?${query}` : ""}`, body);
  return known;
}

export const sources = () => known.workspace.sources;
export const destinations = () => known.workspace.destinations ?? [];
export const destination = (name) => destinations().find((each) => each.name === name);
export const enabledOf = (each) => each.mappings.filter((mapping) => mapping.enabled).length;

/** Return a name that is not taken: `Name`, `Name 2`, … */
export function freeName(name, taken) {
  for (let number = 1; ; number += 1) {
    const tried = number === 1 ? name : `${name} ${number}`;
    if (!taken.some((each) => each.name === tried)) return tried;
  }
}
