// The stream of `/_sandbox/live`: read with fetch, as EventSource cannot send the admin token.
import { send } from "./api.js";

/**
 * Listen for ever: `on.rows(rows)`, `on.reset()`, `on.state(word)` with connected, waiting or the
 * server's refusal. A connection that ends is made anew, from the last id on.
 */
export async function listen(on, { last }) {
  let id = "";
  let failures = 0;
  for (;;) {
    try {
      const headers = id ? { "Last-Event-ID": id } : {};
      const answer = await send("GET", `live?last=${last}`, undefined, { headers });
      if (!answer.ok) throw new Error((await answer.json()).error?.details ?? `answered ${answer.status}`);
      on.state("connected");
      failures = 0;
      for await (const event of eventsOf(answer.body)) {
        if (event.id) id = event.id;
        if (event.event === "reset") on.reset();
        if (event.event === "rows") on.rows(JSON.parse(event.data));
      }
      on.state("waiting");
    } catch (error) {
      on.state("waiting", error.message);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 500 * 2 ** failures++)));
  }
}

async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    let end;
    while ((end = rest.indexOf("\n\n")) >= 0) {
      const event = {};
      for (const line of rest.slice(0, end).split("\n")) {
        const colon = line.indexOf(": ");
        if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 2);
      }
      rest = rest.slice(end + 2);
      yield event;
    }
  }
}
