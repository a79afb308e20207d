/** What guards share: one memory for each manager and `serverId`. */
import { createGuard, type Guard, type GuardLabels } from "glassine/mcp";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { connection } from "./support/connection.ts";
import { type FakeManager, fakeManager, settle } from "./support/fake-manager.ts";
import { withPolicies } from "./support/labelled.ts";
import { request } from "./support/raw.ts";
import { cancelled } from "./support/waiting-hook.ts";

const policies = withPolicies({ payroll: { apply_labels: ["SALARY"] } });
const done = { result: { content: [] } };
const dayMs = 24 * 60 * 60 * 1000;

function guardOf(manager: FakeManager, labels: Partial<GuardLabels> = {}): Guard {
  return createGuard(manager, { envelope: () => policies, labels } as never);
}

/** Calls a tool, and returns the labels that its pre hook saw. */
async function call(manager: FakeManager, guard: Guard, name: string, session?: string) {
  const { ask } = await connection(guard, session);
  await ask(request(name, "tools/call", { name }), done);
  const run = manager.calls.findLast(({ hook }) => hook === "cmf.tool_pre_invoke");
  return (run?.options.extensions as typeof policies | undefined)?.security?.labels;
}

describe("a label session of guards with the same manager", () => {
  type Named = (manager: FakeManager) => readonly [guard: Guard, session?: string];
  const names: readonly [string, Named][] = [
    ["a string", (manager) => [guardOf(manager, { session: "s" })]],
    ["a function", (manager) => [guardOf(manager, { session: () => "s" })]],
    ["the session of wrap", (manager) => [guardOf(manager), "s"]],
  ];
  const pairs = names.flatMap(([first, one]) =>
    names.map(([second, two]) => [first, second, one, two] as const),
  );

  it.each(pairs)("is the same if it is named by %s and by %s", async (_, __, one, two) => {
    verifies("labels:session-host");
    const manager = fakeManager();
    const [first, ofFirst] = one(manager);
    const [second, ofSecond] = two(manager);
    expect(await call(manager, first, "payroll", ofFirst)).toEqual([]);
    expect(await call(manager, second, "mail", ofSecond)).toEqual(["SALARY"]);
  });

  it("is the same in one guard that gets other options", async () => {
    verifies("labels:session-host");
    const manager = fakeManager();
    const guard = guardOf(manager, { session: "s" });
    await call(manager, guard, "payroll");
    const labels: GuardLabels = { session: () => "s" };
    await guard.use(manager as never, { envelope: () => policies, labels } as never);
    expect(await call(manager, guard, "mail")).toEqual(["SALARY"]);
  });

  it("never expires once a guard has named it by a string", async () => {
    verifies("labels:memory-full");
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const manager = fakeManager();
      const byString = guardOf(manager, { session: "kept" });
      let name = "kept";
      const byFunction = guardOf(manager, { session: () => name });
      await call(manager, byString, "mail");
      for (name of ["kept", "other"]) await call(manager, byFunction, "payroll");
      vi.advanceTimersByTime(2 * dayMs);
      expect(await call(manager, byFunction, "mail")).toEqual([]);
      name = "kept";
      expect(await call(manager, byFunction, "mail")).toEqual(["SALARY"]);
      vi.advanceTimersByTime(2 * dayMs);
      expect(await call(manager, byString, "mail")).toEqual(["SALARY"]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a manager that has a memory of its own when a guard switches to it", () => {
  /** Two guards with one manager and one with another, and what makes them share one memory. */
  function apart(labels: Partial<GuardLabels> = {}) {
    const [before, after] = [fakeManager(), fakeManager()];
    const [first, second] = [guardOf(before, labels), guardOf(before, labels)];
    const early = guardOf(after, labels);
    return {
      early: [after, early] as const,
      later: [before, first] as const,
      all: () => [[after, first] as const, [before, second] as const, [after, early] as const],
      join: () => void first.use(after as never),
    };
  }
  const sides = ["early", "later"] as const;

  /** Begins and cancels requests with these ids, in the session `s`. */
  async function cancelling(guard: Guard, ids: Iterable<number>) {
    const cancels = await connection(guard, "s");
    for (const id of ids) {
      cancels.raw.onmessage?.(request(id, "tools/call", { name: "t" }));
      await settle();
      cancels.raw.onmessage?.(cancelled(id));
    }
    return cancels;
  }

  const sessions: readonly [string, Partial<GuardLabels>][] = [
    ["nobody names", {}],
    ["is a string", { session: "s" }],
    ["a function names", { session: () => "s" }],
  ];

  it.each(sessions)("shares the labels of a session that %s, for all guards", async (_, labels) => {
    verifies("mcp:guard-use");
    for (const side of sides) {
      const { join, all, ...parts } = apart(labels);
      await call(...parts[side], "payroll");
      join();
      for (const [manager, guard] of all()) {
        expect(await call(manager, guard, "mail")).toEqual(["SALARY"]);
      }
    }
  });

  it("shares the labels of calls that began before", async () => {
    verifies("mcp:guard-use");
    for (const side of sides) {
      const { join, all, ...parts } = apart();
      const { raw, wrapped } = await connection(parts[side][1]);
      raw.onmessage?.(request(1, "tools/call", { name: "payroll" }));
      await settle();
      join();
      await wrapped.send({ jsonrpc: "2.0", id: 1, ...done });
      for (const [manager, guard] of all()) {
        expect(await call(manager, guard, "mail")).toEqual(["SALARY"]);
      }
    }
  });

  it("adds what either learns later, and however often it is switched", async () => {
    verifies("mcp:guard-use");
    const { join, all, early, later } = apart();
    join();
    const third = fakeManager();
    const other = guardOf(third);
    void early[1].use(third as never);
    join();
    await call(...later, "payroll");
    for (const [manager, guard] of [...all(), [third, other] as const]) {
      expect(await call(manager, guard, "mail")).toEqual(["SALARY"]);
    }
  });

  it("shares them along a chain of switches of any length", async () => {
    verifies("labels:session-host");
    const managers = Array.from({ length: 20_000 }, () => fakeManager());
    const guards = managers.map((manager) => guardOf(manager));
    for (const [at, guard] of guards.slice(1).entries()) {
      void guard.use(managers[at] as never, { envelope: () => policies, labels: {} } as never);
    }
    const [first, last] = [managers[0] as FakeManager, managers.at(-2) as FakeManager];
    expect(await call(last, guards.at(-1) as Guard, "payroll", "s")).toEqual([]);
    expect(await call(first, guards[0] as Guard, "mail", "s")).toEqual(["SALARY"]);
  });

  it("shares names of resources and labels of annotations", async () => {
    verifies("mcp:guard-use");
    const uri = "file:///p.csv";
    const items = { resources: [{ uri, name: "payroll" }] };
    const tools = { tools: [{ name: "open", annotations: { openWorldHint: true } }] };
    const fromWire = {
      annotations: (hints: unknown) => (hints === undefined ? [] : ["WEB"]),
    };
    const labels = { fromWire, session: () => crypto.randomUUID() };
    for (const side of sides) {
      const { join, all, ...parts } = apart(labels);
      const { ask } = await connection(parts[side][1]);
      await ask(request(1, "resources/list"), { result: items });
      await ask(request(2, "tools/list"), { result: tools });
      join();
      for (const [manager, guard] of all()) {
        const at = await connection(guard);
        const seen = () => manager.calls.at(-1)?.options.extensions;
        await at.ask(request(1, "resources/read", { uri }), { result: { contents: [] } });
        expect(seen()).toMatchObject({ security: { labels: ["SALARY"] } });
        await at.ask(request(2, "tools/call", { name: "open" }), done);
        expect(seen()).toMatchObject({ security: { labels: ["WEB"] } });
      }
    }
  });

  it("adds up the labels of annotations that both know", async () => {
    verifies("mcp:guard-use");
    const annotations = (hints: { title?: string } = {}) => [hints.title ?? "UNLISTED"];
    const fromWire = { annotations: annotations as (hints: unknown) => string[] };
    const { join, all, early, later } = apart({ fromWire, session: () => crypto.randomUUID() });
    const listed = { early: { open: "EARLY", first: "EARLY" }, later: { open: "LATER" } };
    for (const [[, guard], titles] of [
      [early, listed.early],
      [later, listed.later],
    ] as const) {
      const tools = Object.entries(titles).map(([name, title]) => ({
        name,
        annotations: { title },
      }));
      await (await connection(guard)).ask(request(1, "tools/list"), { result: { tools } });
    }
    join();
    for (const [manager, guard] of all()) {
      const { ask } = await connection(guard);
      const seen: unknown[] = [];
      for (const name of ["open", "first"]) {
        await ask(request(name, "tools/call", { name }), done);
        const { extensions } = manager.calls.at(-1)?.options ?? {};
        seen.push((extensions as typeof policies | undefined)?.security?.labels?.toSorted());
      }
      expect(seen).toEqual([["EARLY", "LATER"], ["EARLY"]]);
    }
  });

  it("shares tasks, and refuses those with an id that both have", async () => {
    verifies("mcp:guard-tasks");
    const begun = { result: { task: { taskId: "t", status: "working" } } };
    for (const [session, both] of [undefined, "s"].flatMap((name) =>
      [false, true].map((each) => [name, each] as const),
    )) {
      const { join, all, early, later } = apart();
      for (const [, guard] of both ? [early, later] : [early]) {
        const { ask } = await connection(guard, session);
        await ask(request(1, "tools/call", { name: "slow" }), begun);
      }
      join();
      for (const [at, [manager, guard]] of all().entries()) {
        const { ask } = await connection(guard, session);
        const answer = await ask(request(10 + at, "tasks/result", { taskId: "t" }), done);
        const ofTool = { content: [{ content: { tool_name: "slow" } }] };
        if (both) expect(answer).toMatchObject({ error: { data: { code: "task_forgotten" } } });
        else expect(manager.calls.at(-1)?.payload).toMatchObject(ofTool);
      }
    }
  });

  it("shares the open requests of a named session", async () => {
    verifies("mcp:guard-session");
    for (const side of sides) {
      const { join, all, ...parts } = apart();
      for (const [, guard] of all()) await connection(guard, "s");
      const { raw } = await connection(parts[side][1], "s");
      for (const id of [1, 2, 3]) raw.onmessage?.(request(id, "tools/call", { name: "t" }));
      await settle();
      join();
      for (const [at, [, guard]] of all().entries()) {
        const { wrapped, sent } = await connection(guard, "s");
        await wrapped.send({ jsonrpc: "2.0", id: at + 1, ...done });
        expect(sent()).toMatchObject([{ id: at + 1, ...done }]);
      }
    }
  });

  it("shares the ids of cancelled requests, also with open ones", async () => {
    verifies("mcp:guard-ids");
    for (const [side, other] of [sides, sides.toReversed()] as const) {
      const { join, ...parts } = apart();
      const cancels = await cancelling(parts[side ?? "early"][1], [1, 2]);
      const goesOn = await connection(parts[other ?? "later"][1], "s");
      goesOn.raw.onmessage?.(request(1, "tools/call", { name: "t" }));
      await settle();
      join();
      // The late answer to the cancelled request must not pass for that to the open one.
      for (const { wrapped } of [cancels, goesOn]) {
        await wrapped.send({ jsonrpc: "2.0", id: 1, ...done });
      }
      goesOn.raw.onmessage?.(request(2, "tools/call", { name: "t" }));
      await settle();
      const inUse = { id: 2, error: { data: { code: "request_id_in_use" } } };
      expect([cancels.sent(), goesOn.sent()]).toMatchObject([[], [inUse]]);
    }
  });

  it("shares the ids that were forgotten because they are low, also with open ones", async () => {
    verifies("mcp:guard-ids");
    for (const [side, other] of [sides, sides.toReversed()] as const) {
      const { join, ...parts } = apart();
      const cancels = await cancelling(parts[side ?? "early"][1], Array(1100).keys());
      const goesOn = await connection(parts[other ?? "later"][1], "s");
      goesOn.raw.onmessage?.(request(1, "tools/call", { name: "t" }));
      await settle();
      join();
      await cancels.wrapped.send({ jsonrpc: "2.0", id: 1, ...done });
      expect([cancels.sent(), goesOn.sent()]).toEqual([[], []]);
    }
  });

  it("ends open requests of one session with the same id", async () => {
    verifies("mcp:guard-session");
    const { join, early, later } = apart();
    const opened = await Promise.all(
      [early, later].map(async ([, guard]) => {
        const { raw, ...parts } = await connection(guard, "s");
        raw.onmessage?.(request(1, "tools/call", { name: "t" }));
        await settle();
        return { raw, ...parts };
      }),
    );
    join();
    for (const { raw } of opened) raw.onmessage?.(request(1, "tools/call", { name: "t" }));
    await settle();
    for (const { wrapped } of opened) await wrapped.send({ jsonrpc: "2.0", id: 1, ...done });
    const inUse = { error: { data: { code: "request_id_in_use" } } };
    for (const { sent } of opened) expect(sent()).toMatchObject([inUse]);
    for (const [, guard] of [early, later]) {
      expect(guard.counts()).toMatchObject({ open: 0, aborted: 1 });
    }
  });
});
