// What comes, as it comes: one tab of the browser reads the stream, and the others listen to it.
//
// A browser opens six connections a host. So the tab that holds a Web Lock leads and tells the others
// over a BroadcastChannel; each knows how far it has heard, and asks for what it missed.
import { ask, send, tokenInUse } from "./api.js";

const SILENT = 40_000; // two heartbeats and a half
const WORST = 5000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const pause = (failures) => sleep(Math.min(WORST, 300 * 2 ** failures) * (0.5 + Math.random() / 2));
const eraOf = (id) => id.replace(/(-\d+){2}$/, "");

/** Tell whether who has heard up to `id` has heard everything up to `other`. */
function covers(id, other) {
  const [entry, change, otherEntry, otherChange] = [id, other].flatMap((each) => each.split("-").slice(-2).map(Number));
  return eraOf(id) === eraOf(other) && entry >= otherEntry && change >= otherChange;
}

/**
 * Listen for ever: `on.rows(rows)`; `on.earlier(rows)` with older ones until `most` are there, then
 * `on.loaded()`; `on.reset()`; and `on.state(word, why)` with connected or waiting.
 */
export async function listen(on, { most }) {
  let id = "";
  let heard = Date.now();
  let isCatching = false;
  let isMissed = false; // something was told while this tab asked for what it missed
  let isLeader = false;
  let stop = new AbortController();
  const failed = (error) => on.state("waiting", error.message);

  function take(told) {
    if (told.reset) on.reset();
    id = told.id;
    if (told.rows.length) on.rows(told.rows);
  }

  /** Ask for what was missed until nothing is. */
  async function catchUp() {
    if (isCatching) return void (isMissed = true);
    isCatching = true;
    try {
      for (let isMore = true; isMore;) {
        isMissed = false;
        const told = await ask("GET", `news?last=300${id && `&since=${encodeURIComponent(id)}`}`);
        isMore = isMissed || (id && told.rows.length > 0);
        if (!id || told.reset) fetchOlder(told);
        take(told);
      }
      on.state("connected");
    } finally {
      isCatching = false;
    }
  }

  /** Fetch what is older, page by page. */
  async function fetchOlder({ before, rows }) {
    const era = before && eraOf(before);
    await sleep(0);
    for (let count = rows.length; before && count < most; count += rows.length) {
      ({ before, rows } = await ask("GET", `news?last=500&before=${encodeURIComponent(before)}`).catch(() => ({ rows: [] })));
      if (era !== eraOf(id)) return; // a reset came first
      on.earlier(rows);
    }
    on.loaded();
  }

  async function follow(tell) {
    const answer = await send("GET", "live", undefined, { headers: { "Last-Event-ID": id }, signal: stop.signal });
    if (!answer.ok) throw new Error((await answer.json().catch(() => null))?.error?.details ?? `The server answered ${answer.status}.`);
    on.state("connected");
    for await (const event of eventsOf(answer.body)) {
      heard = Date.now();
      if (event.event === "reset") { // or the server was started anew
        on.reset();
        id = "";
        await catchUp();
      }
      if (["reset", "heartbeat"].includes(event.event)) tell({ id });
      if (!event.id || covers(id, event.id)) continue;
      const told = { from: id, id: event.id, rows: JSON.parse(event.data ?? "[]") };
      take(told);
      tell(told);
    }
    throw new Error("The server ended the stream.");
  }

  /** Read the stream again and again: what is not 200 or ends is tried once more, a little later each time. */
  async function lead(tell) {
    isLeader = true;
    for (let failures = 0; ; failures++) {
      const began = heard = Date.now();
      await follow(tell).catch((error) => failed(stop.signal.aborted ? new Error("The connection was silent.") : error));
      stop = new AbortController();
      if (Date.now() - began > WORST) failures = 0;
      await pause(failures);
      while (document.hidden && !navigator.locks) await sleep(300);
    }
  }

  for (let failures = 0; !id; failures++) {
    await catchUp().catch(failed);
    if (!id) await pause(failures);
  }
  const channel = new BroadcastChannel(`toplyne-sandbox ${new URL("..", import.meta.url).pathname} ${tokenInUse() ?? ""}`);
  channel.onmessage = ({ data: told }) => {
    if (isLeader) return;
    heard = Date.now();
    if (covers(id, told.id)) return;
    if (!isCatching && told.rows && covers(id, told.from)) take(told);
    else catchUp().catch(failed);
  };
  const wake = () => {
    if (!navigator.locks && document.hidden) stop.abort(); // a connection for each tab: only those that are looked at
    else if (!document.hidden && Date.now() - heard > SILENT) {
      heard = Date.now();
      if (isLeader) stop.abort();
      else catchUp().catch(failed);
    }
  };
  setInterval(wake, WORST);
  document.addEventListener("visibilitychange", wake);
  if (!navigator.locks) return lead(() => null); // http off localhost
  navigator.locks.request(channel.name, () => lead((told) => channel.postMessage(told)));
  await catchUp().catch(failed);
}

async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) yield Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
  }
}
