// The open row: its reasons, request and answer, its attempts on a time line, and what they changed. It is loaded when it is opened.
import { ask } from "./api.js";
import { parsed, titleOf } from "./bench.js";
import { $, badge, copy, count, h, keyed, note, siteUrl, ticked, when } from "./dom.js";
import { clauseTree, fieldTable, smallestChange } from "./explained.js";
import { jsonInline, jsonView } from "./json_view.js";
import { toFragment } from "./try_link.js";
import { button, table, tell } from "./ui.js";

const TONES = { delivered: "good", accepted: "good", dropped: "bad", failed: "bad", rejected: "bad", refused: "bad", retrying: "warn", queued: "info" };
const LOST = { reset: "The connection was reset.", empty: "The server hung up without an answer.", half: "The server hung up in the middle of its answer.", garbage: "The answer was not HTTP." };
const MOST_ROWS = 12;
const MOST_BYTES = 20_000;

/** Return the tone of an outcome. */
export const toneOf = (outcome) => TONES[outcome] ?? "";

const row = (...children) => h("p.row", ...children);
const aside = (text) => h("span.muted.small.push", text);
const hint = (...children) => h("p.muted.small", ...children);
const time = (at) => when(at, { class: "muted small push" });
const status = (code) => badge(String(code), /^[23]/.test(code) ? "good" : "bad");
const step = (title, ...children) => keyed(title, h("section.stack.step", h("h3", title), ...children));
const fold = (title, isOpen, ...children) => h("details", { open: isOpen }, h("summary", title), h("div.stack", ...children));
const told = (tone) => (each) => h("div.note", { "data-tone": tone }, h("p", h("code", each.path), ` ${each.message}`),
  each.evidence && hint("Rule ", h("a", { href: `${siteUrl("/contract")}#rule-${each.rule}` }, each.rule), `, ${each.evidence.mark}: ${each.evidence.where}.`));
const wrong = ({ problems, suspicions }) => [problems.map(told("bad")), suspicions.map(told("warn"))];

/** Return the details of a message. `openKey` opens another row. */
export async function messageDetail(number, openKey) {
  const [message, why] = await Promise.all([ask("GET", `ledger/${number}`), ask("GET", `ledger/${number}/why`)]);
  const { outcome, deliveries, reason } = message;
  const entries = await entriesOf(deliveries.flatMap(({ attempts }) => attempts));
  const taken = deliveries.filter(({ mapping }) => mapping);
  const of = (part) => (each) => each.destination === part.destination && each.mapping.name === part.mapping;
  const size = ({ explanation: { change } }) => change?.edits.length || Infinity;
  const others = why.mappings.filter((each) => each.explanation && !taken.some((part) => of(part)(each))).sort((one, other) => size(one) - size(other) || 0).map(whyNot);
  const isSaid = (others.length > 0 && outcome === "unmapped") || deliveries.some(({ problems }) => problems.length);
  return [
    head(titleOf({ ...message, name: message.message?.name }), outcome, message.code, [`message ${number}`, message.source && `from ${message.source}`, message.batchCode && `batch ${message.batchCode}`], message.at),
    actions(`ledger/${number}`, message.message, openKey, await tryLink(message.message, why.mappings)),
    reason && !isSaid && note(message.drop ? "bad" : "", ticked(reason)),
    message.remarks.map((each) => note("warn", each)),
    !taken.length && others,
    await Promise.all(taken.map((part) => delivery(part, why.mappings.find(of(part))?.explanation, entries, why.due))),
    taken.length > 0 && others.length > 0 && fold(`${others.length} other mapping${others.length > 1 ? "s do" : " does"} not match`, false, others),
    step("Message", jsonView(message.message, "The message")),
  ];
}

/** Return the details of a direct call of the API. */
export async function callDetail(number, openKey) {
  const entry = await ask("GET", `entries/${number}`);
  return [
    head(`${entry.method} ${entry.path}`, entry.status < 400 ? "accepted" : "refused", entry.status, [`entry ${number}`, entry.token ? `token ${entry.token}` : "no token"], entry.at),
    actions(`entries/${number}`, entry.json, openKey),
    entry.fault && note("warn", "The call got a fault: ", h("b", entry.fault), ". The call itself may be right."),
    wrong(entry), step("Request", exchange(entry)), step("Answer", answered(entry)), await nearest(entry), await changes(entry),
  ];
}

