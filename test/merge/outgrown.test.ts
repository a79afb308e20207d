/** Limits apply to the merged envelope as a whole, not only to each part. */
import {
  createExtensions,
  decodeExtensions,
  encodeExtensions,
  filterExtensions,
  mergeExtensions,
  setCustom,
} from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import {
  type FullView,
  hook,
  manage,
  plugin,
  type Result,
  type Run,
  runOnce,
  type ToolCall,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";

const argsOf = ({ payload }: Result) => (payload as ToolCall).args;

describe("plugins that each add a part within the limits", () => {
  const names = ["one", "two", "three"];
  const part = (count: number) => Array.from({ length: count }, () => 1);
  const runs = (returns: (view: FullView, args: object, name: string) => object) =>
    names.map((name) =>
      plugin(
        name,
        ({ args }, _c, view) => returns(view as FullView, args, name) as ReturnType<Run>,
        { onError: "ignore", extensions: true },
      ),
    );

  it.each([
    ["spread", (view: FullView, part: object) => ({ custom: { ...view.custom, ...part } })],
    [
      "copied",
      (view: FullView, part: object) => ({
        custom: { ...structuredClone(view.custom), ...part },
      }),
    ],
    [
      "set",
      (view: FullView, part: object) => {
        const [key = "", value] = Object.entries(part)[0] ?? [];
        return setCustom(view, key, value);
      },
    ],
    [
      "put in the place of what may not change",
      (view: FullView, part: object) => ({
        mcp: { tool: { name: "t", input_schema: {} } },
        custom: { ...view.custom, ...part },
      }),
    ],
  ])("custom data, %s", async (_how, change) => {
    verifies("merge:limits-together");
    const extensions = createExtensions({
      mcp: { tool: { name: "t", input_schema: { list: part(5_000) } } },
    });
    const plugins = runs((view, _args, name) => ({
      modifiedExtensions: change(view, { [name]: part(9_000) }),
    }));
    const result = await runOnce(plugins, { extensions });
    expect(Object.keys(result.extensions.custom ?? {})).toEqual(["one"]);
    expect(result.errors.map(({ plugin, code }) => [plugin, code])).toEqual([
      ["two", "snapshot_limit"],
      ["three", "snapshot_limit"],
    ]);
    const again = decodeExtensions(encodeExtensions(result.extensions)).extensions;
    expect(again).toEqual(result.extensions);
    const copy = structuredClone(filterExtensions(result.extensions, []));
    expect(mergeExtensions(result.extensions, copy, []).extensions).toBe(result.extensions);
  });

  it("a payload", async () => {
    verifies("dispatch:payload-limits");
    const limits = { payloadLimits: { nodes: 200 } };
    const plugins = runs((_view, args, name) => ({
      modifiedPayload: { args: { ...args, [name]: part(90) } },
    }));
    const result = await runOnce(plugins, {}, limits);
    expect(result.errors).toMatchObject([
      { plugin: "three", code: "snapshot_limit", message: expect.stringContaining("at payload") },
    ]);
    expect(Object.keys(argsOf(result))).toEqual(expect.arrayContaining(["one", "two"]));
    expect(argsOf(result)).not.toHaveProperty("three");
    const manager = await manage([], limits);
    expect(
      (await manager.invoke(hook, structuredClone(result.payload) as ToolCall)).payload,
    ).toEqual(result.payload);
  });

  it("what already exceeds the limit may change and shrink, but not grow", () => {
    const limits = { nodes: 50 };
    const extensions = createExtensions({ custom: { list: part(90), other: part(5) } });
    const change = (custom: object) => mergeExtensions(extensions, { custom }, [], { limits });
    const list = extensions.custom?.list;
    expect(change({ list, other: [1, 2, 3, 4, 6] }).extensions.custom).toHaveProperty("list");
    expect(change({ list }).extensions.custom).toEqual({ list });
    expect(codeOf(() => change({ list, other: part(6) }))).toBe("snapshot_limit");
  });

  it("keeps the default of each omitted limit, and refuses invalid limits", () => {
    const change = (limits: object) =>
      codeOf(() =>
        mergeExtensions(createExtensions({}), { custom: { text: "x".repeat(2 ** 20) } }, [], {
          limits,
        }),
      );
    expect(change({ nodes: 50 })).toBe("snapshot_limit");
    expect(change({ unit: 5 })).toBe("options_invalid");
    expect(change({ units: "many" })).toBe("options_invalid");
  });
});
