import createClient from "openapi-fetch";
import type { paths } from "./generated/toplyne";

/** A client of Toplyne's API that tries three times. */
export function toplyne(baseUrl: string, token: string) {
  const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

  return {
    async signedUp(userId: string, plan: string, at = new Date()) {
      const timestamp = Math.floor(at.getTime() / 1000);
      const event = { userId, eventName: "Signed Up", timestamp, eventProperties: { plan } };
      for (let attempt = 1; ; attempt++) {
        const { error, response } = await api.POST("/v1/upload/events", { body: { events: [event] } });
        if (!error) return;
        if (response.status < 500 || attempt === 3) {
          throw new Error(`Toplyne answered ${response.status}: ${error.error.details}`);
        }
      }
    },
  };
}
