import { baseUrl, tenant } from "./tenant";
import { toplyne } from "./toplyne";
import type { components } from "./generated/toplyne";

let mine: Awaited<ReturnType<typeof tenant>>;
let client: ReturnType<typeof toplyne>;

beforeAll(async () => {
  mine = await tenant("toplyne.test.ts");
  client = toplyne(baseUrl, mine.token);
});

beforeEach(() => mine.sandbox.POST("/_sandbox/reset"));

async function entries() {
  const { data } = await mine.sandbox.GET("/_sandbox/entries");
  return data!.entries;
}

test("a sign-up arrives with its plan", async () => {
  void client.signedUp("u1", "pro"); // nobody waits for it

  await mine.sandbox.GET("/_sandbox/wait", { params: { query: { events: 1, timeout: 5 } } });

  const events = { params: { path: { kind: "events" as const } } };
  const { data } = await mine.sandbox.GET("/_sandbox/state/{kind}", events);
  expect(data!.items).toMatchObject([
    { userId: "u1", eventName: "Signed Up", eventProperties: { plan: "pro" } },
  ]);
});

test("a bad moment of Toplyne is tried again", async () => {
  await mine.sandbox.POST("/_sandbox/faults", { body: { status: 503, times: 2 } });

  await client.signedUp("u1", "pro");

  expect((await entries()).map((entry) => entry.status)).toEqual([503, 503, 202]);
});

test("what Toplyne refuses is named", async () => {
  await expect(client.signedUp("", "pro")).rejects.toThrow("Toplyne answered 400: events[0].userId");

  const [refused] = await entries();
  expect(refused.problems.map((problem) => problem.path)).toEqual(["$.events[0].userId"]);
});

test("an event without an id does not compile", () => {
  // @ts-expect-error: neither userId nor anonymousId
  const event: components["schemas"]["SendEvents"] = { eventName: "Signed Up", timestamp: 1 };

  expect(event).toBeDefined();
});
