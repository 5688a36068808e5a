// What comes, as it comes: one tab of the browser reads the stream, and the others listen to it.
//
// A browser opens six connections a host. So the tab that holds a Web Lock leads and tells the others
// over a BroadcastChannel; each knows how far it has heard, and asks for what it missed.
import { ask, send, tokenInUse } from "./api.js";

const SILENT = 40_000; // two heartbeats and a half
const WORST = 5000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const parsed = (id) => {
  const [, era, ...numbers] = id.match(/^(.*)-(\d+)-(\d+)$/) ?? [null, "", 0, 0];
  return [era, ...numbers.map(Number)];
};
/** Tell whether who has heard up to `id` has heard everything up to `other`. */
function covers(id, other) {
  const [[era, entry, change], [otherEra, otherEntry, otherChange]] = [parsed(id), parsed(other)];
  return era === otherEra && entry >= otherEntry && change >= otherChange;
}

/**
 * Listen for ever: `on.rows(rows)`; `on.earlier(rows)` with older ones until `most` are there, then
 * `on.loaded()`; `on.reset()`; and `on.state(word, why)` with connected or waiting.
 */
export async function listen(on, { last = 300, most = 0 } = {}) {
  let id = "";
  let heard = Date.now();
  let catching = null;
  let waiting = []; // what the leader tells while this tab asks for what it missed
  let stop = new AbortController();

  function take(told) {
    heard = Date.now();
    if (told.reset) on.reset();
    if (told.rows?.length) on.rows(told.rows);
    id = told.id;
  }

  /** Take what the leader tells, once, or ask where something is missing before it. */
  function hear(told) {
    heard = Date.now();
    if (catching) return void waiting.push(told);
    if (told.id && covers(id, told.id)) return;
    if (told.rows && told.from && covers(id, told.from)) take(told);
    else if (told.id) catchUp().catch((error) => on.state("waiting", error.message));
  }

  /** Ask for what was missed until nothing is. */
  async function catchUp() {
    catching ??= (async () => {
      try {
        for (let isMore = true; isMore;) {
          const isFirst = !id;
          const told = await ask("GET", `news?last=${last}${isFirst ? "" : `&since=${encodeURIComponent(id)}`}`);
          take(told);
          isMore = !isFirst && told.rows.length > 0;
          if (told.before && on.earlier) older(told.before, told.rows.length);
          else if (isFirst) on.loaded?.();
        }
        on.state("connected");
      } finally {
        catching = null;
        const kept = waiting;
        waiting = [];
        kept.forEach(hear);
      }
    })();
    return catching;
  }

  /** Fetch what is older, page by page, without being in the way. */
  async function older(before, count) {
    for (let asked = before; asked && count < most;) {
      const told = await ask("GET", `news?last=500&before=${encodeURIComponent(asked)}`).catch(() => null);
      if (parsed(asked)[0] !== parsed(id)[0]) return; // a reset came first
      on.earlier(told?.rows ?? []);
      count += told?.rows.length ?? 0;
      asked = told?.before;
      await sleep(0);
    }
    on.loaded();
  }

  async function follow(tell) {
    const answer = await send("GET", "live", undefined, { headers: { "Last-Event-ID": id }, signal: stop.signal });
    if (!answer.ok) throw new Error(await refusalOf(answer));
    heard = Date.now();
    on.state("connected");
    let isReset = false;
    for await (const event of eventsOf(answer.body)) {
      heard = Date.now();
      if (event.event === "reset") isReset = true;
      else if (event.event === "heartbeat") tell({ id });
      else if (event.id) {
        const told = { from: isReset ? "" : id, id: event.id, rows: event.data ? JSON.parse(event.data) : [], reset: isReset };
        isReset = false;
        take(told);
        tell(told);
      }
    }
    throw new Error("The server ended the stream.");
  }

  /** Read the stream again and again; what is not 200 or ends is tried once more, a little later each time. */
  async function lead(tell, isWanted) {
    for (let failures = 0; ; failures++) {
      const began = Date.now();
      try {
        await isWanted();
        await follow(tell);
      } catch (error) {
        on.state("waiting", stop.signal.aborted ? "The connection was silent." : error.message);
      }
      stop = new AbortController();
      if (Date.now() - began > WORST) failures = 0;
      await sleep(Math.min(WORST, 300 * 2 ** failures) * (0.5 + Math.random() / 2));
    }
  }

  for (let failures = 0; !id; failures++) {
    await catchUp().catch((error) => on.state("waiting", error.message));
    if (!id) await sleep(Math.min(WORST, 300 * 2 ** failures));
  }
  const name = `toplyne-sandbox ${new URL("..", import.meta.url).pathname} ${tokenInUse() ?? ""}`;
  const channel = new BroadcastChannel(name);
  let isLeader = false;
  channel.addEventListener("message", ({ data }) => isLeader || hear(data));
  const awake = () => {
    if (document.hidden || Date.now() - heard < SILENT) return;
    heard = Date.now();
    if (isLeader) stop.abort();
    else catchUp().catch((error) => on.state("waiting", error.message));
  };
  setInterval(awake, WORST);
  document.addEventListener("visibilitychange", awake);
  addEventListener("pageshow", awake);
  if (navigator.locks) {
    navigator.locks.request(name, () => {
      isLeader = true;
      return lead((told) => channel.postMessage(told), () => null);
    });
    await catchUp().catch(() => null);
  } else { // http off localhost: each tab that is looked at reads by itself
    isLeader = true;
    const shown = () => document.hidden ? new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true })).then(shown) : null;
    document.addEventListener("visibilitychange", () => document.hidden && stop.abort());
    lead(() => null, shown);
  }
}

/** Call `work` after something came, a second later at most, and never under the hands of who edits or reads a dialog. */
export function onNews(work) {
  let isDue = false;
  let timer = 0;
  const run = async () => {
    timer = 0;
    const busy = document.hidden || document.querySelector("dialog[open]") || document.activeElement?.matches("main :is(input:not([type=checkbox]), textarea, select)");
    if (!isDue || busy) return;
    isDue = false;
    await work();
  };
  const later = () => {
    isDue = true;
    timer ||= setTimeout(run, 1000);
  };
  for (const name of ["focusout", "close", "visibilitychange"]) document.addEventListener(name, () => isDue && later(), true);
  listen({ rows: later, reset: later, state() {} }, { last: 0 });
}

async function refusalOf(answer) {
  try {
    return (await answer.json()).error.details;
  } catch {
    return `The server answered ${answer.status}.`;
  }
}

async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const event = {};
      for (const line of block.split("\n")) {
        const colon = line.indexOf(": ");
        if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 2);
      }
      yield event;
    }
  }
}
