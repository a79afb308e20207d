/** Providers that fail behind a route: what the caller gets. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { definePlugin, GlassineError } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { expect, it, vi } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { listening } from "../../support/listening.ts";
import { ada, gatewayBefore, loggedBy } from "../attacks/support.ts";
import { sessionOf } from "../run/support/caller.ts";

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
    "answers with a page",
    502,
    "answer_invalid",
    (response) => response.setHeader("content-type", "text/html").end("<html>Log in</html>"),
  ],
  [
    "redirects",
    502,
    "answer_invalid",
    (response) => response.writeHead(307, { location: "/elsewhere" }).end("<html>moved</html>"),
  ],
  [
    "answers with a status that HTTP does not have",
    502,
    "answer_invalid",
    (response) => response.writeHead(600).end(),
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
  const { url: base } = await listening((_request, response) => void fail(response));
  const model = { provider: "openai" as const, url: base, path: "/openai", timeoutMs: 300 };
  const made = await gatewayBefore(undefined, { models: { model } }, [looks]);
  const { url, gateway } = made;
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
  expect(loggedBy(made, "model")).toMatchObject([{ outcome: "errored", code }]);
});

it("says in Google's words that a provider was too slow", async () => {
  const { url: base } = await listening(() => {});
  const models = {
    model: { provider: "google" as const, url: base, path: "/google", timeoutMs: 300 },
  };
  const { url } = await gatewayBefore(undefined, { models }, [looks]);
  const contents = [{ role: "user", parts: [{ text: "hi" }] }];
  const response = await ask(url, "/google/v1beta/models/m:generateContent", { contents });
  expect(await response.json()).toMatchObject({
    error: { code: 504, status: "DEADLINE_EXCEEDED" },
  });
});

it.each(["", "part of it"])(
  "ends the answer of one that breaks off an unread one after %j",
  async (part) => {
    const { url } = await listening((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      response.write(part, () => setTimeout(() => response.destroy(), 20));
    });
    const models = { model: { provider: "openai" as const, url, path: "/openai" } };
    const { url: at } = await gatewayBefore(undefined, { models }, [looks]);
    const prints = [vi.spyOn(console, "error"), vi.spyOn(console, "info")];
    afterTest(() => prints.forEach((print) => void print.mockRestore()));
    const response = await ask(at, "/openai/v1/models");
    expect(response.status).toBe(200);
    const read: string[] = [];
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) read.push(decoder.decode(chunk));
    })();
    await expect(reading).rejects.toThrow();
    expect(read.join("")).toBe(part);
    for (const print of prints) expect(print).not.toHaveBeenCalled();
  },
);

const ask = (url: URL, path: string, body?: object) =>
  fetch(new URL(path, url), {
    method: body === undefined ? "GET" : "POST",
    headers: { ...ada, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });

it("refuses an unread answer with a status that HTTP does not have", async () => {
  const { url } = await listening((_request, response) => response.writeHead(600).end());
  const models = { model: { provider: "openai" as const, url, path: "/openai" } };
  const { url: at } = await gatewayBefore(undefined, { models });
  const response = await ask(at, "/openai/v1/models");
  expect([response.status, await response.json()]).toEqual([
    502,
    { error: expect.objectContaining({ code: "answer_invalid" }) },
  ]);
});

it("says of a missing secret that the gateway is at fault, and names it in the log alone", async () => {
  const headers = { authorization: { env: "UNSET_OPENAI_KEY" } };
  const model = {
    provider: "openai" as const,
    url: "http://127.0.0.1:1",
    path: "/openai",
    headers,
  };
  const made = await gatewayBefore(undefined, { models: { model } }, [looks], { secrets: null });
  const body = { model: "m", messages: [{ role: "user", content: "hi" }] };
  const response = await ask(made.url, "/openai/v1/chat/completions", body);
  const text = await response.text();
  expect([response.status, JSON.parse(text)]).toMatchObject([
    500,
    { error: { code: "secret_missing" } },
  ]);
  expect(text).not.toContain("UNSET_OPENAI_KEY");
  expect(loggedBy(made, "model")).toMatchObject([{ outcome: "errored", code: "secret_missing" }]);
  expect(loggedBy(made, "secret_missing")).toMatchObject([
    { route: "model", text: expect.stringContaining('"UNSET_OPENAI_KEY" is not set') },
  ]);
});

it("says of a secret that no header can have which header it is for", async () => {
  const key = join(await folderWith({ key: "sk-planted\nsecond" }), "key");
  const headers = { "x-api-key": { file: key } };
  const url = "http://127.0.0.1:1";
  const model = { provider: "openai" as const, url, path: "/openai", headers };
  const made = await gatewayBefore(undefined, { models: { model } }, [looks], { secrets: null });
  const body = { model: "m", messages: [{ role: "user", content: "hi" }] };
  const response = await ask(made.url, "/openai/v1/chat/completions", body);
  expect([response.status, await response.json()]).toMatchObject([
    500,
    { error: { code: "secret_missing" } },
  ]);
  const text = 'the secret of the header "x-api-key" has a character that no header can have';
  expect(loggedBy(made, "secret_missing")).toMatchObject([{ route: "model", text }]);
  expect(JSON.stringify(made.log.lines)).not.toContain("sk-planted");
});

it("logs any other failure of a route as one of the gateway, with its code", async () => {
  const headers = { authorization: { env: "OPENAI_KEY" } };
  const model = {
    provider: "openai" as const,
    url: "http://127.0.0.1:1",
    path: "/openai",
    headers,
  };
  const secrets = () => {
    throw new GlassineError("setting_invalid", "The vault is sealed.");
  };
  const made = await gatewayBefore(undefined, { models: { model } }, [looks], { secrets });
  const body = { model: "m", messages: [{ role: "user", content: "hi" }] };
  const { status } = await ask(made.url, "/openai/v1/chat/completions", body);
  expect([status, loggedBy(made, "internal_error")]).toEqual([
    500,
    [expect.objectContaining({ code: "setting_invalid", text: "The vault is sealed." })],
  ]);
});

it("says what no plugin sees, and where to let it pass", async () => {
  const model = { provider: "openai" as const, url: "http://127.0.0.1:1", path: "/openai" };
  const made = await gatewayBefore(undefined, { models: { model } }, [looks]);
  const tools = [{ type: "function", function: { name: "x", parameters: {} } }];
  const body = { model: "m", messages: [{ role: "user", content: "hi" }], tools };
  const response = await ask(made.url, "/openai/v1/chat/completions", body);
  const { error } = (await response.json()) as { error: { message: string } };
  expect([response.status, error.message]).toEqual([403, expect.stringMatching(/: tools$/)]);
  expect(loggedBy(made, "model")).toMatchObject([
    { code: "content_unseen", text: expect.stringMatching(/sees tools: .*models\.model\.allow/) },
  ]);
});

it("logs and records a request that is passed on unread", async () => {
  const asked: (string | undefined)[] = [];
  const { url } = await listening((request, response) => {
    asked.push(request.url);
    response.end("{}");
  });
  const models = {
    model: { provider: "openai" as const, url, path: "/openai" },
    gone: { provider: "anthropic" as const, url: "http://127.0.0.1:1", path: "/gone" },
  };
  const records: AuditEvent[] = [];
  const made = await gatewayBefore(undefined, { models }, [looks], {
    audit: { sink: (event) => records.push(event) },
    records: { access: "all" },
  });
  expect((await ask(made.url, "/openai/v1/models?key=hunter2")).status).toBe(200);
  expect((await ask(made.url, "/gone/v1/models/m")).status).toBe(502);
  const lines = loggedBy(made, "model_passed");
  expect(lines).toMatchObject([
    { route: "model", subject: "ada", method: "GET", path: "/openai/v1/models", status: 200 },
    { route: "gone", path: "/gone/v1/models/m", status: 502, code: "provider_unreachable" },
  ]);
  const ends = records.filter(({ eventType }) => eventType === "model.request_ended");
  expect(ends.map(({ metadata }) => metadata)).toMatchObject([
    {
      request: lines[0]?.request,
      provider: "openai",
      name: "GET /openai/v1/models",
      result: "allowed",
      subject_id: "ada",
    },
    { request: lines[1]?.request, result: "errored", code: "provider_unreachable" },
  ]);
  expect(JSON.stringify(records)).not.toContain("hunter2");
  // An encoded slash could lead to anything that the gateway's key opens.
  expect((await ask(made.url, "/openai/v1/models/..%2ffiles%2fx")).status).toBe(403);
  expect(asked).toHaveLength(1);
});

it.each([
  ["that plugins see", [looks]],
  ["that no plugin sees", []],
])("refuses a body %s if it is too large or too slow", async (_, plugins) => {
  const model = { provider: "openai" as const, url: "http://127.0.0.1:1", path: "/openai" };
  const limits = { messageBytes: 1024, bodyTimeoutMs: 100 };
  const made = await gatewayBefore(undefined, { models: { model }, limits }, plugins);
  const post = async (body: string | ReadableStream<Uint8Array>) => {
    const response = await fetch(new URL("/openai/v1/chat/completions", made.url), {
      method: "POST",
      headers: { ...ada, "content-type": "application/json" },
      body,
      duplex: "half",
    } as RequestInit);
    const { error } = (await response.json()) as { error: { code: string } };
    return [response.status, error.code];
  };
  expect(await post(" ".repeat(2000))).toEqual([413, "request_too_large"]);
  const endless = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(Buffer.from("{")),
  });
  expect(await post(endless)).toEqual([408, "body_timeout"]);
  await expect
    .poll(() => loggedBy(made, "model"))
    .toMatchObject([
      { outcome: "errored", code: "request_too_large" },
      { outcome: "errored", code: "body_timeout" },
    ]);
});

it("does not take the requests of the MCP endpoint for those of a route above it", async () => {
  const model = { provider: "openai" as const, url: "http://127.0.0.1:1", path: "/" };
  const { url } = await gatewayBefore(undefined, { models: { model } }, [looks]);
  expect((await (await sessionOf(url, ada)).call(1)).status).toBe(200);
});

it("blames nobody if the caller leaves before its whole body has come", async () => {
  const model = { provider: "openai" as const, url: "http://127.0.0.1:1", path: "/openai" };
  const made = await gatewayBefore(undefined, { models: { model } }, [looks]);
  const framings = ["content-length: 1000", "transfer-encoding: chunked"];
  const paths = [made.url.pathname, "/openai/v1/chat/completions"];
  const asked = paths.flatMap((path) => framings.map((framing) => ({ path, framing })));
  for (const { path, framing } of asked) {
    const socket = connect(Number(made.url.port), "127.0.0.1");
    afterTest(() => socket.destroy());
    const head = Object.entries({
      host: made.url.host,
      "content-type": "application/json",
      ...ada,
    });
    const lines = head.map(([name, value]) => `${name}: ${value}`);
    const more = ["expect: 100-continue", framing, "", "1\r\n{\r\n"];
    socket.write([`POST ${path} HTTP/1.1`, ...lines, ...more].join("\r\n"));
    await once(socket, "data");
    socket.destroy();
  }
  await expect.poll(() => loggedBy(made, "model").length).toBe(2);
  const left = { outcome: "aborted", code: undefined };
  expect(loggedBy(made, "model")).toMatchObject([left, left]);
  expect(loggedBy(made, "refused")).toEqual([]);
});
