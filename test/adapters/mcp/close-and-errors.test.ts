import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { createPluginManager } from "glassine";
import { createGuard } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { fakeManager, settle } from "./support/fake-manager.ts";
import {
  errorAnswer,
  guarded,
  notification,
  RawTransport,
  rawGuard,
  request,
  result,
  toolCall,
  toolResult,
} from "./support/raw.ts";
import { waitingHook } from "./support/waiting-hook.ts";

describe("a batch", () => {
  it("is split, and each message is checked", async () => {
    const manager = fakeManager();
    const { guard, peer, sent, received, errors } = await rawGuard(manager);
    peer([toolCall(1), notification("notifications/x"), request(2, "ping"), [toolCall(3)]]);
    await settle();
    expect(received().map((message) => message.id)).toEqual([undefined, 2, 1]);
    // A list in a list is not a message.
    expect(errors.map(({ message }) => message)).toEqual([
      "The guard dropped a malformed message.",
    ]);
    await guard.send([result(2, {}), toolResult(1, "x")] as never);
    expect(sent().map((message) => message.id)).toEqual([2, 1]);
    expect(manager.names()).toEqual(["cmf.tool_pre_invoke", "cmf.tool_post_invoke"]);
  });
});

describe("the report of a dropped answer", () => {
  it("says which way it went, and its id if that is short", async () => {
    const { guard, peer, errors } = await rawGuard(fakeManager());
    const last = () => errors.at(-1)?.message;
    peer(toolResult(7, "x"));
    expect(last()).toBe("The guard dropped an unexpected answer with the id 7 that it received.");
    await guard.send(toolResult("a\n", "x"));
    expect(last()).toBe(
      'The guard dropped an unexpected answer with the id "a\\u{a}" that was to be sent.',
    );
    peer(toolResult("x".repeat(65), "x"));
    expect(last()).toBe("The guard dropped an unexpected answer that it received.");
  });
});

