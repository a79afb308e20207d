/** Providers that fail behind a route: what the caller gets. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { definePlugin } from "glassine";
import { expect, it } from "vitest";
import { ada, after, gatewayBefore } from "../attacks/support.ts";

const looks = definePlugin({
  name: "looks",
  version: "1.0.0",
  hooks: { "cmf.llm_input": (_message) => undefined, "cmf.llm_output": (_message) => undefined },
});

const failing: readonly (readonly [
  what: string,
  status: number,
  code: string,
  fail: (response: ServerResponse) => unknown,
])[] = [
  ["breaks the connection", 502, "provider_unreachable", (response) => response.destroy()],
  [
    "breaks off in the middle of an answer",
    502,
    "provider_unreachable",
    (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"id":', () => response.destroy());
    },
  ],
  [
    "breaks off in the middle of a stream",
    502,
    "provider_unreachable",
    (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"id":"c"', () => response.destroy());
    },
  ],
  [
    "answers garbage",
    502,
    "answer_invalid",
    (response) => response.setHeader("content-type", "application/json").end("{"),
  ],
  [
    "never ends its answer",
    504,
    "provider_timeout",
    (response) => response.writeHead(200, { "content-type": "application/json" }).write("{"),
  ],
  [
    "never ends its stream",
    504,
    "provider_timeout",
    (response) => response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders(),
  ],
];

it.each(failing)("answers the caller of a provider that %s", async (_what, status, code, fail) => {
  const provider = createServer((_request, response) => void fail(response));
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  after(() => {
    provider.closeAllConnections();
    provider.close();
  });
  const base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const model = { provider: "openai" as const, url: base, path: "/openai", timeoutMs: 300 };
  const { url, gateway } = await gatewayBefore(undefined, { models: { model } }, [looks]);
  const body = { model: "m", messages: [{ role: "user", content: "hi" }] };
  const response = await fetch(new URL("/openai/v1/chat/completions", url), {
    method: "POST",
    headers: { ...ada, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect([response.status, await response.json()]).toEqual([
    status,
    { error: expect.objectContaining({ code, message: expect.any(String) }) },
  ]);
  expect(gateway.counts()).toMatchObject({ errored: 1, open: 0 });
});
