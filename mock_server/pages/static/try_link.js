// A link holds the whole situation in its fragment, which no browser sends to any server.

/** Return the fragment of a situation: JSON, deflated, in letters a URL may hold. */
export async function toFragment(situation) {
  const stream = new Blob([JSON.stringify(situation)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `#1.${btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** Return the situation of a fragment, null for one that is empty; throws for one that is damaged. */
export async function fromFragment(fragment) {
  if (fragment.length < 2) return null;
  if (!fragment.startsWith("#1.")) throw new Error("it does not begin with 1.");
  const text = atob(fragment.slice(3).replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const found = JSON.parse(await new Response(stream).text());
  return readable(found);
}

/** Return a situation as pages of today have it; throws for what is none. */
export function readable(found) {
  if (typeof found?.eventText !== "string" || !Array.isArray(found.mappings)) throw new Error("an event or mappings are missing");
  return { ...found, mappings: found.mappings.map(mapping) };
}

/** Return a mapping with its fields as a value; older links hold their text. */
function mapping({ fieldsText, ...given }) {
  const isOne = [given.name, given.action, given.trigger].every((each) => typeof each === "string");
  if (!isOne) throw new Error("a mapping has no name, action or trigger");
  if (fieldsText === undefined) return { ...given, fields: given.fields ?? {} };
  try {
    return { ...given, fields: JSON.parse(fieldsText) };
  } catch {
    return { ...given, fields: "", typed: { "": fieldsText } };
  }
}
