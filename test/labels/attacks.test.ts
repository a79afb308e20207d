/** Attempts to get around labels that are not in the catalogue of attacks. */
import { memoryLabelStore } from "glassine/labels";
import { afterEach, describe, expect, it, vi } from "vitest";
import { labelled, withPolicies } from "../adapters/mcp/support/labelled.ts";

const policies = withPolicies({ read_secret: { apply_labels: ["SECRET"] } });
const envelope = () => policies;

describe("session fixation", () => {
  it("knowing a session's name allows adding labels, but not removing any", async () => {
    const store = memoryLabelStore();
    const victim = await labelled({ envelope, labels: { store, session: "shared" } });
    await victim.tool("read_secret");
    const attacker = await labelled({ labels: { store, session: "shared" } });
    await attacker.tool("harmless");
    expect(await store.load("shared")).toEqual(["SECRET"]);
  });

  it("a session keeps its labels if somebody else takes it over", async () => {
    const store = memoryLabelStore();
    await store.append("fixed", ["TAINTED"]);
    const { tool, labelsAt } = await labelled({ labels: { store, session: "fixed" } });
    await tool("harmless");
    expect(labelsAt("cmf.tool_pre_invoke")).toEqual(["TAINTED"]);
  });
});

describe("forgetting by expiry", () => {
  afterEach(() => void vi.useRealTimers());

  it("a call that outlives its labels in the store restores them all", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const store = memoryLabelStore({ ttlMs: 1000 });
    const slow = await labelled({ envelope, labels: { store, session: "s" } });
    await slow.tool("read_secret");
    let reported = 0;
    const late = await labelled({
      labels: {
        store: { load: store.load, append: (...args) => forget(() => store.append(...args)) },
        session: "s",
      },
    });
    const forget = <T>(work: () => T): T => {
      reported += 1;
      vi.advanceTimersByTime(5000);
      return work();
    };
    await late.tool("harmless");
    expect(reported).toBe(1);
    expect(await store.load("s")).toEqual(["SECRET"]);
  });

  it("calls without an answer keep the session in use as well", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const store = memoryLabelStore({ ttlMs: 1000 });
    await store.append("s", ["SECRET"]);
    const { tool, labelsAt } = await labelled(
      { labels: { store, session: "s" } },
      { "cmf.tool_pre_invoke": { deny: "no" } },
    );
    for (let turn = 0; turn < 5; turn++) {
      vi.advanceTimersByTime(900);
      await tool("harmless");
      expect(labelsAt("cmf.tool_pre_invoke")).toEqual(["SECRET"]);
    }
  });
});

describe("name spoofing", () => {
  const names = ["toString", "__proto__", "constructor", "hasOwnProperty", "read_secret\u200b"];

  it.each([...names, "Read_Secret", " read_secret", "read_secret/"])(
    "another name, %j, is another tool: no more and no less than its own policy",
    async (name) => {
      const { tool, labelsAt } = await labelled({ envelope });
      await tool(name);
      expect(labelsAt("cmf.tool_post_invoke")).toEqual([]);
    },
  );

  it("a tool without a name counts as every tool", async () => {
    const { tool, labelsAt } = await labelled({ envelope });
    await tool("");
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["SECRET"]);
  });

  it("an answer that names another task, tool or resource is still under its own policy", async () => {
    const { tool, ask, labelsAt } = await labelled({ envelope });
    const meta = { "io.modelcontextprotocol/related-task": { taskId: "other" } };
    await tool("read_secret", { result: { content: [], toolName: "x", _meta: meta } });
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["SECRET"]);
    await ask(
      "tasks/result",
      { taskId: "x", name: "harmless", tool: "harmless" },
      {
        result: { content: [] },
      },
    );
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["SECRET"]);
  });
});
