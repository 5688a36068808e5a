// The open row: why, request and answer, attempts on a time line, and what they changed; all of it asked when it is opened.
import { ask } from "./api.js";
import { badge, copy, h, note, say, siteUrl, ticked, when } from "./dom.js";
import { clauseTree, fieldTable, smallestChange } from "./explained.js";
import { jsonInline, jsonView } from "./json_view.js";
import { toFragment } from "./try_link.js";

const TONES = { delivered: "good", accepted: "good", dropped: "bad", failed: "bad", rejected: "bad", refused: "bad", retrying: "warn", queued: "info" };
const MOST_CHANGES = 12;
const ATTEMPT_TONE = ({ status }) => (status && status < 300 ? "good" : "bad");

/** Return the tone of an outcome. */
export const toneOf = (outcome) => TONES[outcome] ?? "";

const step = (title, ...children) => h("section", { class: "step" }, h("h3", {}, title), ...children);
const fold = (title, isOpen, ...children) => h("details", { open: isOpen }, h("summary", {}, title), h("div", { class: "stack" }, ...children));
const button = (text, onclick) => h("button", { type: "button", class: "button", onclick }, text);

/** Return what there is to show of a message. */
export async function messageDetail(number, openKey) {
  const [message, why] = await Promise.all([ask("GET", `ledger/${number}`), ask("GET", `ledger/${number}/why`)]);
  const entries = await entriesOf(message.deliveries.flatMap((part) => part.attempts.map(({ entry }) => entry)));
  const taken = message.deliveries.filter((part) => part.mapping);
  const size = ({ explanation: { change } }) => change?.edits.length || Infinity;
  const others = why.mappings.toSorted((one, other) => size(one) - size(other) || 0).filter(({ destination, explanation }) => !taken.some((part) => part.destination === destination && part.mapping === explanation.mapping));
  const explained = (part) => why.mappings.find(({ destination, explanation }) => destination === part.destination && explanation.mapping === part.mapping)?.explanation;
  const isGood = message.outcome === "delivered";
  return [
    head(`${message.type ?? "no type"} ${message.event ?? ""}`, message.outcome, message.code, [`message ${number}`, message.source && `from ${message.source}`, message.batchCode && `batch ${message.batchCode}`], message.at),
    actions(`ledger/${number}`, message.message, openKey, await tryLink(message.message, why.mappings)),
    message.reason && !(others.length && message.outcome === "unmapped") && note(message.drop ? "bad" : "", ticked(message.reason)),
    message.remarks.map((each) => note("warn", each)),
    !isGood && others.map((each) => whyNot(each, true)),
    await Promise.all(taken.map((part) => delivery(part, explained(part), entries, why.due))),
    isGood && others.length > 0 && fold(`Not taken by ${others.length} other mapping${others.length > 1 ? "s" : ""}`, false, others.map((each) => whyNot(each, false))),
    step("Message", jsonView(message.message, "The message")),
  ];
}

/** Return what there is to show of a direct call of the API. */
export async function callDetail(number, openKey) {
  const entry = await ask("GET", `entries/${number}`);
  return [
    head(`${entry.method} ${entry.path}`, entry.status < 400 ? "accepted" : "refused", String(entry.status), [`entry ${number}`, entry.token ? `token ${entry.token}` : "no token"], entry.at),
    actions(`entries/${number}`, entry.json, openKey),
    entry.fault && note("warn", "A fault was switched on: ", h("b", {}, entry.fault), ". The call itself may be right."),
    entry.problems.map((p) => h("div", { class: "note", "data-tone": "bad" }, h("p", {}, h("code", {}, p.path), ` ${p.message}`),
      p.evidence && h("p", { class: "muted small" }, "Rule ", h("a", { href: `${siteUrl("/contract")}#rule-${p.rule}` }, p.rule), `, ${p.evidence.mark}: ${p.evidence.where}.`))),
    entry.suspicions.map((s) => note("warn", h("code", {}, s.path), ` ${s.message}`)),
    step("Request", exchange(entry)),
    step("Answer", answered(entry)),
    await nearest(entry),
    await changes(entry),
  ];
}

function head(title, outcome, code, facts, at) {
  return h("header", { class: "stack" }, h("h2", {}, title), h("p", { class: "row" }, badge(outcome, toneOf(outcome)), code && h("code", {}, code),
    h("span", { class: "muted small" }, facts.filter(Boolean).join(" · ")), when(at, { class: "muted small push" })));
}

