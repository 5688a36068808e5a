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
  if (typeof found?.eventText !== "string" || !Array.isArray(found.mappings)) throw new Error("an event or mappings are missing");
  found.mappings = found.mappings.map(withFields);
  return found;
}

/** Return a mapping with its fields as a value; older links hold their text. */
function withFields({ fieldsText, ...mapping }) {
  if (fieldsText === undefined) return mapping;
  try {
    return { ...mapping, fields: JSON.parse(fieldsText) };
  } catch {
    return { ...mapping, fields: "", typed: { "": fieldsText } };
  }
}
