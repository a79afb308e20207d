/** Spans: one for each request, one inside it for each hook, and how the trace is passed on. */
import type { IncomingMessage } from "node:http";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { propagation, trace } from "@opentelemetry/api";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { definePlugin, deny } from "glassine";
import { beforeEach, expect, it, vi } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { listening } from "../../support/listening.ts";
import { loggedBy } from "../attacks/support.ts";
import { connectClient, type Started, startGateway } from "./support/gateway.ts";
import { keepSpans } from "./support/spans.ts";

let kept: ReturnType<typeof keepSpans>;
beforeEach(() => {
  kept = keepSpans();
  afterTest(kept.stop);
});

const small = fileURLToPath(new URL("support/small-server.mjs", import.meta.url));
const server = { command: process.execPath, args: [small] };
const planted = "hunter2-planted";

const watcher = definePlugin({
  name: "watcher",
  version: "1.0.0",
  hooks: {
    "cmf.tool_pre_invoke"({ content: [part] }) {
      if (part?.content_type === "tool_call" && part.content.name === "environment")
        return deny({ code: "no_environment", reason: `Not with ${planted}` });
    },
    "cmf.tool_post_invoke": () => undefined,
    "cmf.llm_input": () => undefined,
  },
});

async function started(config: object): Promise<Started> {
  const made = await startGateway({ tracing: true, ...config }, [watcher]);
  afterTest(made.close);
  return made;
}

async function clientOf(made: Started, headers?: Record<string, string>) {
  const client = await connectClient(made, headers);
  afterTest(() => client.close());
  return client;
}

const parent = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
const traceparent = `00-${parent.traceId}-${parent.spanId}-01`;

const spansOf = (name: string) => kept.spans.filter((each) => each.name === name);

it("has a span for a request, and in it one for each hook", async () => {
  const client = await clientOf(await started({ servers: { small: server } }));
  await client.callTool({ name: "answer" });
  const [request] = spansOf("tools/call");
  expect(request).toMatchObject({
    kind: 1,
    parent: undefined,
    status: 0,
    ends: 1,
    attributes: {
      "mcp.method.name": "tools/call",
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "answer",
      "network.transport": "tcp",
    },
  });
  for (const hook of ["cmf.tool_pre_invoke", "cmf.tool_post_invoke"])
    expect(spansOf(hook)).toMatchObject([
      {
        kind: 0,
        parent: request?.spanId,
        traceId: request?.traceId,
        ends: 1,
        attributes: { "glassine.hook": hook, "glassine.outcome": "allowed" },
      },
    ]);
  // The same id that the records have.
  const [pre, post] = kept.spans.filter(({ name }) => name.startsWith("cmf.tool"));
  expect(pre?.attributes["glassine.request"]).toMatch(/^[\da-f-]{36}$/);
  expect(post?.attributes["glassine.request"]).toBe(pre?.attributes["glassine.request"]);
});

it("says which plugin refused, and what failed", async () => {
  const client = await clientOf(await started({ servers: { small: server } }));
  await client.callTool({ name: "environment" }).catch(() => {});
  await client.callTool({ name: "unheard-of" }).catch(() => {});
  expect(spansOf("cmf.tool_pre_invoke")[0]?.attributes).toMatchObject({
    "glassine.outcome": "denied",
    "glassine.code": "no_environment",
    "glassine.plugin": "watcher",
  });
  expect(spansOf("tools/call")).toMatchObject([
    { status: 2, ends: 1, attributes: { "error.type": "no_environment" } },
    { status: 2, ends: 1, attributes: { "error.type": "-32602" } },
  ]);
});

it("goes on the trace of `_meta`, else of the header, and takes no nonsense for one", async () => {
  const made = await started({ servers: { small: server } });
  const byHeader = await clientOf(made, { traceparent });
  await byHeader.callTool({ name: "answer" });
  expect(spansOf("tools/call")[0]).toMatchObject({
    parent: parent.spanId,
    traceId: parent.traceId,
  });
  const spanId = "00f067aa0ba902b7";
  const closer = `00-${parent.traceId}-${spanId}-01`;
  await byHeader.callTool({ name: "answer", _meta: { traceparent: closer } });
  expect(spansOf("tools/call")[1]).toMatchObject({ parent: spanId });
  const nobody = await clientOf(made, { traceparent: "00-nonsense" });
  await nobody.callTool({ name: "answer", _meta: { traceparent: 7 } });
  expect(spansOf("tools/call")[2]?.parent).toBeUndefined();
});

it("passes the trace on where that is allowed, and nowhere else", async () => {
  const servers = { may: { ...server, traceContext: true }, maynot: server };
  const pass = ["metadata", "tokens"];
  const config = Object.fromEntries(
    Object.entries(servers).map(([name, each]) => [name, { ...each, pass }]),
  );
  const client = await clientOf(await started({ servers: config }));
  const got = async (name: string) => {
    const meta = { traceparent, tracestate: "a=b", own: "kept" };
    const { content } = await client.callTool({ name: `${name}__meta`, _meta: meta });
    return JSON.parse((content as [{ text: string }])[0].text) as Record<string, string>;
  };
  const passed = await got("may");
  expect(passed).toEqual({ own: "kept", traceparent: expect.any(String), tracestate: "a=b" });
  const [span] = spansOf("tools/call");
  expect(passed.traceparent).toBe(`00-${parent.traceId}-${span?.spanId}-01`);
  expect(await got("maynot")).toEqual({ own: "kept" });
});

