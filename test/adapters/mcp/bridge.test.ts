/** A guard between a caller and a server. */
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import fc from "fast-check";
import { createGuard, type GuardEnd } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { verifies } from "../../support/verifies.ts";
import { denial, type FakeManager, fakeManager, settle } from "./support/fake-manager.ts";
import { httpServer } from "./support/http-server.ts";
import { type Json, notification, RawTransport, request, result, toolCall } from "./support/raw.ts";
import { cancelled, waitingHook } from "./support/waiting-hook.ts";

class Upstream extends RawTransport {
  version: string | undefined;
  setProtocolVersion(version: string): void {
    this.version = version;
  }
}

async function bridged(manager: FakeManager = fakeManager()) {
  const near = new RawTransport();
  const far = new Upstream();
  const ends: GuardEnd[] = [];
  const guard = createGuard(manager, { onEnd: (end) => void ends.push(end) });
  const bridge = await guard.bridge(near, far);
  const sentTo = (end: RawTransport) => end.sent.map(({ message }) => message);
  const ask = async (message: Json) => {
    near.onmessage?.(message);
    await settle();
  };
  const answer = async (message: Json) => {
    far.onmessage?.(message);
    await settle();
  };
  return { near, far, bridge, ends, ask, answer, sentTo };
}

const unreachable = { error: { code: -32014, data: { code: "peer_unreachable" } } };

