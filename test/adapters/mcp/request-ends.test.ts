/** Each request of a guard ends once, and every report about it has the same id. */

import * as fc from "fast-check";
import { createPluginManager, definePlugin, deny } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { createGuard, type GuardEnd, type GuardEvent, type GuardOptions } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { share } from "../../../property-tests/support/runs.ts";
import { verifies } from "../../support/verifies.ts";
import { exchange } from "./support/exchange.ts";
import { denial, type FakeManager, fakeManager, gate, settle } from "./support/fake-manager.ts";
import {
  errorAnswer,
  type Json,
  notification,
  RawTransport,
  request,
  result,
  toolCall,
  toolResult,
} from "./support/raw.ts";
import { cancelled } from "./support/waiting-hook.ts";

const ada = { security: { subject: { id: "ada", type: "user" } } };

async function ending(manager: FakeManager, options: GuardOptions = {}) {
  const ends: GuardEnd[] = [];
  const events: GuardEvent[] = [];
  const guard = createGuard(manager, {
    envelope: () => ada,
    onEnd: (end) => void ends.push(end),
    onResult: (event) => void events.push(event),
    ...options,
  });
  const raw = new RawTransport();
  const wrapped = guard.wrap(raw);
  wrapped.onmessage = () => {};
  wrapped.onerror = () => {};
  await wrapped.start();
  const peer = (message: unknown) => raw.onmessage?.(message as Json);
  const outcomes = () => ends.map(({ outcome, code }) => [outcome, code]);
  return { guard, raw, wrapped, peer, ends, events, outcomes };
}

