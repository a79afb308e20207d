import type { GuardOptions } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { denial, fakeManager, gate, type Hook, settle } from "./support/fake-manager.ts";
import {
  type Json,
  notification,
  rawGuard,
  request,
  result,
  toolCall,
  toolResult,
} from "./support/raw.ts";

const made = (id: unknown, taskId: string) => result(id, { task: { taskId, status: "working" } });
const fetched = (id: unknown, taskId: string) => request(id, "tasks/result", { taskId });
const outcome = { content: [{ type: "text", text: "done" }] };

/** A guarded client whose call 1 has become task t1. */
async function withTask(manager = fakeManager(), options = {}, answer = made(1, "t1")) {
  const parts = await rawGuard(manager, options);
  await parts.guard.send(toolCall(1, { q: 1 }, { task: { ttl: 5 } }));
  parts.peer(answer);
  await settle();
  return { ...parts, manager };
}

describe("a tool call that becomes a task", () => {
  it("has its result checked when fetched, with what the call's hooks stored", async () => {
    const manager = fakeManager({
      "cmf.tool_pre_invoke": () => ({
        extensions: { security: { labels: ["PRE"] } },
        context: "state",
      }),
    });
    let envelopes = 0;
    const { guard, peer, received } = await withTask(manager, {
      envelope: () => ({ meta: { number: ++envelopes } }),
    });
    await guard.send(fetched(2, "t1"));
    peer(toolResult(2, "done"));
    await settle();
    expect(manager.names()).toEqual([
      "cmf.tool_pre_invoke",
      "cmf.tool_post_invoke",
      "cmf.tool_post_invoke",
    ]);
    expect(manager.calls[2]).toMatchObject({
      payload: {
        content: [{ content: { tool_call_id: "1", tool_name: "echo", content: outcome } }],
      },
      options: {
        extensions: { meta: { number: 2 }, security: { labels: ["PRE"] } },
        context: "state",
      },
    });
    expect(new Set(manager.calls.map((call) => call.options.request)).size).toBe(2);
    expect(received()).toEqual([made(1, "t1"), toolResult(2, "done")]);
  });

  it("is known by each id that its answer gives it", async () => {
    verifies("mcp:guard-tasks");
    const state = { taskId: "t2", status: "working", task: { taskId: "t1", status: "working" } };
    const started = result(1, { resultType: "task", ...state });
    const { guard, peer, manager } = await withTask(fakeManager(), {}, started);
    for (const [id, taskId] of [
      [2, "t1"],
      [3, "t2"],
    ] as const) {
      await guard.send(fetched(id, taskId));
      peer(toolResult(id, "done"));
      await settle();
    }
    const named = { payload: { content: [{ content: { tool_name: "echo" } }] } };
    expect(manager.calls.slice(-2)).toMatchObject([named, named]);
  });

  it("is refused with an error, whatever onDeny says, since no result of a tool is expected", async () => {
    for (const hook of ["cmf.tool_pre_invoke", "cmf.tool_post_invoke"]) {
      const manager = fakeManager({ [hook]: () => denial("not for you") });
      const { guard, peer, received } = await rawGuard(manager, { onDeny: "tool_result" });
      const asking = guard.send(toolCall(1, {}, { task: {} }));
      await settle();
      peer(result(1, { task: { taskId: "t1", status: "working", statusMessage: "a" } }));
      await asking;
      await settle();
      expect(received()).toMatchObject([{ id: 1, error: { message: "not for you" } }]);
      await guard.send(toolCall(2, {}, { task: null }));
      peer(toolResult(2, "x"));
      await settle();
      expect(received()[1]).toMatchObject({ id: 2, result: { isError: true } });
    }
  });

  it("has the result of an unknown task checked too", async () => {
    const manager = fakeManager({ "cmf.tool_post_invoke": () => denial("secret") });
    const { guard, peer, received } = await rawGuard(manager, { onDeny: "tool_result" });
    await guard.send(fetched(2, "elsewhere"));
    peer(toolResult(2, "done"));
    await settle();
    expect(received()).toEqual([
      result(2, {
        content: [{ type: "text", text: "secret" }],
        isError: true,
        _meta: { "io.modelcontextprotocol/related-task": { taskId: "elsewhere" } },
      }),
    ]);
  });

  it("has its status text shown as a result of its tool, and changed there", async () => {
    verifies("mcp:task-state", "mcp:wire");
    const state = { statusMessage: "078-05-1120", inputRequests: null };
    const task = { taskId: "t1", status: "working", ...state };
    const seen: unknown[] = [];
    const manager = fakeManager({
      tool_post_invoke: (payload: { result: object }) => {
        seen.push(payload.result);
        return undefined;
      },
      "cmf.tool_post_invoke": (message: { content: Json[] }) => {
        const text = JSON.stringify(message);
        return { changed: JSON.parse(text.replace("078-05-1120", "***")) };
      },
    });
    const { received } = await withTask(manager, {}, result(1, { task, vendor: 1 }));
    // `tool_post_invoke` runs again on what `cmf.tool_post_invoke` changed.
    expect(seen).toEqual([
      { vendor: 1 },
      { statusMessage: "078-05-1120" },
      { statusMessage: "***" },
    ]);
    expect(received()).toEqual([result(1, { task: { ...task, statusMessage: "***" }, vendor: 1 })]);
  });

  it("passes if a plugin maps the blocks of a result", async () => {
    verifies("mcp:task-state");
    const task = { taskId: "t1", status: "working", statusMessage: "Soon" };
    const manager = fakeManager({
      "cmf.tool_post_invoke": (message: { content: { content: { content: object } }[] }) => {
        const [part] = message.content;
        const shown: { content?: readonly Json[] } = part?.content.content ?? {};
        const content = { ...shown, content: (shown.content ?? []).map((block) => block) };
        return {
          changed: { ...message, content: [{ ...part, content: { ...part?.content, content } }] },
        };
      },
    });
    const { received } = await withTask(manager, {}, result(1, { task, content: [] }));
    expect(received()).toEqual([result(1, { task, content: [] })]);
  });

  it.each<[string, unknown]>([
    ["task", { taskId: "other" }],
    ["requestState", "other"],
    ["ttlMs", 1],
    ["cacheScope", "public"],
    ["resultType", "task"],
    ["_meta", {}],
  ])("is that of the server, whatever a plugin writes: %s", async (field, value) => {
    verifies("mcp:wire");
    const other = { content: [], [field]: value };
    const hooks: Record<string, Hook> = {
      tool_post_invoke: (payload: object) => ({ changed: { ...payload, result: other } }),
      "cmf.tool_post_invoke": (message: { content: { content: object }[] }) => {
        const [part] = message.content;
        const content = [{ ...part, content: { ...part?.content, content: other } }];
        return { changed: { ...message, content } };
      },
    };
    for (const [name, hook] of Object.entries(hooks)) {
      for (const answer of [made(1, "t1"), toolResult(1, "done")]) {
        const { received } = await withTask(fakeManager({ [name]: hook }), {}, answer);
        expect(received()).toMatchObject([{ id: 1, error: { data: { code: "guard_failed" } } }]);
      }
    }
  });

  it("does not lend its envelope to a request that merely names it", async () => {
    const manager = fakeManager();
    let envelopes = 0;
    const { guard } = await withTask(manager, {
      envelope: () => ({ number: ++envelopes }),
    });
    await guard.send(toolCall(2, {}, { taskId: "t1" }));
    expect(manager.calls.at(-1)?.options.extensions).toEqual({ number: 2 });
  });

  it("lets the result of a sampling or elicitation task pass", async () => {
    const manager = fakeManager();
    const { guard, peer, sent } = await rawGuard(manager);
    peer(request(1, "sampling/createMessage", { messages: [], task: {} }));
    await guard.send(made(1, "t9"));
    peer(fetched(2, "t9"));
    const answer = result(2, {
      role: "assistant",
      content: { type: "text", text: "hi" },
      model: "m",
    });
    await guard.send(answer);
    expect(sent().at(-1)).toEqual(answer);
    expect(manager.calls).toEqual([]);
  });
});

