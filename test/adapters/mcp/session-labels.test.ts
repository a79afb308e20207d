/** Labels that go from one call of a session to the next. */
import { createPluginManager, definePlugin } from "glassine";
import { memoryLabelStore } from "glassine/labels";
import { createGuard, type GuardedRequest, type GuardLabels } from "glassine/mcp";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { gate, settle } from "./support/fake-manager.ts";
import { type Acts, labelled, notingStore, withPolicies } from "./support/labelled.ts";
import { RawTransport, request, result, toolResult } from "./support/raw.ts";

const policies = withPolicies({ payroll: { apply_labels: ["SALARY"] } });
const failed = { error: { code: -32011, data: { code: "guard_failed" } } };
const noted = (options: Partial<GuardLabels> = {}, acts: Acts = {}) => {
  const notes = notingStore(memoryLabelStore());
  const labels = { store: notes.store, session: "s", ...options } as GuardLabels;
  return labelled({ envelope: () => policies, labels } as never, acts).then((parts) => ({
    ...parts,
    ...notes,
  }));
};

describe("a session", () => {
  it("passes the labels of earlier calls to the pre hooks of later ones", async () => {
    verifies("labels:session-brought");
    const { tool, labelsAt } = await labelled({ envelope: () => policies, labels: {} });
    await tool("payroll");
    await tool("mail");
    expect(labelsAt("cmf.tool_pre_invoke")).toEqual(["SALARY"]);
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["SALARY"]);
  });

  it("passes them if the host creates no envelope", async () => {
    const acts = { "cmf.tool_post_invoke": { add: "SEEN" } };
    const { tool, labelsAt } = await labelled({ labels: {} }, acts);
    await tool("one");
    await tool("two");
    expect(labelsAt("cmf.tool_pre_invoke")).toEqual(["SEEN"]);
  });

  it("keeps its labels however long the guard is idle", async () => {
    verifies("labels:memory-full");
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const { tool, labelsAt } = await labelled({ envelope: () => policies, labels: {} });
      await tool("payroll");
      vi.advanceTimersByTime(7 * 24 * 60 * 60 * 1000);
      await tool("mail");
      expect(labelsAt("cmf.tool_pre_invoke")).toEqual(["SALARY"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is off by default: each call has the labels of its envelope", async () => {
    const { tool, labelsAt } = await labelled({ envelope: () => policies });
    await tool("payroll");
    await tool("mail");
    expect(labelsAt("cmf.tool_pre_invoke")).toEqual([]);
  });

  it("has the labels of the response before it is sent, and those of the pre hooks before the request is", async () => {
    verifies("labels:session-kept");
    const { log, guard, peer, sent, received } = await noted(
      {},
      { "cmf.tool_pre_invoke": { add: "IN" }, "cmf.tool_post_invoke": { add: "OUT" } },
    );
    const order: string[] = [];
    const watch = () => {
      for (const [what, list] of [
        ["sent", sent()],
        ["received", received()],
      ] as const)
        if (list.length > 0 && !order.includes(what)) order.push(what);
      order.push(...log.splice(0));
    };
    const store = log.push.bind(log);
    log.push = (...items) => {
      const length = store(...items);
      watch();
      return length;
    };
    await guard.send(request(1, "tools/call", { name: "payroll" }));
    watch();
    peer(toolResult(1, "x"));
    await settle();
    watch();
    expect(order).toEqual([
      "load s",
      "append s IN",
      "sent",
      "append s IN+SALARY",
      "append s IN+OUT+SALARY",
      "received",
    ]);
  });

  it("accesses the store no more than necessary", async () => {
    const { log, tool } = await noted();
    await tool("mail");
    expect(log).toEqual(["load s", "load s"]);
  });

  it("keeps the labels of a call that was refused, before or after", async () => {
    verifies("labels:session-refused");
    const before = await noted({}, { "cmf.tool_pre_invoke": { add: "PII", deny: "no" } });
    await before.tool("mail");
    expect(await before.store.load("s")).toEqual(["PII"]);
    const after = await noted({}, { "cmf.tool_post_invoke": { add: "PII", deny: "no" } });
    await after.tool("payroll");
    expect(await after.store.load("s")).toEqual(["PII", "SALARY"]);
  });

  it("shows the post hooks what another call added meanwhile", async () => {
    const { guard, peer, tool, labelsAt } = await noted();
    await guard.send(request(1, "tools/call", { name: "slow" }));
    await tool("payroll");
    peer(toolResult(1, "x"));
    await settle();
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["SALARY"]);
  });

  it("labels the fetching of a task, and by its late result", async () => {
    const { guard, peer, tool, labelsAt, store } = await noted();
    await guard.send(request(1, "tools/call", { name: "payroll", task: {} }));
    peer(result(1, { task: { taskId: "t", status: "working" } }));
    await settle();
    await store.append("s", ["MORE"]);
    await guard.send(request(2, "tasks/result", { taskId: "t" }));
    peer(toolResult(2, "x"));
    await settle();
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["MORE", "SALARY"]);
    await tool("mail");
    expect(labelsAt("cmf.tool_pre_invoke")).toEqual(["MORE", "SALARY"]);
  });

  it("includes the labels of a notification about a task", async () => {
    const { peer, received, store } = await noted();
    const params = { taskId: "t", status: "completed", result: { content: [] } };
    peer({ jsonrpc: "2.0", method: "notifications/tasks", params });
    await settle();
    expect(received()).toHaveLength(1);
    expect(await store.load("s")).toEqual(["SALARY"]);
  });

  it("is shared by guards that have a store and a session in common", async () => {
    const shared = { store: memoryLabelStore(), session: "shared" };
    const one = await labelled({ envelope: () => policies, labels: shared });
    const two = await labelled({ envelope: () => policies, labels: shared });
    await one.tool("payroll");
    await two.tool("mail");
    expect(two.labelsAt("cmf.tool_pre_invoke")).toEqual(["SALARY"]);
  });
});

