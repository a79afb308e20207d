/** The hooks of the memory node through a manager: defaults, and the errors for bad payloads. */
import { allow, type PluginManager } from "glassine";
import { createPluginManager } from "glassine/memory-node";
import { beforeAll, describe, expect, it } from "vitest";
import { type Example, examples, hooks, table } from "./support/examples.ts";

type AnyManager = Pick<PluginManager<never, never>, "close"> & {
  invoke(hook: string, payload: unknown, options?: object): Promise<unknown>;
};

const events: unknown[] = [];
let manager: AnyManager;

beforeAll(async () => {
  manager = (await createPluginManager({
    plugins: [],
    audit: { sink: (event) => events.push(event) },
  })) as unknown as AnyManager;
});

const all = hooks.flatMap((hook) =>
  examples[hook].map((example, index) => ({ hook, index, ...example })),
);
const invoke = (hook: string, { payload, operation }: Example) =>
  manager.invoke(hook, payload, operation === undefined ? {} : { operation });

describe("PH-046, PH-117: without a plugin", () => {
  it.each(all)(
    "PH-046: $hook, example $index, returns the default of its semantic",
    async (each) => {
      const answer = await invoke(each.hook, each);
      const semantic = table[each.hook]?.semantic;
      if (semantic === "voting") expect(answer).toBe(allow());
      else if (semantic === "filter_chain") expect(answer).toBe(each.payload);
      else if (semantic === "score_delta") expect(Object.entries(answer as object)).toEqual([]);
      else expect(answer).toBeUndefined();
      expect(events).toEqual([]);
    },
  );

  it("PH-117: all 22 hooks are covered", () => {
    expect(new Set(all.map(({ hook }) => hook)).size).toBe(22);
  });

  it.each(hooks)("%s refuses an invalid payload, and is named in the error", async (hook) => {
    await expect(invoke(hook, { ...examples[hook][0], payload: 7 })).rejects.toMatchObject({
      code: "payload_invalid",
      message: expect.stringContaining(hook),
    });
  });

  it.each(all.filter(({ operation }) => operation !== undefined))(
    "$hook refuses to run without its facts, example $index",
    async ({ hook, payload }) => {
      await expect(manager.invoke(hook, payload)).rejects.toMatchObject({
        code: "options_invalid",
      });
    },
  );

  it("PH-039: an unknown hook and a message hook are not hooks of this host", async () => {
    for (const hook of ["nope", "tool_pre_invoke", "evaluate"]) {
      await expect(manager.invoke(hook, {})).rejects.toThrow(`unknown hook '${hook}'`);
    }
  });
});
