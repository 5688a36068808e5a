// A link has the whole situation in its fragment, which browsers do not send to a server.

/** Return the bytes of a blob, deflated or inflated. */
const through = (blob, stream) => new Response(blob.stream().pipeThrough(stream));

/** Return the fragment of a situation: deflated JSON in base64url. */
export async function toFragment(situation) {
  const deflated = await through(new Blob([JSON.stringify(situation)]), new CompressionStream("deflate-raw")).arrayBuffer();
  const letters = Array.from(new Uint8Array(deflated), (byte) => String.fromCharCode(byte));
  return `#1.${btoa(letters.join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** Return the situation of a fragment, or null if it is empty. Throws if it is damaged. `subjects` are those of conditions. */
export async function fromFragment(fragment, subjects) {
  if (fragment.length < 2) return null;
  if (!fragment.startsWith("#1.")) throw new Error("it does not begin with 1.");
  const letters = atob(fragment.slice(3).replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  const found = readable(await through(new Blob([bytes]), new DecompressionStream("deflate-raw")).json());
  check(found, subjects);
  return found;
}

/** Throw if the page could not show a part of a link's situation. The situation that a tab keeps needs no check. */
function check({ earlier = [], mappings }, subjects) {
  const isText = (value) => typeof value === "string";
  const isTyped = (value) => value?.constructor === Object && Object.values(value).every(isText);
  const isKept = (each) => isText(each?.title) && Array.isArray(each.requests);
  if (!Array.isArray(earlier) || !earlier.every(isKept)) throw new Error("earlier is not a list of titles and requests");
  for (const { name, rows, typed } of mappings) {
    if (typed !== undefined && !isTyped(typed)) throw new Error(`the typed text of ${name} is not a string`);
    const isRow = (row) => isText(row?.operator) && isText(row.subject) && Object.hasOwn(subjects, row.subject);
    if (rows && !(isText(rows.join) && Array.isArray(rows.rows) && rows.rows.every(isRow))) throw new Error(`the conditions of ${name} are not rows`);
  }
}

/** Return a situation in the current form. Throws if it is not a situation. */
export function readable(found) {
  if (typeof found?.eventText !== "string" || !Array.isArray(found.mappings)) throw new Error("the event or the mappings are missing");
  return { ...found, mappings: found.mappings.map(mapping) };
}

/** Return a mapping with its fields as a value; older links have them as text. */
function mapping({ fieldsText, ...given }) {
  if (![given.name, given.action, given.trigger].every((each) => typeof each === "string")) throw new Error("a mapping has no name, action or trigger");
  if (fieldsText === undefined) return { fields: {}, ...given };
  try {
    return { ...given, fields: JSON.parse(fieldsText) };
  } catch {
    return { ...given, fields: "", typed: { "": fieldsText } };
  }
}