describe("the end of a request", () => {
  it("comes for a subscription when the side that serves it cancels it", async () => {
    verifies("mcp:guard-end");
    for (const manager of [fakeManager(), fakeManager({ "cmf.mcp_request": () => undefined })]) {
      const { guard, raw, wrapped, peer, ends } = await ending(manager);
      peer(request("a", "subscriptions/listen", { notifications: {} }));
      peer(request("b", "resources/list"));
      await wrapped.send(request("c", "subscriptions/listen", { notifications: {} }));
      await settle();
      // Only a subscription, and only by the other side's cancellation or one's own.
      await wrapped.send(cancelled("b"));
      expect(ends).toEqual([]);
      await wrapped.send(cancelled("a"));
      peer(cancelled("c"));
      const end = { outcome: "aborted", code: "cancelled", method: "subscriptions/listen" };
      expect(ends).toMatchObject([
        { ...end, requestId: "a", direction: "incoming" },
        { ...end, requestId: "c", direction: "outgoing" },
      ]);
      expect(guard.counts()).toMatchObject({ open: 1 });
      // The other side gets the cancellation.
      expect(raw.sent.map(({ message }) => message)).toContainEqual(cancelled("a"));
    }
  });

  it("of a subscription does not come when a request of the canceller has its id", async () => {
    verifies("mcp:guard-end");
    const { wrapped, peer, ends } = await ending(fakeManager());
    peer(request(1, "subscriptions/listen", { notifications: {} }));
    await wrapped.send(request(1, "roots/list"));
    await wrapped.send(cancelled(1));
    expect(ends).toMatchObject([{ method: "roots/list", outcome: "aborted" }]);
  });

  it("reports who requested what, if it was allowed", async () => {
    verifies("mcp:guard-end");
    const { wrapped, peer, ends, events } = await ending(fakeManager());
    peer(toolCall(1));
    await settle();
    expect(ends).toEqual([]);
    await wrapped.send(toolResult(1, "x"));
    await settle();
    expect(ends).toMatchObject([
      {
        outcome: "allowed",
        method: "tools/call",
        direction: "incoming",
        requestId: 1,
        subject: "ada",
        name: "echo",
        code: undefined,
        plugin: undefined,
      },
    ]);
    const { totalMs, beforeMs, peerMs, afterMs } = (ends[0] as GuardEnd).timings;
    expect(Math.min(totalMs, beforeMs, peerMs, afterMs)).toBeGreaterThanOrEqual(0);
    expect(beforeMs + peerMs + afterMs).toBeCloseTo(totalMs);
    expect(new Set(events.map((event) => event.request))).toEqual(new Set([ends[0]?.request]));
  });

  it("reports by whom and why, if it was denied, before or after", async () => {
    verifies("mcp:guard-end");
    for (const hook of ["cmf.tool_pre_invoke", "cmf.tool_post_invoke"]) {
      const no = () => denial("no", { code: "role_missing", plugin: "roles" });
      const { wrapped, peer, ends } = await ending(fakeManager({ [hook]: no }));
      peer(toolCall(1));
      await settle();
      if (ends.length === 0) await wrapped.send(toolResult(1, "x"));
      await settle();
      const who = { subject: "ada", name: "echo", plugin: "roles" };
      expect(ends).toMatchObject([{ outcome: "denied", code: "role_missing", ...who }]);
    }
  });

  it.each<[string, unknown, string]>([
    ["no params", request(1, "tools/call"), "invalid_params"],
    ["an invalid id", toolCall({}), "invalid_request_id"],
    [
      "an invalid id, for a method that passes unguarded",
      request(null, "ping"),
      "invalid_request_id",
    ],
  ])("is reported for a request that was refused at once: %s", async (_, message, code) => {
    verifies("mcp:guard-end");
    const { peer, outcomes } = await ending(fakeManager());
    peer(message);
    await settle();
    expect(outcomes()).toEqual([["errored", code]]);
  });

  it("is reported if the envelope fails, the id is in use, or nobody accepts it", async () => {
    verifies("mcp:guard-end");
    const envelope = () => Promise.reject(new Error("no"));
    const broken = await ending(fakeManager(), { envelope });
    broken.peer(toolCall(1));
    await settle();
    expect(broken.outcomes()).toEqual([["errored", "guard_failed"]]);
    const { raw, wrapped, peer, outcomes } = await ending(fakeManager());
    peer(request(1, "ping"));
    peer(request(1, "ping"));
    await settle();
    raw.failNextSend = new Error("offline");
    await wrapped.send(toolCall(5)).catch(() => {});
    expect(outcomes()).toEqual([
      ["errored", "request_id_in_use"],
      ["errored", "send_failed"],
    ]);
  });

  it("is reported for a cancellation at any time, and for a close", async () => {
    verifies("mcp:guard-end");
    const { open, wait } = gate();
    const manager = fakeManager({ "cmf.tool_pre_invoke": async () => void (await wait) });
    const { guard, raw, peer, outcomes } = await ending(manager);
    for (const id of [1, 2]) peer(toolCall(id));
    peer(request(3, "completion/complete"));
    peer(cancelled(1));
    peer(cancelled(3));
    expect(outcomes()).toEqual([
      ["aborted", "cancelled"],
      ["aborted", "cancelled"],
    ]);
    expect(guard.counts()).toMatchObject({ started: 3, aborted: 2, open: 1, openIncoming: 1 });
    await raw.close();
    open();
    await settle();
    expect(outcomes().at(-1)).toEqual(["aborted", "closed"]);
    expect(guard.counts()).toMatchObject({ started: 3, aborted: 3, open: 0, openIncoming: 0 });
  });

  it("is reported for a request that the host replaces with another of the same id", async () => {
    verifies("mcp:guard-end");
    const { guard, raw, wrapped, peer, outcomes } = await ending(fakeManager());
    const first = new AbortController();
    const plain = request(1, "roots/list");
    await wrapped.send(plain, { requestSignal: first.signal } as never);
    await wrapped.send(plain);
    expect(outcomes()).toEqual([["aborted", "request_id_in_use"]]);
    first.abort();
    peer(result(1, { roots: [] }));
    expect(outcomes().at(-1)).toEqual(["allowed", undefined]);
    expect(guard.counts()).toMatchObject({ started: 2, open: 0 });
    // The id is free again.
    await wrapped.send(plain);
    expect(raw.sent).toHaveLength(3);
  });

  it("is reported for the host's own request, whoever closes, and whether the transport says so", async () => {
    verifies("mcp:guard-end");
    const parts = () => ending(fakeManager());
    const [byPeer, byHost, silent] = [await parts(), await parts(), await parts()];
    silent.raw.close = async () => {};
    for (const { wrapped } of [byPeer, byHost, silent]) await wrapped.send(toolCall(1));
    await byPeer.raw.close();
    await byHost.wrapped.close();
    await silent.wrapped.close();
    for (const { guard, outcomes } of [byPeer, byHost, silent]) {
      expect(outcomes()).toEqual([["aborted", "closed"]]);
      expect(guard.counts()).toMatchObject({ open: 0 });
    }
  });

  it("is reported for a session that the host ends", async () => {
    const ends: GuardEnd[] = [];
    const guard = createGuard(fakeManager(), { onEnd: (end) => void ends.push(end) });
    const raw = new RawTransport();
    const wrapped = guard.wrap(raw, { session: "s" });
    await wrapped.send(toolCall(1));
    await wrapped.close();
    expect(ends).toEqual([]);
    guard.endSession("s");
    expect(ends).toMatchObject([{ outcome: "aborted", code: "closed" }]);
  });

  it("is reported for messages that belong to no request", async () => {
    verifies("mcp:guard-end");
    const { guard, peer, ends } = await ending(fakeManager());
    peer(toolResult(9, "x"));
    peer({ ...toolCall(1), result: {} });
    expect(ends).toMatchObject([
      { outcome: "dropped", method: undefined, requestId: 9 },
      { outcome: "dropped", method: "tools/call", requestId: 1 },
    ]);
    expect(guard.counts()).toMatchObject({ started: 0, dropped: 2, open: 0 });
  });

  it("names the call that started a task, for the requests about it", async () => {
    verifies("mcp:guard-end");
    const { wrapped, peer, ends, events } = await ending(fakeManager());
    peer(toolCall(1));
    await settle();
    await wrapped.send(result(1, { task: { taskId: "t", status: "working" } }));
    peer(request(2, "tasks/result", { taskId: "t" }));
    await settle();
    await wrapped.send(result(2, { content: [] }));
    await settle();
    const [call, fetch] = ends as [GuardEnd, GuardEnd];
    expect(fetch).toMatchObject({ method: "tasks/result", name: "echo", begunBy: call.request });
    expect(fetch.request).not.toBe(call.request);
    expect(events.at(-1)?.request).toBe(fetch.request);
  });

  it("does no harm if the callback throws", async () => {
    const onEnd = (() => Promise.reject(new Error("observer"))) as never;
    for (const observer of [
      onEnd,
      () => {
        throw new Error("observer");
      },
    ]) {
      const { peer, raw } = await ending(fakeManager(), { onEnd: observer, onResult: observer });
      peer(toolCall({}));
      await settle();
      expect(raw.sent).toHaveLength(1);
    }
  });
});

