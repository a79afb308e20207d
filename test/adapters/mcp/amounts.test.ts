/** What a guard remembers, filled up to its limits. */
// Only in test:all: it fills each of them with thousands of entries.
import { createGuard } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { connection } from "./support/connection.ts";
import { fakeManager, gate, settle } from "./support/fake-manager.ts";
import { notification, request, toolCall } from "./support/raw.ts";

describe("a task", () => {
  it("is refused once too many were forgotten to know", async () => {
    verifies("mcp:guard-tasks");
    const guard = createGuard(fakeManager());
    const { ask, raw, received } = await connection(guard);
    const task = (taskId: string) => ({ result: { task: { taskId, status: "working" } } });
    expect(
      await ask(request("a", "tasks/result", { taskId: "old" }), { result: {} }),
    ).toMatchObject({
      result: {},
    });
    for (let id = 0; id <= 8192; id++) await ask(toolCall(id), task(`t-${id}`));
    expect(await ask(request("b", "tasks/result", { taskId: "t-0" }), {})).toMatchObject({
      error: { data: { code: "task_forgotten" } },
    });
    expect(
      await ask(request("c", "tasks/result", { taskId: "t-1" }), { result: {} }),
    ).toMatchObject({
      result: {},
    });
    const before = received.length;
    raw.onmessage?.(request("d", "tasks/get", { taskId: "never" }));
    await settle();
    expect(received).toHaveLength(before);
  });

  it("is not taken for one that another session forgot, and is forgotten with its session", async () => {
    verifies("mcp:guard-tasks");
    const plugins = fakeManager();
    const guard = createGuard(plugins);
    const task = (taskId: string) => ({ result: { task: { taskId, status: "working" } } });
    const { ask } = await connection(guard, "ada");
    for (let id = 0; id <= 8192; id++) await ask(toolCall(id), task(`t-${id}`));
    const code = async (session: string, taskId: string) => {
      const asked = request("a", "tasks/result", { taskId });
      const answer = await (await connection(guard, session)).ask(asked, { result: {} });
      return (answer as { error?: { data?: { code?: string } } }).error?.data?.code;
    };
    expect(await code("bob", "old")).toBeUndefined();
    expect(await code("ada", "t-0")).toBe("task_forgotten");
    guard.endSession("ada");
    expect(await code("ada", "t-0")).toBeUndefined();
    await code("ada", "t-9");
    expect(plugins.calls.at(-1)?.payload).toMatchObject({
      content: [{ content: { tool_name: "" } }],
    });
  });
});

describe("a session that the host ended", () => {
  it("is not remembered again when its connection closes", async () => {
    verifies("mcp:guard-session");
    const guard = createGuard(fakeManager());
    for (let at = 0; at <= 10_000; at++) {
      const { raw } = await connection(guard, `s-${at}`);
      guard.endSession(`s-${at}`);
      await raw.close();
    }
    // If sessions had been dropped to make room, the task could be one of theirs.
    const { ask } = await connection(guard, "last");
    const asked = request("a", "tasks/result", { taskId: "old" });
    expect(await ask(asked, { result: {} })).toMatchObject({ result: {} });
  });
});

describe("the requests that are open", () => {
  it("include judged notifications about tasks", async () => {
    verifies("mcp:guard-end");
    const { open, wait } = gate();
    const hook = async () => void (await wait);
    const guard = createGuard(fakeManager({ "cmf.tool_post_invoke": hook }));
    const { raw } = await connection(guard);
    const params = { taskId: "T", status: "working", statusMessage: "x" };
    for (let at = 0; at < 10_010; at++)
      raw.onmessage?.(notification("notifications/tasks/status", params));
    await settle();
    expect(guard.counts()).toMatchObject({ open: 10_000, errored: 10 });
    open();
    await settle();
    expect(guard.counts()).toMatchObject({ open: 0, allowed: 10_000 });
  });
});
