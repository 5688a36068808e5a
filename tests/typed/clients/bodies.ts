// What types out of both OpenAPI documents let through: right bodies compile, wrong ones don't.
import type { components as Control, paths as ControlPaths } from "./control";
import type { paths as ToplynePaths } from "./toplyne";

type Body<Path extends keyof ToplynePaths> = ToplynePaths[Path] extends {
  post: { requestBody: { content: { "application/json": infer B } } };
}
  ? B
  : never;
type Events = Body<"/v1/upload/events">;
type Profiles = Body<"/v1/upload/users/profiles">;
type Accounts = Body<"/v1/upload/accounts/profiles">;
type NewFault = ControlPaths["/_sandbox/faults"]["post"]["requestBody"]["content"]["application/json"];
type Entry = Control["schemas"]["EntryJson"];

export const event: Events = { events: [{ userId: "u", eventName: "E", timestamp: 1 }] };
export const anonymous: Events = { events: [{ anonymousId: "a", eventName: "E", timestamp: 1, eventProperties: { a: [1] } }] };
export const profile: Profiles = { profiles: [{ userId: "u", creationTime: 1, userProperties: { plan: "pro" } }] };
export const account: Accounts = { accounts: [{ accountId: "a", creationTime: 1, accountProperties: { seats: 5 } }] };
export const fault: NewFault = { status: 429, retry_after: 1, times: 2 };
export const answer: NewFault = { answer: { status: 502, headers: { A: "b" }, body: "<html>" } };
export const day: NewFault = { bad_day: { probability: 0.5, seed: 1 } };
export const told = (entry: Entry): string => `${entry.number + entry.status} ${entry.problems.map((p) => p.path)}`;
export const path: string = ({} as Entry).path;

// @ts-expect-error a time is a number
export const w1: Events = { events: [{ userId: "u", eventName: "E", timestamp: "1" }] };
// @ts-expect-error an event needs an id
export const w2: Events = { events: [{ eventName: "E", timestamp: 1 }] };
// @ts-expect-error an event needs its name
export const w3: Events = { events: [{ userId: "u", timestamp: 1 }] };
// @ts-expect-error no such field
export const w4: Events = { events: [{ userId: "u", eventName: "E", timestamp: 1, extra: 1 }] };
// @ts-expect-error the list has another name
export const w5: Events = { profiles: [] };
// @ts-expect-error an ID is a string
export const w6: Accounts = { accounts: [{ accountId: 5, creationTime: 1 }] };
// @ts-expect-error properties are an object
export const w7: Profiles = { profiles: [{ userId: "u", creationTime: 1, userProperties: "pro" }] };
// @ts-expect-error no such accident
export const w8: NewFault = { wire: "cut" };
// @ts-expect-error an answer needs a status
export const w9: NewFault = { answer: { body: "x" } };
// @ts-expect-error an entry has no such member
export const w10 = (entry: Entry) => entry.statuz;