const head = (title, outcome, code, facts, at) => h("header.stack", h("h2", title),
  row(badge(outcome, toneOf(outcome)), code && h("code", code), h("span.muted.small", facts.filter(Boolean).join(" · ")), time(at)));

function actions(path, json, openKey, link) {
  async function again() {
    const { number } = await ask("POST", `${path}/again`);
    openKey(`${link ? "message" : "call"}-${number}`);
  }
  async function copyAs(form, what) {
    $("copies").hidePopover();
    if (form === "JSON") return copy(JSON.stringify(json, null, 2), what);
    const { [form.split(" ")[0].toLowerCase()]: text, sdk } = await ask("GET", `${path}/copies`);
    if (text) await copy(text, what);
    else if (form === "curl") await copy(sdk, "the curl command that sends the event");
    else await copy(JSON.stringify(json), "the JSON, because it has a number that a test cannot express");
  }
  const forms = { ...(json !== null && { JSON: "the JSON" }), curl: "the curl command", pytest: "the pytest module", ...(link && { "Case file": "the case file" }) };
  return h("div.row",
    link && h("a.button", { id: "try", href: link }, "Open in Try it"),
    button({ id: "again", onclick: () => tell("Sent again. This is the new row.", again) }, "Send again"),
    button({ id: "copy", popovertarget: "copies" }, "Copy"),
    h("div.menu", { id: "copies", popover: true, role: "group", "aria-label": "Copy as" },
      Object.entries(forms).map(([form, what]) => button({ class: "quiet", onclick: () => tell(null, () => copyAs(form, what)) }, form))),
    button({ id: "link", onclick: () => copy(location.href, "the link") }, "Copy link"));
}

async function tryLink(message, known) {
  const mappings = known.length ? known.map(({ mapping }) => mapping) : (await ask("GET", "try")).presets;
  return siteUrl("/") + (await toFragment({ eventText: JSON.stringify(message, null, 2), mappings }));
}

const whyNot = ({ destination, explanation }) => step(`Why not · ${explanation.mapping}`,
  row(badge(explanation.outcome, explanation.outcome === "rejected" ? "bad" : ""), aside(destination)),
  clauseTree(explanation.trigger), explanation.change && h("div.note", smallestChange(explanation.change)),
  !explanation.enabled && note("", "The mapping is disabled."),
  explanation.outcome !== "skipped" && note("warn", "The mapping matches now: it was changed after the message was received."));

async function delivery(part, explanation, entries, due) {
  const entry = entries.get(part.attempts.at(-1)?.entry);
  const next = due.find((each) => each.destination === part.destination && each.mapping === part.mapping)?.at;
  return [
    step(`Mapping · ${part.mapping}`, row(badge(part.outcome, toneOf(part.outcome)), h("code", part.code), aside(part.destination)), wrong(part),
      explanation && fold("Why: clauses and fields", part.outcome === "rejected", clauseTree(explanation.trigger), fieldTable(explanation))),
    part.attempts.length > 0 && step("Attempts", timeLine(part.attempts, next, entries)),
    part.request && step("Request", entry ? exchange(entry) : jsonView(part.request.json, "The request")),
    entry && [await nearest(entry), await changes(entry)],
  ];
}

// --- attempts ---

function timeLine(attempts, next, entries) {
  return h("ol.stack.attempts", attempts.map((each, place) => {
    const entry = entries.get(each.entry);
    const before = attempts[place - 1];
    return h("li.stack", { "data-tone": each.status < 300 && each.status ? "good" : "bad" },
      row(status(each.code), before && h("span.small", `${seconds(each.at, before.at)} later`), entry?.fault && badge(`fault: ${entry.fault}`, "warn"), time(each.at)),
      entry ? fold(summary(entry.answer), false, answered(entry)) : each.error && h("p.problem", each.error),
      tooEarly(each, attempts[place + 1]?.at ?? next, entry));
  }), next && h("li", row(badge("next attempt", "info"), countdown(next), time(next))));
}

const seconds = (later, earlier) => `${Math.max(0, (new Date(later) - new Date(earlier)) / 1000).toFixed(1)} s`;

