import { createPluginManager, definePlugin, deny } from "glassine";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  bytesOf,
  call,
  hook,
  labelsOf,
  manage,
  permutations,
  plugin,
  type Result,
  runOnce,
  tagger,
} from "./support.ts";

/** Creates plugins that record their turns, and holds the record. */
function notebook() {
  const turns: string[] = [];
  const noting = (name: string, extra: Parameters<typeof plugin>[2] = {}) =>
    plugin(
      name,
      (_payload, _context) => {
        turns.push(name);
      },
      extra,
    );
  return { turns, noting };
}

describe("phases", () => {
  it("run in the order of the mode table, in whatever order the plugins were given", async () => {
    verifies("dispatch:phases", "dispatch:disabled");
    for (const modes of [
      ["fire_and_forget", "concurrent", "audit", "disabled", "transform", "sequential"],
      ["concurrent", "disabled", "sequential", "fire_and_forget", "transform", "audit"],
    ] as const) {
      const { turns, noting } = notebook();
      const manager = await manage(
        modes.map((mode) => noting(`in-${mode.replaceAll("_", "-")}`, { mode })),
      );
      const { executions } = await manager.invoke(hook, call);
      await manager.close();
      const order = ["in-sequential", "in-transform", "in-audit", "in-concurrent"];
      expect(turns).toEqual([...order, "in-fire-and-forget"]);
      expect(executions.map((record) => record.plugin)).toEqual([
        ...order,
        "in-fire-and-forget",
        "in-disabled",
      ]);
    }
  });

  it("ignore priorities across phases", async () => {
    const { turns, noting } = notebook();
    await runOnce([
      noting("early-audit", { mode: "audit", priority: -1000 }),
      noting("late-guard", { priority: 1000 }),
    ]);
    expect(turns).toEqual(["late-guard", "early-audit"]);
  });
});

describe("order inside a phase", () => {
  it("is by priority, low first, 100 by default", async () => {
    verifies("dispatch:priority");
    const { turns, noting } = notebook();
    await runOnce([
      noting("of-101", { priority: 101 }),
      noting("of-default"),
      noting("of-99", { priority: 99 }),
      noting("of-minus-1", { priority: -1 }),
      noting("of-0", { priority: 0 }),
    ]);
    expect(turns).toEqual(["of-minus-1", "of-0", "of-99", "of-default", "of-101"]);
  });

  it("is the order of the plugins array for equal priorities", async () => {
    verifies("dispatch:ties");
    for (const names of permutations(["one", "two", "six"])) {
      const { turns, noting } = notebook();
      await runOnce(names.map((name) => noting(name)));
      expect(turns).toEqual(names);
    }
  });

  it("puts dependencies first for equal priorities, however deep", async () => {
    verifies("dispatch:ties");
    const { turns, noting } = notebook();
    await runOnce([
      noting("top", { dependsOn: ["mid"] }),
      noting("mid", { dependsOn: ["base", "side"] }),
      noting("side"),
      noting("base"),
    ]);
    expect(turns).toEqual(["base", "side", "mid", "top"]);
  });

  it("moves a dependency up to right before the plugin that needs it", async () => {
    verifies("dispatch:ties");
    const { turns, noting } = notebook();
    await runOnce([
      noting("needs-two", { dependsOn: ["two", "six"] }),
      noting("one"),
      noting("six"),
      noting("two"),
    ]);
    expect(turns).toEqual(["two", "six", "needs-two", "one"]);
  });

  it("puts priority before dependencies", async () => {
    const { turns, noting } = notebook();
    await runOnce([
      noting("needs-base", { dependsOn: ["base"], priority: 1 }),
      noting("base", { priority: 2 }),
    ]);
    expect(turns).toEqual(["needs-base", "base"]);
  });

  it("applies to concurrent records and denials too", async () => {
    const result = await runOnce([
      plugin("second", (_p, _c) => deny("second"), { mode: "concurrent", priority: 2 }),
      plugin("first", (_p, _c) => deny("first"), { mode: "concurrent", priority: 1 }),
    ]);
    expect(result.executions.map((record) => record.plugin)).toEqual(["first", "second"]);
    expect(result.violation?.plugin).toBe("first");
  });

  it("has the same result for every permutation of plugins with distinct priorities", async () => {
    const plugins = [
      tagger("scan", { priority: 1 }),
      plugin("rename", (p, _c) => ({ modifiedPayload: { ...p, name: `${p.name}!` } }), {
        priority: 2,
      }),
      plugin("forger", () => ({ modifiedExtensions: { request: { request_id: "forged" } } }), {
        priority: 3,
        extensions: true,
      }),
      plugin(
        "breaks",
        (_p, _c) => {
          throw new Error("broken");
        },
        { priority: 4, onError: "ignore" },
      ),
      tagger("join", { mode: "concurrent", priority: 5 }),
    ];
    const outcomes = new Set<string>();
    for (const order of permutations(plugins)) outcomes.add(bytesOf(await runOnce(order)));
    expect(outcomes.size).toBe(1);
    const result: Result = await runOnce(plugins);
    expect(labelsOf(result)).toEqual(["join", "scan"]);
    expect(result.payload).toEqual({ name: "add!", args: { a: 1 } });
  });
});

