/** What guards share: one memory for each manager and `serverId`. */
import { createGuard, type Guard, type GuardLabels } from "glassine/mcp";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { connection } from "./support/connection.ts";
import { type FakeManager, fakeManager } from "./support/fake-manager.ts";
import { withPolicies } from "./support/labelled.ts";
import { request } from "./support/raw.ts";

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