it("is reported once for each request, whatever is sent, and the counts add up", async () => {
  verifies("mcp:guard-counts");
  const id = fc.oneof(fc.nat({ max: 3 }), fc.constantFrom<unknown>("1", null, {}, -0, "x"));
  const hook = fc.constantFrom("allows", "denies", "throws", "waits");
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constantFrom("call", "ping", "prompt"), id, hook }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constantFrom("answer", "error", "cancel"), id, hook }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom("close", "odd", "notice", "down"), id, hook }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.boolean(), async (steps, isOutgoing) => {
      let next = "allows";
      const waiting: (() => void)[] = [];
      const act = async () => {
        if (next === "throws") throw new Error("broken");
        if (next === "waits") await new Promise<void>((resolve) => waiting.push(resolve));
        return next === "denies" ? denial("no") : undefined;
      };
      const manager = fakeManager({
        "cmf.tool_pre_invoke": act,
        "cmf.tool_post_invoke": act,
        "cmf.prompt_pre_fetch": act,
      });
      const { guard, raw, wrapped, peer, ends } = await ending(manager);
      const ask = (message: Json) =>
        isOutgoing ? wrapped.send(message).catch(() => {}) : peer(message);
      const reply = (message: Json) =>
        isOutgoing ? peer(message) : wrapped.send(message).catch(() => {});
      for (const at of steps) {
        next = at.hook;
        if (at.do === "call") void ask(toolCall(at.id));
        if (at.do === "prompt") void ask(request(at.id, "prompts/get", { name: "p" }));
        if (at.do === "ping") void ask(request(at.id, "ping"));
        if (at.do === "answer") void reply(toolResult(at.id, "x"));
        if (at.do === "error") void reply(errorAnswer(at.id, -1, "no"));
        if (at.do === "cancel") void ask(cancelled(at.id));
        if (at.do === "odd") void ask({ ...toolCall(at.id), error: {} });
        if (at.do === "notice") {
          void reply(notification("notifications/tasks", { taskId: "t", result: {} }));
        }
        if (at.do === "down") raw.failNextSend = new Error("offline");
        if (at.do === "close") await raw.close();
        await settle();
        if (isOutgoing) expect(guard.counts().openIncoming).toBe(0);
      }
      await wrapped.close();
      for (const go of waiting) go();
      await settle();
      const { open, openIncoming, started, allowed, denied, errored, aborted, dropped } =
        guard.counts();
      expect(started).toBe(allowed + denied + errored + aborted);
      expect([open, openIncoming]).toEqual([0, 0]);
      expect(new Set(ends.map((end) => end.request)).size).toBe(ends.length);
      expect(ends).toHaveLength(started + dropped);
      const of = (outcome: string) => ends.filter((end) => end.outcome === outcome).length;
      const counted = [allowed, denied, errored, aborted, dropped];
      expect(["allowed", "denied", "errored", "aborted", "dropped"].map(of)).toEqual(counted);
    }),
    share(0.75),
  );
});

