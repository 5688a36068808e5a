import createClient from "openapi-fetch";
import type { paths } from "./generated/control";

export const baseUrl = process.env.SANDBOX_URL!;

/** Make a tenant, so that test files can run side by side: its token, and the sandbox as it sees it. */
export async function tenant(name: string) {
  const everybody = createClient<paths>({ baseUrl });
  const { data } = await everybody.POST("/_sandbox/tokens", { body: { name } });
  const { token } = data!;
  const headers = { Authorization: `Bearer ${token}` };
  return { token, sandbox: createClient<paths>({ baseUrl, headers }) };
}