function actions(path, json, openKey, link) {
  const id = path.replace("/", "-");
  const copies = async (form, what) => {
    const told = await ask("GET", `${path}/copies`).catch((error) => say(error.message, "bad"));
    if (told) await (told[form] ? copy(told[form], what) : told.sdk && form === "curl" ? copy(told.sdk, "the curl command that sends the event") : say(`There is no ${form} of it.`, "bad"));
  };
  const choice = (text, act) => h("button", { type: "button", onclick: () => (document.getElementById(id).hidePopover(), act()) }, text);
  return h("div", { class: "row" },
    link && h("a", { class: "button", href: link }, "Open in Try it"),
    button("Send again", async () => {
      try {
        const { number } = await ask("POST", `${path}/again`);
        openKey(`${path.startsWith("ledger") ? "message" : "call"}-${number}`);
        say("Sent again; this is the new one.", "good");
      } catch (error) {
        say(error.message, "bad");
      }
    }),
    h("button", { type: "button", class: "button", popovertarget: id }, "Copy"),
    h("div", { id, popover: true, class: "menu", role: "group", "aria-label": "Copy as" },
      json !== null && choice("JSON", () => copy(JSON.stringify(json, null, 2), "the JSON")),
      choice("curl", () => copies("curl", "the curl command")), choice("pytest", () => copies("pytest", "the pytest module")),
      link && choice("Case file", () => copies("case", "the case file"))),
    button("Copy link", () => copy(location.href, "the link")));
}

async function tryLink(message, mappings) {
  const known = mappings.length ? mappings.map(({ mapping }) => mapping) : (await ask("GET", "try")).presets;
  return siteUrl("/") + (await toFragment({ eventText: JSON.stringify(message, null, 2), mappings: known }));
}

function whyNot({ destination, explanation }, isOpen) {
  return step(`Why not · ${explanation.mapping}`,
    h("p", { class: "row" }, badge(explanation.outcome, explanation.outcome === "rejected" ? "bad" : ""), h("span", { class: "muted small push" }, destination)),
    clauseTree(explanation.trigger),
    explanation.change && h("div", { class: "note" }, smallestChange(explanation.change)),
    isOpen && explanation.outcome !== "skipped" && note("warn", "The mapping takes it now: it was changed since the message came."));
}

async function delivery(part, explanation, entries, due) {
  const last = part.attempts.at(-1);
  const entry = entries.get(last?.entry);
  const next = due.find((each) => each.destination === part.destination && each.mapping === part.mapping);
  return [
    step(`Mapping · ${part.mapping}`, h("p", { class: "row" }, badge(part.outcome, toneOf(part.outcome)), h("code", {}, part.code), h("span", { class: "muted small push" }, part.destination)),
      part.problems.map((p) => h("p", { class: "problem" }, h("code", {}, p.path), ` ${p.message}`)),
      part.suspicions.map((s) => note("warn", h("code", {}, s.path), ` ${s.message}`)),
      explanation && fold("Why: clauses and fields", part.outcome === "rejected", clauseTree(explanation.trigger), fieldTable(explanation))),
    part.attempts.length > 0 && step("Attempts", timeLine(part.attempts, next?.at, entries)),
    part.request && step("Request", entry ? exchange(entry) : [h("code", {}, `${part.request.method} /v1${part.request.path}`), jsonView(part.request.json, "The request")]),
    entry && [await nearest(entry), await changes(entry)],
  ];
}

// --- attempts ---

function timeLine(attempts, next, entries) {
  return h("ol", { class: "attempts" }, attempts.map((each, place) => {
    const entry = entries.get(each.entry);
    const following = attempts[place + 1]?.at ?? next;
    return h("li", { "data-tone": ATTEMPT_TONE(each) },
      h("p", { class: "row" }, badge(each.code, ATTEMPT_TONE(each)), place > 0 && h("span", { class: "small" }, `${seconds(each.at, attempts[place - 1].at)} later`), entry?.fault && badge(`fault: ${entry.fault}`, "warn"), when(each.at, { class: "muted small push" })),
      entry ? fold(summary(entry), false, answered(entry, false)) : each.error && h("p", { class: "problem" }, each.error),
      tooEarly(each, following, entry));
  }), next && h("li", { class: "next" }, h("p", { class: "row" }, badge("next attempt", "info"), countdown(next), when(next, { class: "muted small push" }))));
}

/** Return the answer in a line: its message, or what it is. */
function summary({ answer }) {
  const value = parsed(answer?.text);
  return value?.error?.details ?? value?.data?.message ?? (answer ? `Answer, ${(answer.text ?? answer.base64 ?? "").length} characters` : "Answer");
}

const seconds = (later, earlier) => `${Math.max(0, (new Date(later) - new Date(earlier)) / 1000).toFixed(1)} s`;

