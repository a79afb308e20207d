/** Requests that end in unusual ways leave nothing open. */
import { expect, it } from "vitest";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { exchangeOf } from "../router/support/servers.ts";
import { callerOf } from "../run/support/caller.ts";

it("notifications of exchanges do not count as unanswered", async () => {
  const made = await gatewayBefore(undefined, { limits: { inFlight: 2 } });
  const { body, headers } = exchangeOf(undefined, "notifications/x");
  const caller = callerOf(made.url, ada);
  for (let count = 1; count <= 3; count += 1)
    expect((await caller.post(body, { headers })).status).toBe(202);
  await expect.poll(() => made.server.of("notifications/x").length).toBe(3);
});
