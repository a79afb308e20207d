/** Requests behind a proxy whose callers leave before the answer. */
import { definePlugin } from "glassine";
import { describe, expect, it, vi } from "vitest";
import type { Forward } from "../../../../src/gateway/transports/index.ts";
import { callOf, initialize } from "../../../gateway/run/support/caller.ts";
import { afterTest } from "../../../support/cleanup.ts";
import { verifies } from "../../../support/verifies.ts";
import { adaWith, answering, endpointBefore } from "./support/endpoint.ts";

/** An exchange ends in the turn after its answer. */
const ended = () => new Promise((resolve) => setImmediate(resolve));

const note = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info" } };
const withoutIds = `data: ${JSON.stringify(note)}\n\n`;
const resumable = "id: 7\ndata: \n\n";
const idle = { idleSessionMs: 1 };

const marking = definePlugin({
  name: "marking",
  version: "1.0.0",
  hooks: {
    "cmf.tool_post_invoke": (message) => ({
      modifiedPayload: {
        ...message,
        content: message.content.map((part) =>
          part.content_type === "tool_result"
            ? { ...part, content: { ...part.content, content: "judged" } }
            : part,
        ),
      },
    }),
  },
});

describe.each([
  ["without hooks", []],
  ["with hooks", [marking]],
] as const)("a request whose caller left, %s,", (_, plugins) => {
  /** A server that begins streams with `begin`, and ends none of them. */
  async function leavingBehind(begin: string, limits: object = {}) {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let rest: ReadableStreamDefaultController | undefined;
    const forward: Forward = async (sent) => {
      if (String(sent.body).includes("initialize")) return answering(sent);
      if (String(sent.body).includes("cancelled")) return new Response(null, { status: 202 });
      if (begin === "") return new Promise(() => {});
      const body = new ReadableStream({
        start(stream) {
          if (sent.body === null) rest = stream;
          else stream.enqueue(Buffer.from(begin));
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
    const made = await endpointBefore(forward, plugins, limits);
    afterTest(() => vi.useRealTimers());
    await made.post(adaWith(), initialize);
    await ended();
    const leave = async (id: number) => {
      const left = new AbortController();
      const { signal } = left;
      const _meta = { progressToken: `of ${id}` };
      const params = { name: "t", arguments: {}, _meta };
      const body = JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params });
      const asked = made.ask(adaWith(), "made", { method: "POST", body, signal });
      if (begin === "") await vi.waitFor(() => expect(made.counts().open).toBe(1));
      else await (await asked).body?.getReader().read();
      left.abort();
      await asked;
    };
    const say = (message: object) =>
      rest?.enqueue(Buffer.from(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`));
    const isBusy = async () => {
      await ended();
      await made.endpoint.sessions.endIdle();
      return made.endpoint.sessions.size > 0;
    };
    return { ...made, leave, say, isBusy };
  }

  it.each([
    ["before the server responded", ""],
    ["while it streamed without ids", withoutIds],
  ])("ends at once if it left %s", async (_when, begin) => {
    verifies("envoy:left");
    const { leave, counts, isBusy } = await leavingBehind(begin, { ...idle, inFlight: 1 });
    vi.useRealTimers();
    for (const id of [1, 2, 3]) {
      await leave(id);
      await expect.poll(counts).toMatchObject({ open: 0, aborted: id });
    }
    await expect.poll(isBusy).toBe(false);
  });

  it("stays open until its deadline if it can be resumed, and counts as unanswered", async () => {
    verifies("envoy:left");
    const limits = { ...idle, inFlight: 2 };
    const { leave, post, counts, isBusy } = await leavingBehind(resumable, limits);
    await leave(1);
    await leave(2);
    expect(await isBusy()).toBe(true);
    expect((await post(adaWith(), callOf(3), "made")).code).toBe("too_many_unanswered");
    expect(counts()).toMatchObject({ open: 2, aborted: 0 });
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    await expect.poll(counts).toMatchObject({ open: 0, aborted: 2, dropped: 0 });
    await expect.poll(isBusy).toBe(false);
  });

  it("gets its answer, judged, in another exchange, for which progress makes more time", async () => {
    verifies("envoy:left");
    const { leave, get, say, counts, isBusy } = await leavingBehind(resumable, idle);
    await leave(1);
    const reader = (await get(adaWith(), "made")).body?.getReader();
    const read = async () => Buffer.from((await reader?.read())?.value ?? []).toString();
    for (const progress of [1, 2, 3]) {
      await vi.advanceTimersByTimeAsync(50_000);
      say({ method: "notifications/progress", params: { progressToken: "of 1", progress } });
      expect(await read()).toContain("of 1");
    }
    expect(counts().open).toBe(1);
    vi.useRealTimers();
    say({ id: 1, result: { content: [{ type: "text", text: "as the server said" }] } });
    expect(await read()).toContain(plugins.length > 0 ? "judged" : "as the server said");
    await expect.poll(isBusy).toBe(false);
    expect(counts()).toMatchObject({ open: 0, aborted: 0, dropped: 0 });
  });

  it("ends when another exchange cancels it", async () => {
    const { leave, post, counts, isBusy } = await leavingBehind(resumable, idle);
    await leave(1);
    vi.useRealTimers();
    const params = { requestId: 1 };
    await post(adaWith(), { jsonrpc: "2.0", method: "notifications/cancelled", params }, "made");
    await expect.poll(isBusy).toBe(false);
    expect(counts()).toMatchObject({ open: 0, aborted: 1, dropped: 0 });
  });

  it("ends with its session", async () => {
    const { leave, endpoint, post, counts } = await leavingBehind(resumable, { inFlight: 1 });
    await leave(1);
    expect((await post(adaWith(), initialize)).code).toBe("too_many_unanswered");
    vi.useRealTimers();
    await endpoint.endWith(new Set(["fake"]));
    await expect.poll(async () => (await post(adaWith(), initialize)).status).toBe(200);
    expect(counts()).toMatchObject({ open: 0, aborted: 1 });
  });
});