describe("a plain envelope with invalid labels", () => {
  it.each<[string, object]>([
    ["a string as labels", { security: { labels: "PII" } }],
    ["null as labels", { security: { labels: null } }],
    ["a set as labels", { security: { labels: new Set(["PII"]) } }],
    ["a string as security", { security: "PII" }],
    ["a list as security", { security: ["PII"] }],
  ])("is refused with session labels as without: %s", async (_, document) => {
    verifies("labels:session-plain");
    const store = memoryLabelStore();
    await store.append("s", ["X"]);
    for (const onStoreError of ["deny", "ignore"] as const) {
      const labels = { store, session: "s", onStoreError };
      for (const more of [{}, { labels }]) {
        const { tool, sent } = await labelled({ envelope: () => document, ...more });
        expect(await tool("mail")).toMatchObject({ error: {} });
        expect(sent()).toEqual([]);
      }
    }
    expect(await store.load("s")).toEqual(["X"]);
  });

  it("counts a slot that is null as absent, as without session labels", async () => {
    const store = memoryLabelStore();
    await store.append("s", ["X"]);
    const { tool, labelsAt } = await labelled({
      envelope: () => ({ security: null }),
      labels: { store, session: "s" },
    });
    await tool("mail");
    expect(labelsAt("cmf.tool_pre_invoke")).toEqual(["X"]);
  });
});