describe("what each turn starts from", () => {
  it("is the payload and the view with all earlier changes", async () => {
    verifies("dispatch:payload-of-last", "dispatch:view-of-merged", "dispatch:merged");
    const seen: unknown[] = [];
    const stepping = (name: string) =>
      plugin(name, (payload, _context, extensions) => {
        seen.push([payload.name, extensions.security.labels]);
        return {
          modifiedPayload: { ...payload, name: `${payload.name}.${name}` },
          modifiedExtensions: { security: { labels: [...extensions.security.labels, name] } },
        };
      });
    const result = await runOnce([stepping("aaa"), stepping("bbb"), stepping("ccc")]);
    expect(seen).toEqual([
      ["add", []],
      ["add.aaa", ["aaa"]],
      ["add.aaa.bbb", ["aaa", "bbb"]],
    ]);
    expect(result.payload).toEqual({ name: "add.aaa.bbb.ccc", args: { a: 1 } });
    expect(labelsOf(result)).toEqual(["aaa", "bbb", "ccc"]);
  });
});

describe("the hooks that cover others", () => {
  const turns: string[] = [];
  const noting = (name: string, priority: number, ...hooks: string[]) =>
    definePlugin({
      name,
      version: "1.0.0",
      hooks: Object.fromEntries(
        hooks.map((each) => [
          each,
          {
            priority,
            handler: (_message: unknown, context: { readonly hook: string }) => {
              turns.push(`${name} of ${each} at ${context.hook}`);
            },
          },
        ]),
      ) as never,
    });

  it("run at every hook of their side, in one order with that hook's own handlers", async () => {
    verifies("dispatch:pre-and-post");
    const manager = await createPluginManager({
      plugins: [
        noting("third", 3, "cmf.tool_pre_invoke"),
        noting("second", 2, "message_pre_invoke", "message_post_invoke"),
        noting("first", 1, "cmf.tool_pre_invoke", "cmf.llm_output"),
      ],
    });
    const message = createMessage({ role: "user" });
    const at = async (point: "cmf.tool_pre_invoke" | "cmf.llm_output" | "evaluate") => {
      turns.length = 0;
      const { executions } = await manager.invoke(point, message);
      return [...turns, executions.length];
    };
    expect(await at("cmf.tool_pre_invoke")).toEqual([
      "first of cmf.tool_pre_invoke at cmf.tool_pre_invoke",
      "second of message_pre_invoke at cmf.tool_pre_invoke",
      "third of cmf.tool_pre_invoke at cmf.tool_pre_invoke",
      3,
    ]);
    expect(await at("cmf.llm_output")).toEqual([
      "first of cmf.llm_output at cmf.llm_output",
      "second of message_post_invoke at cmf.llm_output",
      2,
    ]);
    expect(await at("evaluate")).toEqual([0]);
  });

  it("can be invoked themselves, and then run their own handlers only", async () => {
    const manager = await createPluginManager({
      plugins: [noting("point", 1, "cmf.llm_input"), noting("cover", 2, "message_pre_invoke")],
    });
    turns.length = 0;
    await manager.invoke("message_pre_invoke", createMessage({ role: "user" }));
    expect(turns).toEqual(["cover of message_pre_invoke at message_pre_invoke"]);
  });
});