describe("the tasks extension of 2026-07-28", () => {
  const state = (status: string, more: object = {}) => ({
    resultType: "complete",
    taskId: "t1",
    status,
    ...more,
  });

  /** What a client receives for `tasks/get`. */
  async function poll(answer: Json, manager = fakeManager()) {
    const { guard, peer, received } = await rawGuard(manager);
    await guard.send(toolCall(1));
    peer(result(1, { resultType: "task", taskId: "t1", status: "working" }));
    await settle();
    await guard.send(request(2, "tasks/get", { taskId: "t1" }));
    peer(answer);
    await settle();
    return { got: received()[1], manager };
  }

  it("passes a task that is not done without a hook", async () => {
    const answer = result(2, state("working"));
    const { got, manager } = await poll(answer);
    expect(got).toEqual(answer);
    expect(manager.calls).toHaveLength(2);
  });

  it("checks the result inside a finished task", async () => {
    const done = result(2, state("completed", { result: { resultType: "complete", ...outcome } }));
    const { got, manager } = await poll(done);
    expect(got).toEqual(done);
    expect(manager.calls[2]?.payload).toMatchObject({
      content: [{ content: { tool_call_id: "1", tool_name: "echo", content: outcome } }],
    });
    let posts = 0;
    const denying = fakeManager({
      "cmf.tool_post_invoke": () => (posts++ === 0 ? undefined : denial("secret")),
    });
    expect((await poll(done, denying)).got).toEqual(
      result(2, {
        ...state("completed"),
        result: {
          content: [{ type: "text", text: "secret" }],
          isError: true,
          resultType: "complete",
        },
      }),
    );
  });

  it("checks the error inside a failed task", async () => {
    let posts = 0;
    const denying = fakeManager({
      "cmf.tool_post_invoke": () => (posts++ === 0 ? undefined : denial("hidden")),
    });
    const failed = result(2, state("failed", { error: { code: -32603, message: "at /srv/7" } }));
    const { got } = await poll(failed, denying);
    expect(got).toMatchObject({
      result: { status: "failed", error: { code: -32010, message: "hidden" } },
    });
  });

  it("checks the outcome in a notification, and passes any other at once", async () => {
    let posts = 0;
    const manager = fakeManager({
      "cmf.tool_post_invoke": () => (posts++ === 0 ? undefined : denial("secret")),
    });
    const { peer, received } = await withTask(manager);
    const working = notification("notifications/tasks", { taskId: "t1", status: "working" });
    peer(working);
    expect(received().at(-1)).toBe(working);
    peer(
      notification("notifications/tasks", { taskId: "t1", status: "completed", result: outcome }),
    );
    await settle();
    expect(received().at(-1)).toEqual(
      notification("notifications/tasks", {
        taskId: "t1",
        status: "completed",
        result: { content: [{ type: "text", text: "secret" }], isError: true },
      }),
    );
  });
});

