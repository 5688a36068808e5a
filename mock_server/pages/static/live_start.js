// Start here: how to connect an SDK or a client to this server, with keys and code to copy.
import { ask } from "./api.js";
import { $, copy, fill, h, note } from "./dom.js";
import { button } from "./ui.js";

const { hostname: host, protocol, port } = location;
const isTls = protocol === "https:";
const root = new URL("..", import.meta.url).href.replace(/\/$/, "");
let known = null;

/** Load the keys once, and show them. */
export async function showStart() {
  if (known) return void (await known.catch(() => null));
  known = ask("GET", "start");
  try {
    const { token, write_key: key, source, snippets } = await known;
    const row = (name, value, what) => [h("dt.small.muted", name), h("dd.row.copied", value ? [h("code.code", value), button({ "aria-label": `Copy ${what}`, onclick: () => copy(value, what) }, "Copy")]
      : h("span.muted", "None yet. Add a source in Set-up."))];
    fill($("keys-here"), row("Host", root, "the host"), row(source ? `Write key of ${source}` : "Write key", key, "the write key"), row("API token", token, "the API token"));
    const here = { key: key ?? "YOUR_WRITE_KEY", token, root, host, place: root.replace(/^https?:\/\//, ""), scheme: protocol.slice(0, -1), port: port || (isTls ? 443 : 80), is_tls: isTls };
    const show = (name) => ($("snippet").textContent = snippets[name].replace(/\$(\w+)/g, (_, word) => here[word]));
    $("sdks").append(...Object.keys(snippets).map((name) => h("label", h("input.visually-hidden", { type: "radio", name: "sdk", checked: name === "Python", onchange: () => show(name) }), name)));
    $("copy-snippet").addEventListener("click", () => copy($("snippet").textContent, "the snippet"));
    show("Python");
  } catch (error) {
    known = null;
    fill($("keys-here"), note("bad", error.message));
  }
}