describe("which session a request is of", () => {
  it("is chosen by the host, from the request and its envelope", async () => {
    verifies("labels:session-host");
    const asked: unknown[] = [];
    const { tool, log } = await noted({
      session: async (about: GuardedRequest, extensions: unknown) => {
        asked.push([about.method, about.params, extensions]);
        return `of ${String(about.params.name)}`;
      },
    });
    await tool("payroll");
    await tool("mail");
    expect(log).toEqual([
      "load of payroll",
      "append of payroll SALARY",
      "load of mail",
      "load of mail",
    ]);
    expect(asked[0]).toEqual(["tools/call", { name: "payroll" }, policies]);
  });

  it("is by default one for a manager and `serverId`, without transports of a session", async () => {
    verifies("labels:session-host");
    const seen: (readonly string[])[] = [];
    const notes = definePlugin({
      name: "notes",
      version: "1.0.0",
      capabilities: ["read_labels"],
      hooks: {
        "cmf.tool_pre_invoke": (_message, _context, { security }) =>
          void seen.push(security.labels),
      },
    });
    const manager = await createPluginManager({ plugins: [notes] });
    const seenBy = async (serverId: string, name: string, session?: string) => {
      const guard = createGuard(manager, { serverId, envelope: () => policies, labels: {} });
      const raw = new RawTransport();
      const wrapped = guard.wrap(raw, session === undefined ? {} : { session });
      wrapped.onmessage = () => {};
      await wrapped.start();
      await wrapped.send(request(1, "tools/call", { name }));
      await settle();
      raw.onmessage?.(toolResult(1, "x"));
      await settle();
      return seen.at(-1);
    };
    expect(await seenBy("a", "payroll")).toEqual([]);
    expect(await seenBy("a", "mail")).toEqual(["SALARY"]);
    expect(await seenBy("b", "mail")).toEqual([]);
    expect(await seenBy("a", "payroll", "s")).toEqual([]);
    expect(await seenBy("a", "mail", "t")).toEqual([]);
    expect(await seenBy("a", "mail", "s")).toEqual(["SALARY"]);
    expect(seen).toHaveLength(6);
  });

  it("is by default not that of another manager", async () => {
    verifies("labels:session-host");
    const one = await labelled({ envelope: () => policies, labels: {} });
    const two = await labelled({ envelope: () => policies, labels: {} });
    await one.tool("payroll");
    await two.tool("mail");
    expect(two.labelsAt("cmf.tool_pre_invoke")).toEqual([]);
    await one.tool("mail");
    expect(one.labelsAt("cmf.tool_pre_invoke")).toEqual(["SALARY"]);
  });

  it.each<[string, () => unknown]>([
    ["throws", () => Promise.reject(new Error("who?"))],
    ["returns nothing", () => undefined],
    ["returns an empty string", () => ""],
    ["returns a number", () => 7],
  ])("refuses the request when the function %s", async (_, session) => {
    const { tool, sent, errors } = await noted({ session: session as never });
    expect(await tool("mail")).toMatchObject(failed);
    expect(sent()).toEqual([]);
    expect(errors).toHaveLength(1);
    const ignoring = await noted({ session: session as never, onStoreError: "ignore" });
    expect(await ignoring.tool("mail")).toMatchObject(failed);
  });

  it("refuses an invalid session when the guard is created", async () => {
    await expect(noted({ session: "" })).rejects.toMatchObject({ code: "session_invalid" });
  });
});