describe("a bridge", () => {
  it("still delivers an answer that is being judged when the server closes", async () => {
    const { hold, hook } = waitingHook();
    const { near, far, ask, answer, sentTo } = await bridged(
      fakeManager({ "cmf.tool_post_invoke": hook }),
    );
    let sentBeforeTheEnd: readonly Json[] = [];
    near.onclose = ((close) => () => {
      sentBeforeTheEnd = [...sentTo(near)];
      close?.();
    })(near.onclose);
    await ask(toolCall(1));
    await answer(result(1, { content: [] }));
    await far.close();
    hold.open();
    await settle();
    expect(sentBeforeTheEnd).toMatchObject([{ id: 1 }]);
  });

  it("starts both ends, and forwards what passes the hooks", async () => {
    verifies("mcp:guard-bridge");
    const no = { "cmf.tool_pre_invoke": (message: Json) => deniedFor(message) };
    const { near, far, ask, answer, sentTo } = await bridged(fakeManager(no as never));
    expect([near.started, far.started]).toEqual([1, 1]);
    await ask(toolCall(1));
    await ask(request(2, "tools/call", { name: "delete_all" }));
    expect(sentTo(far).map(({ id }) => id)).toEqual([1]);
    await answer(result(1, { content: [] }));
    expect(sentTo(near)).toMatchObject([
      { id: 2, error: { code: -32010 } },
      { id: 1, result: {} },
    ]);
  });

  it("answers a request that the server refuses, and continues", async () => {
    verifies("mcp:guard-bridge");
    const { near, far, ask, answer, sentTo, ends } = await bridged();
    far.failNextSend = new Error("offline");
    await ask(toolCall(1));
    await settle();
    expect(sentTo(near)).toMatchObject([{ id: 1, ...unreachable }]);
    await ask(toolCall(1));
    await answer(result(1, { content: [] }));
    expect(sentTo(near)).toMatchObject([{ id: 1 }, { id: 1, result: {} }]);
    expect(ends).toHaveLength(2);
  });

  it("answers a server's request that the caller refuses", async () => {
    verifies("mcp:guard-bridge");
    const { near, far, answer, sentTo } = await bridged();
    near.failNextSend = new Error("gone");
    await answer(request(7, "ping"));
    expect(sentTo(far)).toMatchObject([{ id: 7, ...unreachable }]);
  });

  it("answers open requests when the server's end closes, and then closes the caller's", async () => {
    verifies("mcp:guard-bridge");
    const { near, far, ask, sentTo } = await bridged();
    let closes = 0;
    const plain = near.close.bind(near);
    near.close = () => {
      closes += 1;
      return plain();
    };
    await ask(toolCall(1));
    await ask(request(2, "tools/list"));
    await far.close();
    await settle();
    expect(sentTo(near)).toMatchObject([
      { id: 2, ...unreachable },
      { id: 1, ...unreachable },
    ]);
    expect(closes).toBe(1);
  });

  it("answers a request whose own stream ends without an answer, and no other", async () => {
    verifies("mcp:guard-bridge");
    const { far, ask, answer, sentTo, near, ends } = await bridged();
    const endStream = async (at: number) => {
      const options = far.sent[at]?.options as { onRequestStreamEnd(): void } | undefined;
      options?.onRequestStreamEnd();
      await settle();
    };
    await ask(request(1, "subscriptions/listen", { notifications: {} }));
    await ask(request(2, "ping"));
    await endStream(0);
    expect(sentTo(near)).toMatchObject([{ id: 1, ...unreachable }]);
    expect(ends).toMatchObject([{ requestId: 1, outcome: "errored", code: "peer_unreachable" }]);
    await answer(result(2, {}));
    await endStream(1);
    // The id belongs to another request by now.
    await ask(request(2, "ping"));
    await endStream(1);
    await endStream(0);
    expect(sentTo(near)).toHaveLength(2);
  });

  const listen = request(1, "subscriptions/listen", { notifications: {} });
  it.each([
    ["a request", "before it answers", toolCall(1), undefined],
    ["a request", "while its stream is open", toolCall(1), ": here\n\n"],
    ["a subscription", "while its stream is open", listen, ": here\n\n"],
  ])(
    "closes the HTTP stream of %s if its caller cancels it %s",
    async (_what, _when, sent, first) => {
      verifies("mcp:guard-bridge");
      let isOpen = false;
      const server = await httpServer(({ message }, response) => {
        if (message.method !== sent.method) return false;
        isOpen = true;
        response.on("close", () => {
          isOpen = false;
        });
        if (first !== undefined)
          response.writeHead(200, { "content-type": "text/event-stream" }).write(first);
        return true;
      });
      afterTest(() => server.close());
      const near = new RawTransport();
      const far = new StreamableHTTPClientTransport(server.url);
      const bridge = await createGuard(fakeManager()).bridge(near, far);
      afterTest(() => bridge.close());
      const errors: Error[] = [];
      far.onerror = (error) => errors.push(error);
      near.onmessage?.(sent);
      await expect.poll(() => isOpen).toBe(true);
      near.onmessage?.(cancelled(1));
      await expect.poll(() => isOpen).toBe(false);
      await expect.poll(() => server.of("notifications/cancelled").length).toBe(1);
      await bridge.settled();
      expect([near.sent, errors]).toEqual([[], []]);
    },
  );

  it("closes the server's end with the caller's, and both on close()", async () => {
    for (const way of ["caller", "bridge"]) {
      const { near, far, bridge } = await bridged();
      let closes = 0;
      far.close = async () => void closes++;
      await (way === "caller" ? near : bridge).close();
      await settle();
      expect(closes).toBe(1);
    }
  });

  it("ends an open request once when the caller goes", async () => {
    const { near, ask, ends } = await bridged();
    await ask(toolCall(1));
    await near.close();
    await settle();
    expect(ends.map(({ outcome, code }) => [outcome, code])).toEqual([["aborted", "closed"]]);
  });

  it("sends what belongs to a request along with it", async () => {
    verifies("mcp:guard-bridge");
    const { near, ask, answer } = await bridged();
    const related = () =>
      (near.sent.at(-1)?.options as { relatedRequestId?: unknown } | undefined)?.relatedRequestId;
    await ask(toolCall(1, {}, { _meta: { progressToken: "p1" } }));
    await answer(request("s", "sampling/createMessage", { messages: [] }));
    expect(related()).toBe(1);
    await ask(toolCall(2, {}, { _meta: { progressToken: "p2" } }));
    const progress = (progressToken: string) =>
      notification("notifications/progress", { progressToken, progress: 1 });
    await answer(progress("p2"));
    expect(related()).toBe(2);
    await answer(progress("p1"));
    expect(related()).toBe(1);
    await answer(notification("notifications/message", { level: "info", data: "x" }));
    expect(related()).toBe(2);
    await answer(result(2, { content: [] }));
    await answer(notification("notifications/message", { level: "info", data: "x" }));
    expect(related()).toBe(1);
  });

  it("relates a server's notification to the newest open request, however others end", async () => {
    verifies("mcp:guard-bridge");
    const steps = fc.array(fc.oneof(fc.constant("ask" as const), fc.nat({ max: 20 })), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const { near, ask, answer } = await bridged();
        const open: number[] = [];
        for (const [id, step] of taken.entries()) {
          if (step === "ask") {
            await ask(request(id, "ping"));
            open.push(id);
          } else {
            const [ended] = open.splice(step % (open.length + 1), 1);
            if (ended !== undefined) await answer(result(ended, {}));
          }
          await answer(notification("notifications/message", { data: id }));
          const newest = open.at(-1);
          const related = newest === undefined ? undefined : { relatedRequestId: newest };
          expect(near.sent.at(-1)).toMatchObject({ message: { params: { data: id } } });
          expect(near.sent.at(-1)?.options).toEqual(related);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("sends what the server's transport knows about a message along with it", async () => {
    verifies("mcp:guard-bridge");
    const { near, far, ask } = await bridged();
    await ask(toolCall(1));
    await ask(toolCall(2));
    const note = notification("notifications/message", { level: "info", data: "x" });
    const handed = async (message: Json, extra: Json) => {
      far.onmessage?.(message, extra);
      await settle();
      return near.sent.at(-1)?.options;
    };
    expect(await handed(note, { relatedRequestId: 1 })).toEqual({ relatedRequestId: 1 });
    // A message on a standalone stream belongs to no request.
    expect(await handed(note, { relatedRequestId: undefined })).toBeUndefined();
    const failed = { jsonrpc: "2.0", id: 2, error: { code: -32601, message: "no" } };
    expect(await handed(failed, { status: 404 })).toEqual({ relatedRequestId: 2, status: 404 });
  });

  it("sends what the caller's transport knows about a message along with it", async () => {
    verifies("mcp:guard-bridge");
    const { near, far } = await bridged();
    near.onmessage?.(request(1, "ping"), { authInfo: { clientId: "c" } });
    await settle();
    expect(far.sent.at(-1)?.options).toMatchObject({ caller: { authInfo: { clientId: "c" } } });
  });

  it("forgets a cancelled request, but not an `initialize`, which cannot be cancelled", async () => {
    verifies("mcp:guard-bridge");
    const { near, ask, answer, far } = await bridged();
    const related = () =>
      (near.sent.at(-1)?.options as { relatedRequestId?: unknown } | undefined)?.relatedRequestId;
    await ask(toolCall(1));
    await ask(cancelled(1));
    await answer(notification("notifications/tools/list_changed"));
    expect(related()).toBeUndefined();
    await ask(toolCall(2, {}, { _meta: { progressToken: 9 } }));
    await answer(request("s", "elicitation/create", { message: "?", requestedSchema: {} }));
    expect(related()).toBe(2);
    await answer(notification("notifications/progress", { progressToken: 8, progress: 1 }));
    expect(related()).toBeUndefined();
    await ask(cancelled(2));
    await ask(request(3, "initialize", { protocolVersion: "2025-11-25" }));
    await ask(cancelled(3));
    await answer(result(3, { protocolVersion: "2025-11-25" }));
    expect(far.version).toBe("2025-11-25");
  });

  it("forgets a subscription that the server cancels", async () => {
    verifies("mcp:guard-bridge");
    const { near, far, ask, answer, ends, sentTo } = await bridged();
    await ask(request(1, "subscriptions/listen", { notifications: {} }));
    await ask(toolCall(2));
    await answer(cancelled(1));
    await answer(cancelled(2));
    expect(near.sent).toMatchObject([
      { message: cancelled(1), options: { relatedRequestId: 1 } },
      { message: cancelled(2), options: { relatedRequestId: 2 } },
    ]);
    expect(ends).toMatchObject([{ requestId: 1, outcome: "aborted" }]);
    await far.close();
    await settle();
    expect(sentTo(near).slice(2)).toMatchObject([{ id: 2, ...unreachable }]);
  });

  it("refuses a request over the limit", async () => {
    verifies("mcp:guard-bridge");
    const session = "s";
    const near = new RawTransport();
    const far = new Upstream();
    const ends: string[] = [];
    const guard = createGuard(fakeManager(), {
      onEnd: ({ outcome, code }) => ends.push(`${outcome} ${code}`),
    });
    await guard.bridge(near, far, { session });
    for (let id = 0; id < 10_000; id++) near.onmessage?.(request(id, "ping"));
    await settle();
    // The guard forgets its open requests, but the server can still answer them.
    guard.endSession(session);
    near.onmessage?.(request("new", "ping"));
    await settle();
    expect(near.sent.at(-1)?.message).toMatchObject({ id: "new", error: { code: -32013 } });
    expect(far.sent).toHaveLength(10_000);
    expect(ends.at(-1)).toBe("errored too_many_unanswered");
  });

  it("passes the protocol version to the server's end only from the response to initialize", async () => {
    verifies("mcp:guard-bridge");
    const { far, ask, answer } = await bridged();
    await ask(request(1, "ping"));
    await answer(result(1, { protocolVersion: "1999-01-01" }));
    expect(far.version).toBeUndefined();
    await ask(request(2, "initialize", { protocolVersion: "2025-11-25" }));
    await answer(result(2, { protocolVersion: "2025-11-25" }));
    expect(far.version).toBe("2025-11-25");
  });

  it("closes the server's end if the caller's cannot start", async () => {
    const near = new RawTransport();
    const far = new Upstream();
    const inUse = new Error("port in use");
    near.start = () => Promise.reject(inUse);
    let isClosed = false;
    far.close = async () => {
      isClosed = true;
      throw new Error("closed badly");
    };
    await expect(createGuard(fakeManager()).bridge(near, far)).rejects.toBe(inUse);
    expect(isClosed).toBe(true);
  });

  it("requires two transports", () => {
    const guard = createGuard(fakeManager());
    const fault = expect.objectContaining({ code: "options_invalid" });
    expect(() => guard.bridge(new RawTransport(), {} as never)).toThrow(fault);
  });
});

function deniedFor(message: Json) {
  return JSON.stringify(message).includes("delete_all") ? denial("no") : undefined;
}