/** Return an answer in one line. */
function summary(answer) {
  const value = parsed(answer?.text);
  return value?.error?.details ?? value?.data?.message ?? LOST[answer?.wire] ?? "Answer";
}

/** Explain why a retry comes before the time of Retry-After. */
function tooEarly(attempt, following, entry) {
  const said = entry?.answer?.headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1];
  return following && said > (new Date(following) - new Date(attempt.at)) / 1000 && note("", `The answer says Retry-After: ${said}, but the next attempt comes after ${seconds(following, attempt.at)}: `
    + "Segment uses its own backoff, which grows with each attempt, and is not known to read Retry-After.");
}

function leftUntil(at) {
  const left = Math.ceil((new Date(at) - Date.now()) / 1000);
  return left > 0 ? `in ${left < 60 ? "" : `${Math.floor(left / 60)} min `}${left % 60} s` : "now";
}

const countdown = (at) => h("b", { role: "timer", "data-at": at }, leftUntil(at));
setInterval(() => document.querySelectorAll("[role=timer]").forEach((timer) => (timer.textContent = leftUntil(timer.dataset.at))), 250);

// --- request and answer ---

async function entriesOf(attempts) {
  const found = await Promise.all(attempts.filter(({ entry }) => entry).map(({ entry }) => ask("GET", `entries/${entry}`).catch(() => null)));
  return new Map(found.filter(Boolean).map((entry) => [entry.number, entry]));
}

const exchange = (entry) => [h("p", h("code", `${entry.method} ${entry.path}${entry.query && `?${entry.query}`}`)), headers(entry.headers),
  entry.json !== null ? jsonView(entry.json, "The request") : content(bytesOf(entry.body ?? ""), "The body is not JSON")];

function answered({ status: code, answer }) {
  if (!answer) return row(status(code), aside("The journal does not keep this answer."));
  if (answer.wire !== "whole") return note("bad", LOST[answer.wire]);
  const value = parsed(answer.text);
  return [row(status(answer.status)), headers(answer.headers),
    value !== undefined ? jsonView(value, "The answer") : content(answer.base64 ? bytesOf(answer.base64) : new TextEncoder().encode(answer.text), "The answer is not JSON")];
}

const headers = (pairs) => fold(`${pairs.length} headers`, false, h("dl.pairs.small", pairs.map(([name, value]) => [h("dt", name), h("dd", h("code", value))])));
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Show bytes as text if they are UTF-8, else as hexadecimal. */
function content(bytes, label) {
  if (!bytes.length) return hint("There is no body.");
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).slice(0, MOST_BYTES);
  } catch {
    text = [...bytes.subarray(0, MOST_BYTES / 40)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  }
  return [hint(`${label}; ${count(bytes.length)} bytes:`), h("pre.code", { tabindex: "0", role: "region", "aria-label": label }, text)];
}

// --- the nearest accepted call, and changes ---

/** Return a table of differences. Each has a path, and a value on one side or on both. */
const differences = (label, columns, sides, rows) => [
  table(label, ["Where", ...columns], rows.slice(0, MOST_ROWS).map((each) => [h("code", each.path ?? ["$", ...each.at].join(".")), ...sides.map((side) => (side in each ? jsonInline(each[side]) : null))])),
  rows.length > MOST_ROWS && hint(`and ${rows.length - MOST_ROWS} more`)];

/** Return the accepted call that is nearest to a refused one, unless it was not refused for its body. */
async function nearest(entry) {
  if (entry.status < 400 || entry.fault || !entry.problems.length || [401, 403, 404, 405].includes(entry.status) || entry.json === null) return null;
  const found = await ask("POST", "nearest", { body: entry.json, path: entry.path, status: "2xx" });
  return found.nearest && step(`Nearest accepted call · entry ${found.nearest.number}`, differences("Differences", ["Here", "There"], ["expected", "found"], found.differences));
}

async function changes(entry) {
  if (!entry.stored) return null;
  const { changes: found, events } = await ask("GET", `entries/${entry.number}/changes`);
  return [events > 0 && step("State · events", h("p", events === 1 ? "One event was added." : `${events} events were added.`)), ...found.map((each) => step(`State · ${each.kind} · ${each.name}`,
    each.differences.length ? differences("Changes", ["Before", "After"], ["before", "after"], each.differences) : h("p.muted", "It changed nothing.")))];
}