describe("a close", () => {
  it("stops the hooks, sends no response, and forgets open requests", async () => {
    const { hold, hook } = waitingHook();
    const signals: (AbortSignal | undefined)[] = [];
    const manager = fakeManager({
      tool_pre_invoke: (_payload, options) => {
        signals.push(options.signal);
        return hook();
      },
      "cmf.tool_pre_invoke": () => undefined,
    });
    const { raw, guard, peer, sent, received } = await rawGuard(manager);
    const sending = guard.send(toolCall(1));
    peer(toolCall(1));
    await settle();
    await raw.close();
    await sending;
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
    hold.open();
    await settle();
    expect([sent(), received()]).toEqual([[], []]);
    expect(manager.calls).toHaveLength(2);
    await guard.send(toolCall(1));
    expect(sent()).toHaveLength(1);
  });

  it("of the peer is reported after its messages that are still being judged", async () => {
    const { hold, hook } = waitingHook();
    const { raw, guard, peer, received, closes } = await rawGuard(
      fakeManager({ "cmf.tool_post_invoke": hook, "cmf.mcp_notification": hook }),
    );
    await guard.send(toolCall(1));
    peer(notification("notifications/x", { a: 1 }));
    peer(toolResult(1, "x"));
    await raw.close();
    await settle();
    expect([received(), closes()]).toEqual([[], 0]);
    let answersAtTheEnd: unknown;
    guard.onclose = () => {
      answersAtTheEnd = received().map(({ id }) => id);
    };
    hold.open();
    await settle();
    expect(answersAtTheEnd).toEqual([undefined, 1]);
    expect(received()).toMatchObject([{ method: "notifications/x" }, toolResult(1, "x")]);
  });

  it("of the peer stops at once what can no longer be sent or answered", async () => {
    const { hold, hook } = waitingHook();
    let calls = 0;
    const { raw, guard, peer, sent, received } = await rawGuard(
      fakeManager({
        "cmf.tool_pre_invoke": () => (calls++ === 0 ? undefined : hook()),
        "cmf.tool_post_invoke": hook,
      }),
    );
    await guard.send(toolCall(1));
    peer(toolResult(1, "x"));
    peer(toolCall(1));
    const tooLate = guard.send(toolCall(2));
    await settle();
    await raw.close();
    await tooLate;
    hold.open();
    await settle();
    expect(calls).toBe(3);
    expect([sent(), received()]).toEqual([[toolCall(1)], [toolResult(1, "x")]]);
  });

  it("of the peer ends all requests even if the transport is started again first", async () => {
    const { hold, hook } = waitingHook();
    const { raw, guard, peer, sent, received, closes } = await rawGuard(
      fakeManager({ "cmf.tool_post_invoke": hook }),
    );
    await guard.send(toolCall(1));
    await guard.send(toolCall(2));
    peer(toolResult(1, "x"));
    await raw.close();
    await guard.start();
    for (const id of [1, 2]) await guard.send(toolCall(id));
    hold.open();
    await settle();
    expect([sent(), received(), closes()]).toEqual([[1, 2, 1, 2].map((id) => toolCall(id)), [], 0]);
  });

  it("by the host, also while the peer's messages are being judged, is reported at once", async () => {
    for (const peerCloses of [false, true]) {
      const { hold, hook } = waitingHook();
      const { raw, guard, peer, received, closes } = await rawGuard(
        fakeManager({ "cmf.tool_post_invoke": hook }),
      );
      await guard.send(toolCall(1));
      peer(toolResult(1, "x"));
      if (peerCloses) await raw.close();
      expect(closes()).toBe(0);
      void guard.close();
      expect(closes()).toBe(1);
      hold.open();
      await settle();
      expect([received(), closes()]).toEqual([[], 1]);
    }
  });

  it("is reported once, so that two ends closing each other terminate", async () => {
    const [near, far] = InMemoryTransport.createLinkedPair();
    const [other] = InMemoryTransport.createLinkedPair();
    const guard = guarded(near, fakeManager());
    let closed = 0;
    guard.onclose = () => {
      closed += 1;
      if (closed < 9) void other.close();
    };
    other.onclose = () => void guard.close();
    await guard.start();
    await far.close();
    await settle();
    expect(closed).toBe(1);

    await guard.start();
    await guard.close();
    await settle();
    expect(closed).toBe(2);
  });

  it("causes no unhandled rejection if a hook fails afterwards", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    const manager = fakeManager({
      "cmf.tool_pre_invoke": async () => {
        await settle();
        throw new Error("too late");
      },
    });
    const { guard, peer } = await rawGuard(manager);
    peer(toolCall(1));
    const sending = guard.send(toolCall(2));
    await guard.close();
    await sending;
    await settle();
    await settle();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

it("may be wrapped anew after its connection has ended", async () => {
  const guard = createGuard(await createPluginManager({ plugins: [] }));
  const raw = new RawTransport();
  for (let time = 0; time < 3; time++) {
    const received: unknown[] = [];
    const wrapped = guard.wrap(raw);
    wrapped.onmessage = (message) => received.push(message);
    await wrapped.start();
    raw.onmessage?.(request(time, "ping"));
    await settle();
    expect(received).toEqual([request(time, "ping")]);
    expect(() => guard.wrap(raw)).toThrow("nothing is connected to");
    await wrapped.close();
  }
});

it("goes on where the same guarded transport is started again", async () => {
  const { raw, guard, received, peer } = await rawGuard(fakeManager());
  await guard.close();
  await guard.start();
  peer(request(1, "ping"));
  await settle();
  expect(received()).toEqual([request(1, "ping")]);
  expect(raw.onmessage).toBeDefined();
});

describe("errors outside of the wire", () => {
  it("reports errors thrown by the protocol layer, and frees the id", async () => {
    const { raw, guard, errors, peer } = await rawGuard(fakeManager());
    guard.onmessage = () => {
      throw new Error("bad handler");
    };
    peer(toolCall(1));
    await settle();
    expect(errors).toMatchObject([{ message: "bad handler" }]);
    guard.onmessage = () => {};
    raw.failNextSend = new Error("offline");
    peer(request(3, "prompts/get", {}));
    await settle();
    expect(errors).toMatchObject([{}, { message: "offline" }]);
    peer(toolCall(1));
    await settle();
    expect(raw.sent).toEqual([]);
  });

  it("passes an error response through the hooks once", async () => {
    const manager = fakeManager();
    const { guard, peer, received } = await rawGuard(manager);
    await guard.send(toolCall(1));
    peer(errorAnswer(1, -32000, "no", { a: 1 }));
    await settle();
    expect(received()).toEqual([errorAnswer(1, -32000, "no", { a: 1 })]);
    expect(manager.names()).toEqual(["cmf.tool_pre_invoke", "cmf.tool_post_invoke"]);
  });

  it("does not let a result pass next to an error", async () => {
    const { guard, peer, received } = await rawGuard(fakeManager());
    await guard.send(toolCall(1));
    peer({ ...errorAnswer(1, -32000, "no"), result: { content: ["unseen"] } });
    await settle();
    expect(received()).toEqual([errorAnswer(1, -32000, "no")]);
  });
});
