// A link holds the whole situation in its fragment, which no browser sends to any server.

/** Return the fragment of a situation: JSON, deflated, in letters a URL may hold. */
export async function toFragment(situation) {
  const stream = new Blob([JSON.stringify(situation)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `#1.${btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** Return the situation of a fragment, null for one that holds none. */
export async function fromFragment(fragment) {
  if (!fragment.startsWith("#1.")) return null;
  try {
    const text = atob(fragment.slice(3).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const found = JSON.parse(await new Response(stream).text());
    return typeof found?.eventText === "string" ? found : null;
  } catch {
    return null;
  }
}
