/** Pages in a browser: those of allowed origins can read answers, others cannot. */
import { expect, it } from "vitest";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { callerOf, initialize } from "./support/caller.ts";

const origin = "https://app.test";
const listen = { port: 0, allowedOrigins: [origin] };
const preflight = {
  "access-control-request-method": "POST",
  "access-control-request-headers": "content-type,mcp-protocol-version,x-user",
};

it("answers the preflight of an allowed origin, before it asks who it is", async () => {
  const { url, server } = await gatewayBefore(undefined, { listen });
  const response = await fetch(url, { method: "OPTIONS", headers: { origin, ...preflight } });
  expect(response.status).toBe(204);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "access-control-allow-origin": origin,
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": preflight["access-control-request-headers"],
    vary: "origin",
  });
  expect(response.headers.has("access-control-allow-credentials")).toBe(false);
  expect(server.came).toHaveLength(0);
});

it("lets it read answers and refusals, and the id of its session", async () => {
  const { url } = await gatewayBefore(undefined, { listen });
  const begun = await callerOf(url, { ...ada, origin }).post(initialize);
  const refused = await callerOf(url, { origin }).post(initialize);
  expect([begun.status, refused.status]).toEqual([200, 403]);
  for (const { headers } of [begun, refused]) {
    expect(headers.get("access-control-allow-origin")).toBe(origin);
    expect(headers.get("access-control-expose-headers")).toContain("mcp-session-id");
  }
});

it("says nothing of it to other origins, nor to programs", async () => {
  const { url } = await gatewayBefore(undefined, { listen });
  for (const headers of [{ origin: "https://evil.test" }, {}]) {
    const asked = await fetch(url, { method: "OPTIONS", headers: { ...headers, ...preflight } });
    const sent = await callerOf(url, { ...ada, ...headers }).post(initialize);
    expect(asked.status).toBe(403);
    expect(sent.status).toBe("origin" in headers ? 403 : 200);
    for (const each of [asked, sent])
      expect([...each.headers.keys()].join()).not.toContain("access-control");
  }
});