it("sends it as a header over HTTP, to servers and to models", async () => {
  const seen: IncomingMessage[] = [];
  const { url } = await listening(async (request, response) => {
    for await (const _ of request);
    seen.push(request);
    response.writeHead(503, { "content-type": "application/json" });
    response.end('{"error":{"message":"no"}}');
  });
  const route = { provider: "openai", url } as const;
  const made = await started({
    servers: { web: { url, traceContext: true } },
    models: {
      may: { ...route, path: "/may", traceContext: true },
      maynot: { ...route, path: "/maynot" },
    },
  });
  const post = (path: string) =>
    fetch(new URL(path, made.url), {
      method: "POST",
      headers: { "content-type": "application/json", traceparent },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: planted }] }),
    }).then((response) => response.text());
  await post("/may/v1/chat/completions");
  const [span] = spansOf("POST /may");
  // A reader may have the whole response before it counts as sent.
  await vi.waitFor(() => expect(span?.ends).toBe(1));
  expect(span).toMatchObject({
    parent: parent.spanId,
    kind: 1,
    status: 2,
    attributes: { "http.route": "/may", "gen_ai.provider.name": "openai", "error.type": "503" },
  });
  expect(seen[0]?.headers).toMatchObject({
    traceparent: `00-${parent.traceId}-${span?.spanId}-01`,
  });
  expect(seen[0]?.headers.baggage).toBeUndefined();
  expect(spansOf("cmf.llm_input")[0]).toMatchObject({ parent: span?.spanId });
  await post("/maynot/v1/chat/completions");
  expect(seen[1]?.headers.traceparent).toBeUndefined();
  await clientOf(made, { traceparent }).catch(() => {});
  const [initialize] = spansOf("initialize");
  expect(seen[2]?.headers.traceparent).toBe(`00-${parent.traceId}-${initialize?.spanId}-01`);
});

it("ends every span once: also of a call that is cancelled, or whose caller leaves", async () => {
  const made = await started({ servers: { small: server }, limits: { shutdownMs: 100 } });
  const client = await clientOf(made);
  const stop = new AbortController();
  const cancelled = client.callTool({ name: "hang" }, undefined, { signal: stop.signal });
  await vi.waitFor(() => expect(spansOf("tools/call")).toHaveLength(1));
  stop.abort();
  await cancelled.catch(() => {});
  await vi.waitFor(() => expect(spansOf("tools/call")[0]?.ends).toBe(1));
  expect(spansOf("tools/call")[0]?.attributes["error.type"]).toBe("cancelled");
  // It is never answered.
  client.callTool({ name: "hang" }).catch(() => {});
  await vi.waitFor(() => expect(spansOf("tools/call")).toHaveLength(2));
  await made.gateway.close();
  expect(kept.spans.filter(({ ends }) => ends !== 1)).toEqual([]);
});

it.each(["onStart", "onEnd", "extract", "inject"])(
  "lets no request fail with the SDK, and logs why it failed: %s",
  async (failing) => {
    const fail = (name: string) => () => {
      if (name === failing) throw new Error(`The queue is full at ${name}.`);
    };
    trace.disable();
    propagation.disable();
    const processor = { forceFlush: async () => {}, shutdown: async () => {} };
    const spanProcessors = [{ ...processor, onStart: fail("onStart"), onEnd: fail("onEnd") }];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
    propagation.setGlobalPropagator({
      inject: fail("inject"),
      extract: (given) => fail("extract")() ?? given,
      fields: () => [],
    });
    const { url } = await listening((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: "c", object: "chat.completion", model: "m", choices: [] }));
    });
    const made = await started({
      servers: { small: { ...server, traceContext: true } },
      models: { chat: { provider: "openai", url, path: "/chat", traceContext: true } },
    });
    const asked = await fetch(new URL("/chat/v1/chat/completions", made.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "Ahoy" }] }),
    });
    expect(asked.status).toBe(200);
    await asked.text();
    const client = await clientOf(made);
    const result = await client.callTool({ name: "answer" });
    expect(result.isError).not.toBe(true);
    await expect(client.callTool({ name: "environment" })).rejects.toThrow("Not with");
    expect(loggedBy(made, "tracing_error")).toContainEqual({
      generation: 1,
      text: `The queue is full at ${failing}.`,
    });
    expect(loggedBy(made, "guard_error")).toEqual([]);
  },
);

it("holds no secret: of a token, a header, an argument or a result", async () => {
  const headers = { authorization: `Bearer ${planted}`, "x-key": planted };
  const client = await clientOf(await started({ servers: { small: server } }), headers);
  await client.callTool({ name: "repeat", arguments: { password: planted } });
  await client.callTool({ name: "environment", arguments: { password: planted } }).catch(() => {});
  await client.callTool({ name: `a ${planted}` }).catch(() => {});
  expect(kept.spans.length).toBeGreaterThan(5);
  expect(JSON.stringify(kept.spans)).not.toContain(planted);
});
