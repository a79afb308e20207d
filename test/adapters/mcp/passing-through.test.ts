import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebStandardStreamableHTTPServerTransport as ServerHttpV1 } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { WebStandardStreamableHTTPServerTransport as ServerHttpV2 } from "@modelcontextprotocol/server";
import { describe, expect, expectTypeOf, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { fakeManager, settle } from "./support/fake-manager.ts";
import { guarded, notification, RawTransport, rawGuard, request, result } from "./support/raw.ts";

const manager = fakeManager();

/** A transport with state that only it can reach. */
class PrivateTransport extends RawTransport {
  #terminated = false;
  protocolVersion = "";

  get isTerminated(): boolean {
    return this.#terminated;
  }

  terminateSession(): this {
    this.#terminated = true;
    return this;
  }

  setProtocolVersion(version: string): void {
    this.protocolVersion = version;
  }
}

describe("what does not concern the guard", () => {
  it("reaches methods, accessors and properties with the transport as this", () => {
    const raw = new PrivateTransport();
    const guard = guarded(raw, manager);
    expect(guard.terminateSession()).toBe(raw);
    expect(guard.isTerminated).toBe(true);
    guard.setProtocolVersion("2025-11-25");
    expect(raw.protocolVersion).toBe("2025-11-25");
    guard.sessionId = "other";
    expect(raw.sessionId).toBe("other");
    expect(guard.terminateSession).toBe(guard.terminateSession);
    expect(guard).toBeInstanceOf(PrivateTransport);
    expect(guard.constructor).toBe(PrivateTransport);
    expect("terminateSession" in guard && !("finishAuth" in guard)).toBe(true);
    expect((guard as { finishAuth?: unknown }).finishAuth).toBeUndefined();
  });

  it("keeps the type of what it wraps, and takes the transports of both SDKs", () => {
    const url = new URL("http://localhost/mcp");
    const http = guarded(new HttpV1(url), manager);
    expectTypeOf(http).toEqualTypeOf<HttpV1>();
    expect(typeof http.terminateSession).toBe("function");
    const stdio = guarded(new StdioClientTransport({ command: "never" }), manager);
    expect("stderr" in stdio && "pid" in stdio && stdio.pid === null).toBe(true);
    for (const transport of [new ServerHttpV1(), new ServerHttpV2()]) {
      expect(typeof guarded(transport, manager).handleRequest).toBe("function");
    }
  });

  it("passes everything else in the same turn, both ways, with its options", async () => {
    const { raw, guard, peer, sent, received, receivedExtras } = await rawGuard(manager);
    const options = { relatedRequestId: 4, resumptionToken: "t", onresumptiontoken: () => {} };
    const messages = [
      request(0, "initialize", { protocolVersion: "2025-11-25" }),
      notification("notifications/initialized"),
      request("s", "sampling/createMessage", { messages: [], _meta: { a: 1 } }),
      request(2, "tools/list"),
      notification("notifications/progress", { progressToken: 1, progress: 1 }),
      notification("notifications/cancelled", { requestId: 99 }),
      notification("notifications/message", { level: "info", data: "x" }),
      { jsonrpc: "2.0", id: null, error: { code: -32700, message: "Parse error" } },
    ];
    const extra = { authInfo: { token: "t" } };
    for (const message of messages) {
      void guard.send(message, options);
      expect(raw.sent.at(-1)).toEqual({ message, options });
      peer(message, extra);
      expect(received().at(-1)).toBe(message);
    }
    expect(sent()).toHaveLength(messages.length);
    expect(raw.sent.every((entry) => entry.options === options)).toBe(true);
    expect(receivedExtras().every((entry) => entry === extra)).toBe(true);
    expect(manager.calls).toEqual([]);
  });

  it("passes the responses of unguarded requests", async () => {
    const { guard, peer, sent, received, errors } = await rawGuard(manager);
    await guard.send(request(1, "ping"));
    peer(result(1, { a: 1 }));
    peer(request(1, "roots/list"));
    await guard.send(result(1, { roots: [] }));
    expect(received().at(0)).toEqual(result(1, { a: 1 }));
    expect(sent().at(-1)).toEqual(result(1, { roots: [] }));
    expect(errors).toEqual([]);
  });

  it("rejects a send if the transport does", async () => {
    const { raw, guard } = await rawGuard(manager);
    for (const message of [request(1, "ping"), request(2, "tools/call", { name: "echo" })]) {
      raw.failNextSend = new Error("offline");
      await expect(guard.send(message)).rejects.toThrow("offline");
      // The id is free again.
      await guard.send(message);
    }
  });
});

describe("handlers", () => {
  it("sets no handler on the transport until there is one", () => {
    const raw = new RawTransport();
    const guard = guarded(raw, manager);
    expect(raw.onmessage).toBeUndefined();
    guard.onmessage = () => {};
    expect(raw.onmessage).toBeTypeOf("function");
    guard.onmessage = undefined;
    expect(raw.onmessage).toBeUndefined();
  });

  it("returns what was set, and what the host had set before", () => {
    const raw = new RawTransport();
    const before = () => {};
    raw.onclose = before;
    const guard = guarded(raw, manager);
    expect(guard.onclose).toBe(before);
    const after = () => {};
    guard.onclose = after;
    guard.onerror = after;
    expect([guard.onclose, guard.onerror, raw.onerror]).toEqual([after, after, after]);
  });

  it("passes only checked messages to a handler that the host set on the transport", async () => {
    const seen: unknown[] = [];
    const raw = new RawTransport();
    const guard = guarded(raw, fakeManager({ "cmf.tool_pre_invoke": () => new Promise(() => {}) }));
    raw.onmessage = (message) => seen.push(message.method);
    await guard.start();
    raw.onmessage?.(request(1, "tools/call", { name: "echo" }));
    raw.onmessage?.(request(2, "ping"));
    await settle();
    expect(seen).toEqual(["ping"]);
  });

  it("forwards a close of the transport once", async () => {
    const { raw, guard, closes } = await rawGuard(manager);
    await raw.close();
    expect(closes()).toBe(1);
    await guard.close();
    expect(closes()).toBe(1);
  });

  it("keeps a replaced start or close on the guard, as version negotiation in SDK v2 does", async () => {
    const raw = new RawTransport();
    const guard = guarded(raw, manager);
    const original = guard.start;
    let armed = true;
    guard.start = async () => {
      if (!armed) return original.call(guard);
      armed = false;
      guard.start = original;
    };
    await guard.start();
    expect(raw.started).toBe(0);
    await guard.start();
    expect(raw.started).toBe(1);
    expect(Object.hasOwn(raw, "start")).toBe(false);
  });

  it("supports version negotiation of SDK v2", async () => {
    const raw = new RawTransport();
    raw.sessionId = undefined;
    const guard = guarded(raw, manager);
    const client = new ClientV2(
      { name: "test", version: "1" },
      { versionNegotiation: { mode: "auto" } },
    );
    const connected = client.connect(guard as never);
    await settle();
    const probe = raw.sent[0]?.message;
    expect(probe?.method).toBe("server/discover");
    raw.onmessage?.({ jsonrpc: "2.0", id: probe?.id, error: { code: -32601, message: "no" } });
    await settle();
    const hello = raw.sent[1]?.message;
    expect(hello?.method).toBe("initialize");
    raw.onmessage?.(
      result(hello?.id, {
        protocolVersion: "2025-11-25",
        capabilities: {},
        serverInfo: { name: "s", version: "1" },
      }),
    );
    await connected;
    expect(raw.started).toBe(1);
  });
});

describe("members that JSON-RPC does not define", () => {
  const everyHook = fakeManager(
    Object.fromEntries(
      ["cmf.mcp_request", "cmf.mcp_response", "cmf.mcp_notification"].map((hook) => [
        hook,
        () => undefined,
      ]),
    ),
  );

  it.each([
    ["nobody", fakeManager()],
    ["a plugin", everyHook],
  ])("are not forwarded, where %s listens", async (_who, listening) => {
    verifies("mcp:guard");
    const { guard, peer, sent, received } = await rawGuard(listening);
    const requests = [request(1, "ping"), request(2, "tools/list", {}), request(3, "acme/run")];
    const answers = [
      result(1, {}),
      result(2, { tools: [] }),
      { jsonrpc: "2.0", id: 3, error: { code: 1, message: "no" } },
    ];
    const notices = [
      notification("notifications/initialized"),
      notification("notifications/message", { level: "info", data: "x" }),
      notification("notifications/tasks", { taskId: "t", status: "working" }),
    ];
    for (const message of [...requests, ...notices]) await guard.send({ ...message, note: "a" });
    for (const message of answers) peer({ ...message, note: "a", params: { note: "a" } });
    await settle();
    for (const message of notices) peer({ ...message, note: "a" });
    await settle();
    expect(sent()).toEqual([...requests, ...notices]);
    expect(received()).toEqual([...answers, ...notices]);
  });

  it.each([
    { jsonrpc: "2.0" },
    { jsonrpc: "2.0", id: 1, params: { note: "a" } },
    { jsonrpc: "2.0", id: 1, method: 5, params: {} },
    { jsonrpc: "2.0", id: 1, method: null, result: {} },
    { jsonrpc: "2.0", method: "notifications/message", params: {}, result: { note: "a" } },
    { jsonrpc: "1.0", id: 1, method: "ping" },
    { id: 1, result: {} },
    { jsonrpc: { note: "a" }, method: "notifications/initialized" },
    [{ jsonrpc: "2.0", params: { note: "a" } }],
  ])("make no message: %j is reported and dropped", async (message) => {
    verifies("mcp:guard");
    const { guard, raw, peer, received, errors } = await rawGuard(everyHook);
    await guard.send(request(1, "ping"));
    peer(message);
    await guard.send(message as never);
    await settle();
    expect(received()).toEqual([]);
    expect(raw.sent).toHaveLength(1);
    expect(errors.map(String)).toEqual([
      expect.stringContaining("dropped"),
      expect.stringContaining("dropped"),
    ]);
  });
});