describe("a store that fails", () => {
  const down = new Error("down");

  it("prevents a request from being sent", async () => {
    verifies("labels:session-failure");
    const { tool, sent, faults, errors, seen } = await noted();
    faults.load = down;
    expect(await tool("mail")).toMatchObject(failed);
    expect([sent(), seen]).toEqual([[], []]);
    expect(errors).toEqual([{ point: "labels", code: undefined }]);
  });

  it("prevents a response from being sent", async () => {
    const { tool, faults, sent } = await noted();
    faults.append = down;
    const answer = await tool("payroll", {
      result: { content: [{ type: "text", text: "secret" }] },
    });
    expect(answer).toMatchObject(failed);
    expect(sent()).toHaveLength(1);
    expect(JSON.stringify(answer)).not.toMatch(/secret|down/);
  });

  it("prevents a response from being sent if it fails after the post hooks", async () => {
    const { tool, faults, store } = await noted({}, { "cmf.tool_post_invoke": { add: "LATE" } });
    const append = store.append;
    let appended = 0;
    store.append = (...args) => {
      if (++appended === 2) faults.append = down;
      return append(...args);
    };
    expect(await tool("payroll")).toMatchObject(failed);
    expect(appended).toBe(2);
  });

  it("prevents a request from being sent if labels of the pre hooks cannot be stored", async () => {
    const { tool, faults, sent } = await noted({}, { "cmf.tool_pre_invoke": { add: "PII" } });
    faults.append = down;
    expect(await tool("mail")).toMatchObject(failed);
    expect(sent()).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "label_store_failed"],
    ["a string", "PII", "label_store_failed"],
    ["no labels", [1], "label_store_failed"],
    ["a bad label", ["\u200b"], "label_store_failed"],
    ["too many", Array.from({ length: 257 }, (_, at) => `L${at}`), "label_store_full"],
  ])("is one that answers %s", async (_, answer, code) => {
    const store = { load: async () => answer, append: async () => answer } as never;
    const { tool, errors } = await labelled({ labels: { store, session: "s" } });
    expect(await tool("mail")).toMatchObject(failed);
    expect(errors).toEqual([{ point: "labels", code }]);
    const ignoring = await labelled({
      labels: { store, session: "s", onStoreError: "ignore" },
    });
    expect(await ignoring.tool("mail")).toMatchObject({ result: { content: [] } });
  });

  it("is ignored, and reported, if the host chose so", async () => {
    const { tool, faults, errors, labelsAt } = await noted({ onStoreError: "ignore" });
    faults.load = down;
    faults.append = down;
    expect(await tool("payroll")).toMatchObject({ result: { content: [] } });
    // The labels of the call itself still apply.
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["SALARY"]);
    // When loading, before the post hooks, and once more after them.
    expect(errors.map(({ point }) => point)).toEqual(["labels", "labels", "labels"]);
  });

  it("is one that forgets what it just stored", async () => {
    verifies("labels:session-forgetful");
    const store = { load: async () => [], append: async () => [] };
    const labels = { store, session: "s" };
    const { tool, errors } = await labelled({ envelope: () => policies, labels });
    expect(await tool("payroll")).toMatchObject(failed);
    expect(errors).toEqual([{ point: "labels", code: "label_store_failed" }]);
    const ignoring = { ...labels, onStoreError: "ignore" } as const;
    const on = await labelled({ envelope: () => policies, labels: ignoring });
    expect(await on.tool("payroll")).toMatchObject({ result: { content: [] } });
    expect(on.labelsAt("cmf.tool_post_invoke")).toEqual(["SALARY"]);
  });

  it.each(["load", "append"] as const)("is one whose %s never settles", async (name) => {
    verifies("labels:session-timeout");
    const never = () => new Promise<never>(() => {});
    const store = { load: async () => [], append: async () => ["SALARY"], [name]: never };
    const labels = { store, session: "s", timeoutMs: 1 };
    const { guard, peer, sent, received, errors } = await labelled({
      envelope: () => policies,
      labels,
    });
    const sending = guard.send(request(1, "tools/call", { name: "payroll" }));
    if (name === "append") {
      await vi.waitFor(() => expect(sent()).toHaveLength(1));
      peer(result(1, { content: [] }));
    }
    await vi.waitFor(() => expect(received()).toHaveLength(1));
    await sending;
    expect(received()).toMatchObject([failed]);
    expect(errors).toEqual([{ point: "labels", code: "label_store_failed" }]);
    const ignoring = { ...labels, onStoreError: "ignore" } as const;
    const on = await labelled({ envelope: () => policies, labels: ignoring });
    await on.guard.send(request(1, "tools/call", { name: "payroll" }));
    on.peer(result(1, { content: [] }));
    await vi.waitFor(() => expect(on.received()).toHaveLength(1));
    expect(on.received()).toMatchObject([{ result: { content: [] } }]);
    expect(on.labelsAt("cmf.tool_post_invoke")).toEqual(["SALARY"]);
  });

  it("does not hold up a cancellation", async () => {
    const wait = gate<readonly string[]>();
    const store = { load: () => wait.wait, append: async () => [] };
    const { guard, received, sent } = await labelled({
      labels: { store, session: "s" },
    });
    const sending = guard.send(request(1, "tools/call", { name: "mail" }));
    await settle();
    const params = { requestId: 1 };
    await guard.send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
    await sending;
    wait.open([]);
    await settle();
    expect([sent(), received()]).toEqual([[], []]);
  });
});
