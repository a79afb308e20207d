/** How requests end in the servers of a factory, whose sessions outlive their transports. */
import { WebStandardStreamableHTTPServerTransport as TransportV1 } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import {
  createMcpHandler,
  WebStandardStreamableHTTPServerTransport as TransportV2,
} from "@modelcontextprotocol/server";
import { createGuard, type GuardEnd } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { fakeManager, gate, settle } from "./support/fake-manager.ts";
import { type Json, RawTransport, request, result, toolCall } from "./support/raw.ts";
import { createBackend, serverV1, serverV2 } from "./support/servers.ts";

const modern = "2026-07-28";
const _meta = {
  "io.modelcontextprotocol/protocolVersion": modern,
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1.0.0" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
const modernHeaders = (name: string) => ({
  "mcp-protocol-version": modern,
  "mcp-method": "tools/call",
  "mcp-name": name,
});

function post(message: Json, headers: object, signal?: AbortSignal): Request {
  return new Request("http://localhost/mcp", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify(message),
    ...(signal && { signal }),
  });
}

/** A guard whose requests all have one session, and a tool `slow` that ends when the test says so. */
function parts() {
  const began = gate();
  const hold = gate();
  const ended = gate<GuardEnd>();
  const manager = fakeManager({ "cmf.tool_pre_invoke": () => void began.open() });
  const guard = createGuard(manager, {
    onEnd: (end) => void (end.method === "tools/call" && ended.open(end)),
  });
  const backend = { ...createBackend(), hold: hold.wait };
  return { manager, guard, backend, began, hold, ended };
}

describe.each<[string, (id: number, name: string) => [Json, object]]>([
  [
    modern,
    (id, name) => [request(id, "tools/call", { name, arguments: {}, _meta }), modernHeaders(name)],
  ],
  ["2025-11-25, without sessions", (id, name) => [toolCall(id, {}, { name }), {}]],
])("an exchange of createMcpHandler, of %s", (_, call) => {
  it("ends its request when its caller leaves, also in a named session", async () => {
    verifies("mcp:guard-factory-ends");
    const { manager, guard, backend, began, hold, ended } = parts();
    const handler = createMcpHandler(
      guard.factory(
        () => serverV2(backend),
        () => "ada/1",
      ),
    );
    const leaves = new AbortController();
    const [slow, headers] = call(1, "slow");
    const left = handler.fetch(post(slow, headers, leaves.signal));
    await began.wait;
    await settle();
    expect(guard.counts()).toMatchObject({ open: 1 });
    leaves.abort();
    expect(await ended.wait).toMatchObject({ outcome: "aborted", code: "closed" });
    await guard.use(manager);
    const again = await handler.fetch(post(...call(1, "echo")));
    expect(await again.text()).toContain("org.example/trace");
    hold.open();
    await left;
    await settle();
    expect(guard.counts()).toMatchObject({ open: 0, allowed: 1, aborted: 1 });
  });
});

/** A store of events, from which a transport continues a stream that was interrupted. */
function eventStore() {
  const events: { readonly id: string; readonly stream: string; readonly message: Json }[] = [];
  return {
    async storeEvent(stream: string, message: object) {
      const id = `${events.length}`;
      events.push({ id, stream, message: message as Json });
      return id;
    },
    async getStreamIdForEventId(id: string) {
      return events[Number(id)]?.stream;
    },
    async replayEventsAfter(
      last: string,
      { send }: { send: (id: string, message: never) => Promise<void> },
    ) {
      const stream = events[Number(last)]?.stream ?? "";
      for (const each of events.slice(Number(last) + 1)) {
        if (each.stream === stream) await send(each.id, each.message as never);
      }
      return stream;
    },
  };
}

