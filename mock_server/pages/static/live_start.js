// Start here: how an SDK or a client reaches this server, with what it needs to copy.
import { ask } from "./api.js";
import { $, copy, fill, h, note } from "./dom.js";

const root = new URL("..", import.meta.url).href.replace(/\/$/, "");
const SNIPPETS = {
  Python: (key) => `# pip install segment-analytics-python
from segment import analytics

analytics.write_key = "${key}"
analytics.host = "${root}"
analytics.track("user-1", "Signed Up", {"plan": "pro"})
analytics.flush()`,
  Node: (key) => `// npm install @segment/analytics-node
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${key}", host: "${root}" });
analytics.track({ userId: "user-1", event: "Signed Up", properties: { plan: "pro" } });
await analytics.closeAndFlush();`,
  Browser: (key) => `// npm install @segment/analytics-next
import { AnalyticsBrowser } from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load({ writeKey: "${key}", cdnURL: "${root}" }, {
  integrations: { "Segment.io": { apiHost: "${root.replace(/^https?:\/\//, "")}/v1", protocol: "${location.protocol.slice(0, -1)}" } },
});
analytics.track("Signed Up", { plan: "pro" });`,
  Ruby: (key) => `# gem install analytics-ruby
require "segment/analytics"

analytics = Segment::Analytics.new(write_key: "${key}", host: "${location.hostname}",
  port: ${location.port || (location.protocol === "https:" ? 443 : 80)}, ssl: ${location.protocol === "https:"})
analytics.track(user_id: "user-1", event: "Signed Up", properties: { plan: "pro" })
analytics.flush`,
  curl: (key, token) => `curl ${root}/v1/track -u ${key}: -H 'Content-Type: application/json' \\
  -d '{"userId": "user-1", "event": "Signed Up", "properties": {"plan": "pro"}}'

# or Toplyne's own API
curl ${root}/v1/upload/events -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\
  -d '{"events": [{"userId": "user-1", "eventName": "Signed Up", "timestamp": 1767225600}]}'`,
};
let known = null;

/** Ask once for the keys, and show them. */
export async function showStart() {
  if (known) return void (await known.catch(() => null));
  known = ask("GET", "start");
  try {
    const { token, write_key: key, source } = await known;
    const row = (name, value, what) => [h("dt", {}, name), h("dd", {}, value ? [h("code", {}, value), h("button", { type: "button", class: "button", "aria-label": `Copy ${what}`, onclick: () => copy(value, what) }, "Copy")] : h("span", { class: "muted" }, "none yet; add a source in Set-up"))];
    fill($("keys-here"), row("Host", root, "the host"), row(source ? `Write key of ${source}` : "Write key", key, "the write key"), row("API token", token, "the API token"));
    const show = (name) => ($("snippet").textContent = SNIPPETS[name](key ?? "YOUR_WRITE_KEY", token));
    $("sdks").append(...Object.keys(SNIPPETS).map((name, place) => h("label", {}, h("input", { type: "radio", name: "sdk", checked: !place, class: "visually-hidden", onchange: () => show(name) }), name)));
    $("copy-snippet").addEventListener("click", () => copy($("snippet").textContent, "the snippet"));
    show("Python");
  } catch (error) {
    known = null;
    fill($("keys-here"), note("bad", error.message));
  }
}