describe("a task of which a plugin refused something", () => {
  const secret = "078-05-1120";
  const times = { createdAt: "2026-01-01T00:00:00Z", lastUpdatedAt: "2026-01-01T00:00:01Z" };
  const state = { taskId: "t1", ...times, ttl: 5, pollInterval: 1 };
  /** Every hook shows each of these to a plugin. */
  const beside: readonly Json[] = [
    { _meta: { "org.example/note": secret } },
    { requestState: secret },
    { note: secret },
    { createdAt: `at ${secret}` },
    { status: `s${secret}` },
    { status: `s${secret}`.replaceAll("-", "_") },
    { taskId: `t${secret}` },
  ];
  const all = ["cmf.mcp_response", "cmf.mcp_notification", "cmf.tool_post_invoke"];
  const refuse: Hook = (payload) =>
    /078.05.1120/.test(JSON.stringify(payload)) ? denial("no") : undefined;
  const refusing = () => fakeManager(Object.fromEntries(all.map((hook) => [hook, refuse])));
  const refused = { content: [{ type: "text", text: "no" }], isError: true };

  describe.each<GuardOptions>([{ pass: [] }, { pass: [], onDeny: "tool_result" }])(
    "with %j",
    (options) => {
      it.each(beside)("keeps nothing that could hold text of an answer: %j", async (said) => {
        verifies("mcp:task-state", "mcp:guard-rest");
        for (const method of ["tasks/get", "tasks/cancel"]) {
          const { guard, peer, received } = await withTask(refusing(), options);
          const ask = async (id: number, task: Json) => {
            await guard.send(request(id, method, { taskId: "t1" }));
            peer(result(id, { ...state, ...task, ...said }));
            await settle();
            return received().at(-1);
          };
          const error = { code: 1, message: "a" };
          const done = await ask(2, { status: "completed", result: outcome });
          expect(done).toMatchObject({ result: { ttl: 5, pollInterval: 1, result: refused } });
          const failed = await ask(3, { status: "failed", error });
          expect(failed).toMatchObject({ result: { ttl: 5, error: { message: "no" } } });
          const going = await ask(4, { status: "working", statusMessage: "a" });
          expect(going).toMatchObject({ error: { message: "no" } });
          expect(JSON.stringify(received())).not.toMatch(/078.05.1120/);
        }
      });

      it("keeps what the protocol needs", async () => {
        verifies("mcp:task-state");
        const { guard, peer, received } = await withTask(refusing(), options);
        const modern = { ...state, resultType: "complete", ttlMs: 1, cacheScope: "private" };
        await guard.send(request(2, "tasks/get", { taskId: "t1" }));
        const said = { status: "completed", result: outcome, _meta: { note: secret } };
        peer(result(2, { ...modern, ...said }));
        await settle();
        expect(received().at(-1)).toEqual(
          result(2, { ...modern, status: "completed", result: refused }),
        );
      });
    },
  );

  it.each(["notifications/tasks", "notifications/tasks/status"])(
    "keeps nothing that could hold text of %s",
    async (method) => {
      verifies("mcp:task-state", "mcp:guard-notifications");
      // An id that belongs to no known call is tested below.
      for (const said of beside.filter((each) => each.taskId === undefined)) {
        const { peer, received } = await withTask(refusing(), { pass: [] });
        const working = { ...state, status: "working" };
        peer(notification(method, { ...working, ...said }));
        await settle();
        expect(received()).toHaveLength(1);
        peer(notification(method, { ...working, statusMessage: "a", ...said }));
        peer(notification(method, { ...working, result: outcome, ...said }));
        await settle();
        expect(received().slice(1)).toMatchObject([
          { params: { taskId: "t1", ttl: 5 } },
          { params: { taskId: "t1", ttl: 5, result: refused } },
        ]);
        expect(JSON.stringify(received())).not.toMatch(/statusMessage|078.05.1120/);
      }
    },
  );

  it("comes before what came after it, however long plugins take", async () => {
    verifies("mcp:guard-notifications");
    const { wait, open } = gate();
    const slow = fakeManager({
      async "cmf.tool_post_invoke"(payload) {
        if (JSON.stringify(payload).includes("half")) await wait;
        return undefined;
      },
    });
    const { guard, peer, received } = await withTask(slow);
    const working = notification("notifications/tasks/status", {
      ...state,
      status: "working",
      statusMessage: "half",
    });
    const done = notification("notifications/tasks/status", { ...state, status: "completed" });
    await guard.send(fetched(2, "t1"));
    peer(working);
    peer(done);
    peer(toolResult(2, "done"));
    await settle();
    expect(received()).toHaveLength(1);
    open();
    await settle();
    expect(received().slice(1)).toEqual([working, done, toolResult(2, "done")]);
  });

  it("takes no header of its call for one that a plugin wrote", async () => {
    const failures: unknown[] = [];
    const { peer } = await withTask(fakeManager({ "cmf.tool_post_invoke": () => undefined }), {
      envelope: () => ({ http: { headers: { host: "x", "content-length": "5" } } }),
      onFailure: (failure: unknown) => failures.push(failure),
    });
    const params = { ...state, status: "working", statusMessage: "half" };
    peer(notification("notifications/tasks/status", params));
    await settle();
    expect(failures).toEqual([]);
  });

  it("keeps no id that plugins saw and no call is known by", async () => {
    verifies("mcp:task-state", "mcp:guard-notifications");
    const { peer, received } = await withTask(refusing(), { pass: [] });
    const unknown = { ...state, taskId: `t${secret}`, status: "working", statusMessage: "a" };
    peer(notification("notifications/tasks/status", unknown));
    peer(notification("notifications/tasks", { ...unknown, result: outcome }));
    await settle();
    expect(received()).toEqual([made(1, "t1")]);
  });
});
