import { type GuardEvent, type GuardedRequest, guardErrorCodes } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { denial, fakeManager, gate, settle } from "./support/fake-manager.ts";
import { notification, rawGuard, request, toolCall, toolResult } from "./support/raw.ts";

describe("the envelope", () => {
  it("is created by the host from its own data, not from _meta", async () => {
    const seen: GuardedRequest[] = [];
    const manager = fakeManager();
    const { guard, peer } = await rawGuard(manager, {
      serverId: "harbour",
      envelope: async (asked) => {
        seen.push(asked);
        return { by: "host" };
      },
    });
    const meta = {
      extensions: { security: { labels: [] } },
      "x/labels": ["PUBLIC"],
      progressToken: 1,
    };
    const extra = { authInfo: { clientId: "c" }, requestInfo: { headers: { host: "h" } } };
    peer(toolCall("a", { q: 1 }, { _meta: meta }), extra);
    peer(request(2, "resources/read", { uri: "file:///a", _meta: meta }), {
      request: "v2 request",
    });
    await guard.send(request(3, "prompts/get", { name: "brief" }), {
      requestInfo: "not the peer's",
    });
    await settle();
    const both = { sessionId: "session-1" };
    expect(seen).toEqual([
      {
        ...both,
        method: "tools/call",
        direction: "incoming",
        id: "a",
        params: { name: "echo", arguments: { q: 1 } },
        mcp: { tool: { name: "echo", server_id: "harbour" } },
        ...extra,
      },
      {
        ...both,
        method: "resources/read",
        direction: "incoming",
        id: 2,
        params: { uri: "file:///a" },
        mcp: { resource: { uri: "file:///a", server_id: "harbour" } },
        authInfo: undefined,
        requestInfo: "v2 request",
      },
      {
        ...both,
        method: "prompts/get",
        direction: "outgoing",
        id: 3,
        params: { name: "brief" },
        mcp: { prompt: { name: "brief", server_id: "harbour" } },
        authInfo: undefined,
        requestInfo: undefined,
      },
    ]);
    expect(manager.calls.every((call) => call.options.extensions !== undefined)).toBe(true);
    expect(JSON.stringify(manager.calls)).not.toContain("PUBLIC");
  });

  it("is absent if the host creates none", async () => {
    const manager = fakeManager();
    const { peer } = await rawGuard(manager);
    peer(toolCall(1, {}, { _meta: { extensions: { security: { labels: ["X"] } } } }));
    await settle();
    expect(manager.calls[0]?.options).toEqual({
      signal: expect.any(AbortSignal),
      request: expect.any(String),
      recheck: true,
    });
  });

  it("that cannot be created refuses the request", async () => {
    const events: GuardEvent[] = [];
    const manager = fakeManager();
    const { peer, sent, received } = await rawGuard(manager, {
      envelope: () => Promise.reject(new Error("no token 1234")),
      onResult: (event) => events.push(event),
    });
    peer(toolCall(1));
    await settle();
    expect([received(), manager.calls]).toEqual([[], []]);
    expect(sent()).toMatchObject([{ error: { code: guardErrorCodes.failed } }]);
    expect(JSON.stringify(sent())).not.toContain("1234");
    expect(events).toMatchObject([{ point: "envelope", error: { message: "no token 1234" } }]);
  });

  it("may be asynchronous, and the request can be cancelled meanwhile", async () => {
    const made = gate<object>();
    const manager = fakeManager();
    const { peer, sent, received } = await rawGuard(manager, { envelope: () => made.wait });
    peer(toolCall(1));
    peer(notification("notifications/cancelled", { requestId: 1 }));
    made.open({});
    await settle();
    expect([sent(), received(), manager.calls]).toEqual([[], [], []]);
  });

  it("depends on the message as received: the sender cannot change it afterwards", async () => {
    const hold = gate();
    const manager = fakeManager({ "cmf.tool_pre_invoke": async () => void (await hold.wait) });
    const { guard, sent } = await rawGuard(manager);
    const call = toolCall(1, { path: "/public" });
    const sending = guard.send(call);
    await settle();
    (call.params as { arguments: { path: string } }).arguments.path = "/secret";
    hold.open();
    await sending;
    expect(sent()[0]?.params).toEqual({ name: "echo", arguments: { path: "/public" } });
  });
});

describe("a denial", () => {
  it("arrives asynchronously, with the right id, as if the peer had responded", async () => {
    const manager = fakeManager({ "cmf.tool_pre_invoke": () => denial("no") });
    const { guard, sent, received } = await rawGuard(manager);
    const sending = guard.send(toolCall("a"));
    expect(received()).toEqual([]);
    await sending;
    expect(sent()).toEqual([]);
    expect(received()).toEqual([
      {
        jsonrpc: "2.0",
        id: "a",
        error: { code: guardErrorCodes.denied, message: "no", data: { code: "no_way" } },
      },
    ]);
  });

  it("contains only a printable reason, a code and the plugin", async () => {
    const secrets = { description: "secret", details: { secret: 1 }, plugin: "guard\u0000x" };
    const reason = `two\nlines \u202Eesrever\u200B ${"x".repeat(600)}`;
    const manager = fakeManager({ "cmf.tool_pre_invoke": () => denial(reason, secrets) });
    const { peer, sent } = await rawGuard(manager);
    peer(toolCall(1));
    await settle();
    const { error } = sent()[0] as { error: { message: string; data: object } };
    expect(error.message).toMatch(/^two lines {2}esrever {2}x+$/);
    expect(error.message).toHaveLength(500);
    expect(error.data).toEqual({ code: "no_way", plugin: "guard x" });
  });

  it("without a reason still denies", async () => {
    const manager = fakeManager({ "cmf.tool_pre_invoke": () => ({ continueProcessing: false }) });
    const { peer, sent, received } = await rawGuard(manager);
    peer(toolCall(1));
    await settle();
    expect(received()).toEqual([]);
    expect(sent()).toMatchObject([
      { error: { message: "Refused by policy", data: { code: "denied" } } },
    ]);
  });

  it.each([{ requestId: { note: "secret" } }, { requestId: ["secret"] }, { reason: "secret" }])(
    "drops a cancellation that names no request: %j",
    async (params) => {
      verifies("mcp:guard-notifications");
      const manager = fakeManager({ "cmf.mcp_notification": () => denial("no") });
      const { peer, received } = await rawGuard(manager);
      peer(notification("notifications/cancelled", params));
      await settle();
      expect(manager.names()).toEqual(["cmf.mcp_notification"]);
      expect(received()).toEqual([]);
    },
  );

  it("keeps its codes in the fields that MCP has for them", () => {
    const own = [guardErrorCodes.denied, guardErrorCodes.failed, guardErrorCodes.duplicate];
    expect(own.every((code) => code <= -32005 && code >= -32019)).toBe(true);
  });
});

describe("the observer", () => {
  it("is called for each hook, and cannot change the outcome", async () => {
    const points: string[] = [];
    const { peer, guard, sent } = await rawGuard(
      fakeManager({ tool_post_invoke: () => undefined }),
      {
        onResult: ({ method, point, direction, requestId }) => {
          points.push(`${method} ${point} ${direction} ${requestId}`);
          throw new Error("observer");
        },
      },
    );
    peer(toolCall(1));
    await settle();
    await guard.send(toolResult(1, "x"));
    expect(sent()).toEqual([toolResult(1, "x")]);
    expect(points).toEqual([
      "tools/call cmf.tool_pre_invoke incoming 1",
      "tools/call tool_post_invoke incoming 1",
      "tools/call cmf.tool_post_invoke incoming 1",
    ]);
  });
});