describe.each([
  ["v1", TransportV1, serverV1],
  ["v2", TransportV2, serverV2],
] as const)("a session with a store of events, of SDK %s", (_, Transport, serverOf) => {
  const ofSession = { "mcp-session-id": "id", "mcp-protocol-version": "2025-11-25" };

  async function open() {
    const all = parts();
    const transport = new Transport({
      sessionIdGenerator: () => "id",
      eventStore: eventStore() as never,
    });
    const factory = all.guard.factory(
      () => serverOf(all.backend) as ReturnType<typeof serverV2>,
      () => "ada/1",
    );
    const server = await factory(undefined as never);
    await server.connect(transport as never);
    const hello = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "test", version: "1.0.0" },
    };
    await (await transport.handleRequest(post(request(0, "initialize", hello), {}))).text();
    const slow = await transport.handleRequest(post(toolCall(1, {}, { name: "slow" }), ofSession));
    const reader = slow.body?.getReader();
    const first = new TextDecoder().decode((await reader?.read())?.value);
    await all.began.wait;
    await settle();
    return { ...all, transport, reader, lastEvent: /id: (\d+)/.exec(first)?.[1] ?? "" };
  }

  it("keeps a request whose stream is interrupted, and checks its answer", async () => {
    verifies("mcp:guard-factory-ends");
    const { manager, guard, hold, ended, transport, reader, lastEvent } = await open();
    await reader?.cancel();
    await settle();
    expect(guard.counts()).toMatchObject({ open: 1, aborted: 0 });
    hold.open();
    expect(await ended.wait).toMatchObject({ outcome: "allowed" });
    const resumed = await transport.handleRequest(
      new Request("http://localhost/mcp", {
        headers: { accept: "text/event-stream", "last-event-id": lastEvent, ...ofSession },
      }),
    );
    const { value } = (await resumed.body?.getReader().read()) ?? {};
    expect(new TextDecoder().decode(value)).toContain("org.example/trace");
    expect(manager.names()).toContain("cmf.tool_post_invoke");
    await transport.close();
  });

  it("ends it when the transport closes, after which no server answers", async () => {
    verifies("mcp:guard-factory-ends");
    const { manager, guard, hold, ended, transport } = await open();
    await transport.close();
    expect(await ended.wait).toMatchObject({ outcome: "aborted", code: "closed" });
    hold.open();
    await settle();
    await guard.use(manager);
    expect(manager.names()).not.toContain("cmf.tool_post_invoke");
  });
});

it("requests of a factory's server end with its transport, and a late answer passes nowhere", async () => {
  verifies("mcp:guard-factory-ends");
  const manager = fakeManager();
  const guard = createGuard(manager);
  let wrapped: RawTransport | undefined;
  const factory = guard.factory(
    () => ({
      async connect(transport: RawTransport) {
        wrapped = transport;
        transport.onmessage = () => {};
        await transport.start();
      },
    }),
    () => "ada/1",
  );
  const raw = new RawTransport();
  await (await factory(undefined)).connect(raw);
  raw.onmessage?.(toolCall(1));
  await wrapped?.send(request(7, "sampling/createMessage", { messages: [], maxTokens: 1 }));
  await settle();
  expect(guard.counts()).toMatchObject({ open: 2 });
  await wrapped?.close();
  await guard.use(manager);
  expect(guard.counts()).toMatchObject({ open: 0, aborted: 2 });
  const sent = raw.sent.length;
  await wrapped?.send(result(1, { content: [] }));
  await settle();
  expect(raw.sent).toHaveLength(sent);
});

describe("a factory that returns the same server each time", () => {
  async function shared(session?: (context: string) => string) {
    const manager = fakeManager({ "cmf.tool_pre_invoke": () => undefined });
    const guard = createGuard(manager);
    const server = {
      async connect(transport: RawTransport) {
        transport.onmessage = () => {};
        await transport.start();
      },
    };
    return { manager, factory: guard.factory<string, typeof server>(() => server, session) };
  }

  it("has its hooks run once for each message", async () => {
    verifies("mcp:guard-factory");
    const { manager, factory } = await shared();
    for (const id of [1, 2, 3]) {
      const raw = new RawTransport();
      await (await factory("ada")).connect(raw);
      raw.onmessage?.(toolCall(id));
      await settle();
      expect(manager.names()).toHaveLength(id);
      await raw.close();
    }
  });

  it("is refused for a second session, in which it would answer for the first", async () => {
    verifies("mcp:guard-factory");
    const { factory } = await shared((context) => context);
    await factory("ada");
    await factory("ada");
    await expect(factory("bob")).rejects.toMatchObject({
      code: "options_invalid",
      message: expect.stringContaining("the same server for two"),
    });
  });
});