describe("the audit trail and the metrics", () => {
  const roles = definePlugin({
    name: "roles",
    version: "1.0.0",
    hooks: {
      "cmf.tool_pre_invoke": {
        conditions: { tools: ["delete_*"] },
        handler: (_message) =>
          deny({ code: "role_missing", reason: "Deleting needs the role admin" }),
      },
    },
  });

  async function traced(options: GuardOptions) {
    const events: AuditEvent[] = [];
    const counted: unknown[] = [];
    const manager = await createPluginManager({
      plugins: [roles],
      audit: { sink: (event) => void events.push(event) },
      metrics: {
        counter: (name, labels) => {
          if (name.endsWith("denial_total")) counted.push(labels);
        },
        histogram: () => {},
        gauge: () => {},
      },
    });
    const ends: GuardEnd[] = [];
    const guard = createGuard(manager, {
      envelope: ({ mcp }) => ({ ...ada, mcp }),
      onEnd: (end) => void ends.push(end),
      serverId: "files",
      ...options,
    });
    const raw = new RawTransport();
    const wrapped = guard.wrap(raw);
    wrapped.onmessage = ({ id }) => void wrapped.send(toolResult(id, "x"));
    await wrapped.start();
    for (const name of ["list_all", "delete_all"]) {
      raw.onmessage?.(request(name, "tools/call", { name }));
      await settle();
      await settle();
    }
    const named = events.filter(({ eventType }) => eventType !== "plugin.registered");
    return { events: named, ends, counted };
  }

  it("have the code, the tool, the subject and the request of a denial", async () => {
    verifies("audit:denial-facts");
    const { events, ends, counted } = await traced({});
    expect(events).toMatchObject([
      {
        eventType: "plugin.handler_denied",
        metadata: {
          plugin_name: "roles",
          code: "role_missing",
          tool: "delete_all",
          subject_id: "ada",
          request: ends[1]?.request,
        },
      },
    ]);
    expect(counted).toEqual([
      { hook: "cmf.tool_pre_invoke", plugin: "roles", code: "role_missing" },
    ]);
  });

  it.each<["refused" | "all", readonly string[]]>([
    ["refused", ["delete_all"]],
    ["all", ["list_all", "delete_all"]],
  ])("have a record of access where the host wants it: %s", async (access, names) => {
    verifies("mcp:guard-access");
    const { events, ends } = await traced({ access });
    const written = events.filter(({ eventType }) => eventType === "mcp.request_ended");
    expect(written.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(written.at(-1)).toMatchObject({
      actorUri: "subject:ada",
      targetUri: "tools/call:delete_all",
      outcome: "failure",
      metadata: {
        request: ends[1]?.request,
        method: "tools/call",
        result: "denied",
        code: "role_missing",
        plugin: "roles",
        subject_id: "ada",
        server_id: "files",
      },
    });
  });

  it("have no record of access if they pass unseen", async () => {
    verifies("mcp:guard-access");
    const events: AuditEvent[] = [];
    const watcher = definePlugin({
      name: "watcher",
      version: "1.0.0",
      hooks: { "cmf.mcp_request": () => undefined },
    });
    const manager = await createPluginManager({
      plugins: [watcher],
      audit: { sink: (event) => void events.push(event) },
    });
    const options = { access: "all", pass: ["tokens", "lists"] } as const;
    for (const method of ["ping", "tools/list", "vendor/ask"]) {
      await exchange(manager, method, {}, { result: {} }, options);
    }
    const written = events.filter(({ eventType }) => eventType === "mcp.request_ended");
    expect(written.map(({ metadata }) => metadata.method)).toEqual(["vendor/ask"]);
  });
});