/** Say why a retry comes before the answer's Retry-After is over. */
function tooEarly(attempt, following, entry) {
  const said = Number(entry?.answer?.headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1]);
  if (!following || !(said > (new Date(following) - new Date(attempt.at)) / 1000)) return null;
  return h("p", { class: "note small" }, `The answer says Retry-After: ${said}, but the next attempt comes after ${seconds(following, attempt.at)}: Segment retries at a backoff of its own, which grows with each attempt, and is not known to read Retry-After.`);
}

function countdown(at) {
  const text = h("b", { role: "timer" });
  const tick = () => {
    const left = (new Date(at) - Date.now()) / 1000;
    text.textContent = left > 0 ? `in ${left < 60 ? `${Math.ceil(left)} s` : `${Math.floor(left / 60)} min ${Math.ceil(left % 60)} s`}` : "now";
    if (left > 0 && (text.isConnected || left > 0 && !text.dataset.seen)) setTimeout(tick, 250);
    if (text.isConnected) text.dataset.seen = "";
  };
  tick();
  return text;
}

// --- request and answer ---

async function entriesOf(numbers) {
  const found = await Promise.all([...new Set(numbers)].filter(Boolean).map((number) => ask("GET", `entries/${number}`).catch(() => null)));
  return new Map(found.filter(Boolean).map((entry) => [entry.number, entry]));
}

function exchange(entry) {
  return [h("p", {}, h("code", {}, `${entry.method} ${entry.path}${entry.query ? `?${entry.query}` : ""}`)), headers(entry.headers),
    entry.json !== null ? jsonView(entry.json, "The request") : entry.body ? plain(bytesOf(entry.body), "The body is not JSON") : h("p", { class: "muted small" }, "There is no body.")];
}

function answered({ status, answer }, isMarked = true) {
  if (!answer) return h("p", { class: "row" }, badge(String(status), status < 400 ? "good" : "bad"), h("span", { class: "muted small" }, "The journal does not keep this answer."));
  if (answer.wire !== "whole") return note("bad", { reset: "The connection was reset.", empty: "The server hung up without an answer.", half: "The server hung up in the middle of its answer.", garbage: "What came back was not HTTP." }[answer.wire]);
  const value = parsed(answer.text);
  return [isMarked && h("p", { class: "row" }, badge(String(answer.status), answer.status < 400 ? "good" : "bad")),
    headers(answer.headers), value !== undefined ? jsonView(value, "The answer") : plain(answer.base64 ? bytesOf(answer.base64) : new TextEncoder().encode(answer.text ?? ""), "The answer is not JSON")];
}

const headers = (pairs) => fold(`${pairs.length} header${pairs.length === 1 ? "" : "s"}`, false, h("dl", { class: "pairs small" }, pairs.map(([name, value]) => [h("dt", {}, name), h("dd", {}, h("code", {}, value))])));
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Show bytes as text where they are text, else as hexadecimal. */
function plain(bytes, label) {
  if (!bytes.length) return h("p", { class: "muted small" }, "There is no body.");
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, 20_000));
  } catch {
    text = [...bytes.subarray(0, 512)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    label += ", nor text";
  }
  return [h("p", { class: "muted small" }, `${label}; ${bytes.length.toLocaleString("en")} bytes:`), h("pre", { class: "code", tabindex: "0", role: "region", "aria-label": label }, text)];
}

// --- what is like it, and what it changed ---

async function nearest(entry) {
  if (entry.status < 400 || entry.fault || !entry.problems.length || [401, 403, 404, 405].includes(entry.status) || entry.json === null) return null;
  const found = await ask("POST", "nearest", { body: entry.json, path: entry.path, status: "2xx" }).catch(() => null);
  return found?.nearest && step(`Nearest that was accepted · entry ${found.nearest.number}`, table(["Where", "Here", "There"], found.differences.map((d) => [d.path, value(d, "expected"), value(d, "found")])));
}

const value = (difference, side) => (side in difference ? jsonInline(difference[side]) : h("span", { class: "muted" }, "nothing"));

async function changes(entry) {
  if (!entry.stored) return null;
  const { changes: found } = await ask("GET", `entries/${entry.number}/changes`);
  return found.map(({ kind, name, differences }) => step(`State · ${kind} · ${name}`, differences.length
    ? table(["Where", "Before", "After"], differences.map((each) => [["$", ...each.at].join("."), value(each, "before"), value(each, "after")]))
    : h("p", { class: "muted" }, "It changed nothing.")));
}

function table(columns, rows) {
  return [h("div", { class: "scroll" }, h("table", { class: "fold" }, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows.slice(0, MOST_CHANGES).map(([path, ...cells]) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, path)), cells.map((cell, place) => h("td", { "data-name": columns[place + 1] }, cell))))))),
    rows.length > MOST_CHANGES && h("p", { class: "muted small" }, `and ${rows.length - MOST_CHANGES} more`)];
}
