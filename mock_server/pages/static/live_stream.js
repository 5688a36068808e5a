// The live rows. One tab of the browser reads the stream and wakes the others, and each tab fetches the
// rows it does not have yet. A browser opens only six connections to a host, so only the tab with the
// Web Lock reads the stream; it wakes the others over a BroadcastChannel.
import { ask, send, tokenInUse } from "./api.js";

const TOGETHER = 100; // rows within this many milliseconds are fetched together
const SILENT = 40_000; // two heartbeats and a half
const WORST = 5000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const pause = (failures) => sleep(Math.min(WORST, 300 * 2 ** failures) * (0.5 + Math.random() / 2));

/**
 * Listen forever. Calls `on.rows(rows)`, also with older rows until there are `most`, and then
 * `on.loaded()`; `on.reset()`; and `on.state(word, why)` with "connected" or "waiting".
 */
export async function listen(on, { most }) {
  let id = "";
  let loads = 0;
  let heard = Date.now();
  let isAsking = false;
  let isWoken = false;
  let stop = new AbortController();
  const failed = ({ message }) => on.state("waiting", message);

  /** Fetch new rows until there are no more. */
  async function catchUp() {
    isWoken = true;
    heard = Date.now();
    if (isAsking) return;
    isAsking = true;
    try {
      while (isWoken) {
        isWoken = false;
        const told = await ask("GET", `news?last=300${id && `&since=${encodeURIComponent(id)}`}`, undefined, stop);
        if (told.reset) on.reset();
        if (!id || told.reset) fetchOlder(told);
        else isWoken ||= told.rows.length > 0; // there may be more than fit into one answer
        id = told.id;
        if (told.rows.length) on.rows(told.rows);
        on.state("connected");
        if (isWoken) await sleep(TOGETHER);
      }
    } catch (error) {
      failed(error);
    } finally {
      isAsking = false;
    }
  }

  /** Fetch older rows, page by page, until a reset. */
  async function fetchOlder({ before, rows }) {
    const mine = ++loads;
    await sleep(0);
    for (let count = rows.length; before && count < most; count += rows.length) {
      ({ before, rows } = await ask("GET", `news?last=500&before=${encodeURIComponent(before)}`).catch(() => ({ rows: [] })));
      if (mine !== loads) return;
      on.rows(rows);
    }
    on.loaded();
  }

  /** Read the stream. If it is refused or ends, report that and retry, a little later each time. */
  async function lead(wake, lost) {
    for (let failures = 0; ; failures++) {
      const began = heard = Date.now();
      const { signal } = stop;
      try {
        const answer = await send("GET", "live?last=0", undefined, { signal });
        if (!answer.ok) throw new Error((await answer.json().catch(() => null))?.error?.details ?? `The server answered ${answer.status}.`);
        for (const reader = answer.body.getReader(); !(await reader.read()).done;) wake(); // for rows, a reset or a heartbeat
        throw new Error("The server ended the stream.");
      } catch (error) {
        lost(signal.aborted ? new Error("The connection was silent.") : error);
      }
      if (Date.now() - began > WORST) failures = 0;
      await pause(failures);
      while (document.hidden && !navigator.locks) await sleep(300);
    }
  }

  for (let failures = 0; !id; failures++) {
    if (failures) await pause(failures);
    await catchUp();
  }
  const channel = new BroadcastChannel(`toplyne-sandbox ${new URL("..", import.meta.url).pathname} ${tokenInUse() ?? ""}`);
  channel.onmessage = ({ data: trouble }) => (trouble ? on.state("waiting", trouble) : catchUp());
  catchUp(); // rows from before this tab listened
  const look = () => {
    if (document.hidden ? navigator.locks : Date.now() - heard < SILENT) return;
    stop.abort(); // after sleep; or, without locks, in a hidden tab, as each tab then has its own connection
    stop = new AbortController();
    if (!document.hidden) setTimeout(catchUp);
  };
  setInterval(look, WORST);
  document.addEventListener("visibilitychange", look);
  if (!navigator.locks) return lead(catchUp, failed); // plain http on another host than localhost
  navigator.locks.request(channel.name, () => lead(() => {
    channel.postMessage("");
    catchUp();
  }, (error) => {
    channel.postMessage(error.message);
    failed(error);
  }));
}
