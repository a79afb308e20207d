import { describe, expect, it } from "vitest";
import { fakeManager, settle } from "./support/fake-manager.ts";
import { rawGuard, request, result, toolCall, toolResult } from "./support/raw.ts";
import { cancelled, waitingHook } from "./support/waiting-hook.ts";

describe("requests of one's own", () => {
  it("never sends one that is cancelled during its pre hook, nor its cancellation", async () => {
    const { hold, hook } = waitingHook();
    const { guard, sent, received } = await rawGuard(fakeManager({ "cmf.tool_pre_invoke": hook }));
    const sending = guard.send(toolCall(0));
    await guard.send(cancelled(0));
    await sending;
    hold.open();
    await settle();
    expect([sent(), received()]).toEqual([[], []]);
    await guard.send(toolCall(0));
    expect(sent()).toHaveLength(1);
  });

  it("cancels an open one, and drops its late answer", async () => {
    const { guard, peer, sent, received, errors } = await rawGuard(fakeManager());
    await guard.send(toolCall(1));
    await guard.send(cancelled(1));
    peer(toolResult(1, "late"));
    await settle();
    expect(sent().map((message) => message.method)).toEqual([
      "tools/call",
      "notifications/cancelled",
    ]);
    expect(received()).toEqual([]);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).not.toContain("late");
  });

  it("delivers nothing for one that is cancelled during its post hook", async () => {
    const { hold, hook } = waitingHook();
    const { guard, peer, sent, received } = await rawGuard(
      fakeManager({ "cmf.tool_post_invoke": hook }),
    );
    await guard.send(toolCall(1));
    peer(toolResult(1, "x"));
    await guard.send(cancelled(1));
    hold.open();
    await settle();
    expect(received()).toEqual([]);
    expect(sent()).toHaveLength(1);
  });

  it("cancels by the signal in the send options, where SDK v2 has one", async () => {
    const { hold, hook } = waitingHook();
    const manager = fakeManager({ "cmf.tool_pre_invoke": hook });
    const { guard, peer, sent, received } = await rawGuard(manager);
    const first = new AbortController();
    const second = new AbortController();
    const third = new AbortController();
    const sending = guard.send(toolCall(1), { requestSignal: first.signal });
    first.abort();
    await sending;
    third.abort();
    await guard.send(toolCall(3), { requestSignal: third.signal });
    expect(sent()).toEqual([]);
    hold.open();
    await guard.send(toolCall(2), { requestSignal: second.signal });
    second.abort();
    peer(toolResult(2, "late"));
    await settle();
    expect(received()).toEqual([]);
  });

  it('distinguishes 1 from "1", and accepts no response for another\'s', async () => {
    const manager = fakeManager();
    const { guard, peer, received } = await rawGuard(manager);
    await guard.send(toolCall(1, { which: "number" }));
    await guard.send(toolCall("1", { which: "text" }));
    peer(toolResult("1", "for the text"));
    peer(toolResult(1, "for the number"));
    await settle();
    expect(received()).toEqual([toolResult("1", "for the text"), toolResult(1, "for the number")]);
  });

  it.each([
    ["an unknown id", toolResult(7, "x")],
    ["its id as a string, which SDK v1 would take", toolResult("1", "x")],
    ["its id in a list", result([1] as never, {})],
    ["no id", { jsonrpc: "2.0", result: { content: [] } }],
    ["what is a request as well", { ...toolResult(1, "x"), method: "ping" }],
  ])("drops a response with %s", async (_, answer) => {
    const { guard, peer, received, errors } = await rawGuard(fakeManager());
    await guard.send(toolCall(1));
    peer(answer);
    await settle();
    expect(received()).toEqual([]);
    expect(errors).toHaveLength(1);
  });

  it("drops a response that arrives before the request was sent, and a second one", async () => {
    const { hold, hook } = waitingHook();
    const manager = fakeManager({ "cmf.tool_pre_invoke": hook });
    const { guard, peer, received, errors } = await rawGuard(manager);
    const sending = guard.send(toolCall(1));
    peer(toolResult(1, "early"));
    hold.open();
    await sending;
    peer(toolResult(1, "first"));
    peer(toolResult(1, "second"));
    await settle();
    peer(toolResult(1, "third"));
    expect(received()).toEqual([toolResult(1, "first")]);
    expect(errors).toHaveLength(3);
  });

  it("rejects a second one with the id of an open one", async () => {
    const { guard, sent } = await rawGuard(fakeManager());
    await guard.send(toolCall(1));
    await expect(guard.send(toolCall(1))).rejects.toMatchObject({ code: "message_invalid" });
    await expect(guard.send(request(1, "ping"))).rejects.toMatchObject({ code: "message_invalid" });
    expect(sent()).toHaveLength(1);
  });

  it("rejects one over a limit, and says which limit that is and what to do", async () => {
    const { guard } = await rawGuard(fakeManager());
    for (let at = 0; at <= 1024; at++) {
      await guard.send(request(`a${at}`, "ping"));
      await guard.send(cancelled(`a${at}`));
    }
    await expect(guard.send(request("b", "ping"))).rejects.toMatchObject({
      code: "overloaded",
      message:
        "More than 1024 cancelled requests of this session have no answer: start a new session, with whole numbers as ids.",
    });
    const other = await rawGuard(fakeManager());
    for (let at = 0; at < 10_000; at++) await other.guard.send(request(at, "ping"));
    await expect(other.guard.send(request("b", "ping"))).rejects.toMatchObject({
      code: "overloaded",
      message: "10000 requests of this session are open: wait for an answer, or cancel one.",
    });
  });
});
