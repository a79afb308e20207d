import { describe, expect, it } from "vitest";
import { fakeManager, settle } from "./support/fake-manager.ts";
import { notification, rawGuard, request, result, toolCall, toolResult } from "./support/raw.ts";
import { cancelled, waitingHook } from "./support/waiting-hook.ts";

describe("requests of a peer", () => {
  it("never forwards one that is cancelled during its pre hook", async () => {
    const { hold, hook } = waitingHook();
    const { peer, sent, received } = await rawGuard(fakeManager({ "cmf.tool_pre_invoke": hook }));
    peer(toolCall(0));
    peer(cancelled(0));
    hold.open();
    await settle();
    expect([sent(), received()]).toEqual([[], []]);
  });

  it("drops the late answer to a cancelled one, and refuses its id until then", async () => {
    const { guard, peer, sent, received, errors } = await rawGuard(fakeManager());
    peer(toolCall(1));
    await settle();
    peer(cancelled(1));
    peer(request(1, "completion/complete"));
    await settle();
    expect(received().map((message) => message.method)).toEqual([
      "tools/call",
      "notifications/cancelled",
    ]);
    expect(sent()).toMatchObject([{ id: 1, error: { code: -32012 } }]);
    await guard.send(toolResult(1, "late"));
    expect(sent()).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });

  it("passes the late answer to a cancelled one that was not guarded", async () => {
    const { guard, peer, sent } = await rawGuard(fakeManager());
    peer(request(1, "completion/complete"));
    peer(cancelled(1));
    await guard.send(result(1, {}));
    expect(sent()).toEqual([result(1, {})]);
  });

  it("does not cancel initialize", async () => {
    const { guard, peer, sent } = await rawGuard(fakeManager());
    peer(request(0, "initialize"));
    peer(cancelled(0));
    await guard.send(result(0, {}));
    expect(sent()).toEqual([result(0, {})]);
  });

  it.each([
    ["a guarded one", toolCall(5), request(5, "ping")],
    ["an unguarded one", request(5, "completion/complete"), toolCall(5)],
  ])("refuses an id that %s has", async (_, first, second) => {
    const manager = fakeManager();
    const { guard, peer, sent, received } = await rawGuard(manager);
    peer(first);
    peer(second);
    await settle();
    expect(received()).toHaveLength(1);
    expect(sent()).toMatchObject([{ id: 5, error: { code: -32012 } }]);
    await guard.send(toolResult(5, "x"));
    expect(sent()).toHaveLength(2);
  });

  it.each([
    [null, null],
    [{ a: 1 }, null],
    [true, null],
    [Number.NaN, null],
    ["x".repeat(1025), "x".repeat(1025)],
  ])("refuses %j as an id", async (id, answered) => {
    const { peer, sent, received } = await rawGuard(fakeManager());
    peer(toolCall(id));
    await settle();
    expect(received()).toEqual([]);
    expect(sent()).toMatchObject([{ id: answered, error: { code: -32600 } }]);
  });

  it("drops a guarded method without an id", async () => {
    const { peer, received, errors } = await rawGuard(fakeManager());
    peer(notification("tools/call", { name: "echo" }));
    expect(received()).toEqual([]);
    expect(errors).toHaveLength(1);
  });

  it.each([
    ["no params", request(1, "tools/call")],
    ["no name", request(1, "tools/call", { arguments: {} })],
    ["a list as arguments", request(1, "tools/call", { name: "x", arguments: [] })],
    ["a list as params", request(1, "prompts/get", ["x"])],
    ["no uri", request(1, "resources/read", { url: "x" })],
  ])("refuses %s", async (_, message) => {
    const manager = fakeManager();
    const { peer, sent, received } = await rawGuard(manager);
    peer(message);
    await settle();
    expect([received(), manager.calls]).toEqual([[], []]);
    expect(sent()).toMatchObject([{ id: 1, error: { code: -32602 } }]);
  });

  it("refuses what is nested too deep to be read", async () => {
    let deep: object = {};
    for (let depth = 0; depth < 100_000; depth++) deep = { deep };
    const failures: string[] = [];
    const { guard, peer, sent, received } = await rawGuard(fakeManager(), {
      onFailure: ({ point }) => failures.push(point),
    });
    peer(toolCall(1, deep));
    await settle();
    expect(received()).toEqual([]);
    peer(toolCall(2));
    await settle();
    await guard.send(result(2, { structuredContent: deep }));
    expect(sent()).toMatchObject([
      { id: 1, error: { code: -32011 } },
      { id: 2, error: { code: -32011 } },
    ]);
    expect(failures).toEqual(["tools/call", "tools/call"]);
  });

  it("drops a notification that is nested too deep to be read, and reports why", async () => {
    let deep: object = {};
    for (let depth = 0; depth < 100_000; depth++) deep = { deep };
    const failures: object[] = [];
    const manager = fakeManager({ "cmf.mcp_notification": () => undefined });
    const { peer, received } = await rawGuard(manager, {
      onFailure: ({ method, point, error }) => failures.push({ method, point, error }),
    });
    peer(notification("notifications/message", { level: "info", data: deep }));
    await settle();
    expect(received()).toEqual([]);
    const method = "notifications/message";
    expect(failures).toEqual([{ method, point: method, error: expect.any(RangeError) }]);
  });
});
