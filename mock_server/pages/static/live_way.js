// The whole way of one entry: message, mappings, request, answer, state; all of it asked when shown.
import { ask, Refused } from "./api.js";
import { $, badge, h, note, ticked, when } from "./dom.js";
import { jsonInline, jsonView } from "./json_view.js";

const KINDS = Object.entries(JSON.parse($("head").dataset.facts));
const TONES = { delivered: "good", dropped: "bad", failed: "bad", rejected: "bad", retrying: "warn", queued: "info" };

/** Return the tone of an outcome of the ledger. */
export const toneOf = (outcome) => TONES[outcome] ?? "";

/** Return what there is to show of a message of the ledger. */
export async function wayOfMessage(number) {
  const message = await ask("GET", `ledger/${number}`);
  const ways = await Promise.all(message.deliveries.map(delivery));
  return [
    step("Message", h("p", { class: "row" }, h("b", {}, `${message.type ?? "no type"} ${message.event ?? ""}`), badge(message.outcome, toneOf(message.outcome)),
      message.code && h("code", {}, message.code), h("span", { class: "muted small push" }, `from ${message.source ?? "nobody"}`)),
      message.reason && note(message.drop ? "bad" : "", ticked(message.reason)), message.remarks.map((each) => note("warn", each)),
      jsonView(message.message, "The message")),
    ways,
  ];
}

async function delivery(part) {
  const last = part.attempts.at(-1);
  return [
    step(`Mapping · ${part.mapping ?? part.destination}`, h("p", { class: "row" }, badge(part.outcome, toneOf(part.outcome)), h("code", {}, part.code)),
      !part.mapping && part.reason && h("p", {}, ticked(part.reason)),
      part.problems.map((p) => h("p", { class: "problem" }, `${p.path} ${p.message}`)),
      part.suspicions.map((s) => note("warn", `${s.path} ${s.message}`))),
    part.request && step("Request", h("code", {}, `${part.request.method} /v1${part.request.path}`), jsonView(part.request.json, "The request")),
    part.attempts.length > 0 && step("Answer", part.attempts.map((each) => h("p", { class: "row" },
      badge(each.code, each.status && each.status < 300 ? "good" : "bad"), h("code", { class: "small" }, each.answer || each.error), when(each.at, { class: "muted small push" })))),
    part.entry && !(last?.status < 300) && (await nearest(part.entry)),
    last?.status < 300 && (await state(part.request)),
  ];
}

/** Return what there is to show of an entry of the journal. */
export async function wayOfRequest(number, message) {
  const entry = await ask("GET", `entries/${number}`);
  const request = { path: entry.path.slice(3), json: entry.json };
  return [
    message && h("p", { class: "muted small" }, `It delivers message ${message}; that shows where it comes from.`),
    step("Request", h("p", { class: "row" }, h("code", {}, `${entry.method} ${entry.path}`), h("span", { class: "muted small push" }, entry.token ? `token ${entry.token}` : "no token")),
      entry.json === null ? note("", entry.body ? "The body is no JSON." : "There is no body.") : jsonView(entry.json, "The request")),
    step("Answer", h("p", { class: "row" }, badge(String(entry.status), entry.status < 400 ? "good" : "bad"), entry.fault && badge(`fault: ${entry.fault}`, "warn")),
      entry.problems.map((p) => h("div", { class: "note", "data-tone": "bad" }, h("p", {}, h("code", {}, p.path), ` ${p.message}`),
        h("p", { class: "muted small" }, `Rule ${p.rule}, ${p.evidence.mark}: ${p.evidence.where}.`)))),
    entry.status >= 400 && entry.json && (await nearest(number, entry)),
    entry.stored && (await state(request)),
  ];
}

async function nearest(number, known) {
  const entry = known ?? (await ask("GET", `entries/${number}`));
  if (!entry.json) return null;
  const found = await ask("POST", "nearest", { body: entry.json, path: entry.path, status: "2xx" });
  if (!found.nearest) return step("Nearest that was accepted", h("p", { class: "muted" }, "No call to this path was accepted yet."));
  return step(`Nearest that was accepted: request ${found.nearest.number}`,
    h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ["Where", "Here", "There"].map((t) => h("th", { scope: "col" }, t)))),
      h("tbody", {}, found.differences.slice(0, 12).map((d) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, d.path)), h("td", {}, value(d, "expected")), h("td", {}, value(d, "found"))))))));
}

const value = (difference, side) => (side in difference ? jsonInline(difference[side]) : h("span", { class: "muted" }, "nothing"));

async function state(request) {
  const [kind, { ids }] = KINDS.find(([, { paths }]) => paths.includes(request?.path)) ?? [null, { ids: [] }];
  const item = Object.values(request?.json ?? {})[0]?.[0] ?? {};
  const key = ids.find((each) => typeof item[each] === "string" && item[each]);
  if (!key) return null;
  try {
    const found = await ask("GET", `state/${kind}?order=desc&limit=1&${key}=${encodeURIComponent(item[key])}`);
    const [shown] = found.items;
    return step(`State · ${kind}`, shown ? jsonView(shown, "What Toplyne knows") : h("p", { class: "muted" }, "It is not there, or no longer."));
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

const step = (title, ...children) => h("section", { class: "step" }, h("h3", {}, title), ...children);
