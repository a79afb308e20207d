/** The mode of concurrent plugins: whatever their grant, only growing parts may change. */
import { defineHost, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";

describe("a mode in which only growing parts may change", () => {
  const host = defineHost({
    slots: {
      list: {
        tier: "immutable",
        read: "everyone",
        description: "Of a test.",
        schema: z.object({ marks: stringSet().default([]) }),
        fields: { marks: { tier: "monotonic", write: "everyone" } },
      },
      board: {
        tier: "mutable",
        read: "everyone",
        write: "write_board",
        description: "Of a test.",
        schema: z.object({
          title: z.string().default("untitled"),
          free: z.string().optional(),
          pins: stringSet().default([]),
          panel: z
            .object({ pins: z.array(z.string()).default([]), hint: z.string().optional() })
            .optional(),
        }),
        fields: {
          free: { write: "write_free" },
          pins: { tier: "monotonic", write: "append_pins" },
          panel: { fields: { hint: { write: "write_hint" } } },
        },
      },
    },
  });
  /** A run of one plugin that returns this. */
  const resultOf = async (
    current: object,
    returned: object,
    capabilities: readonly string[],
    { growOnly, strict }: { readonly growOnly: boolean; readonly strict: boolean },
  ) => {
    const plugin = host.definePlugin({
      name: "writes",
      version: "1.0.0",
      capabilities,
      hooks: {
        tool_pre_invoke: {
          handler: () => ({ modifiedExtensions: returned }),
          extensions: true,
          ...(growOnly && { mode: "concurrent" }),
        },
      },
    } as never);
    const manager = await host.createPluginManager({ plugins: [plugin], strict, logger: {} });
    const extensions = host.createExtensions(current);
    return await manager.invoke("tool_pre_invoke", { name: "t" }, { extensions });
  };
  const run = async (
    current: object,
    returned: object,
    grant: readonly string[],
    growOnly: boolean,
  ) => {
    const how = { growOnly, strict: false };
    const { extensions, rejections, errors } = await resultOf(current, returned, grant, how);
    expect(errors).toEqual([]);
    return [extensions.board, rejections.map(({ path, code }) => `${path} ${code}`)];
  };

  it("allows nothing else, whatever the grant", async () => {
    const returned = { board: { title: "mine", free: "mine" } };
    const every = ["write_board", "write_free", "write_hint"];
    expect(await run({}, returned, every, true)).toEqual([undefined, ["board mode_denied"]]);
    expect(await run({}, returned, every, false)).toEqual([
      { title: "mine", free: "mine", pins: [] },
      [],
    ]);
  });

  it("lets a set grow in a slot that may not change otherwise", async () => {
    const returned = { board: { pins: ["p"], title: "mine" } };
    expect(await run({}, returned, ["append_pins"], true)).toEqual([
      { title: "untitled", pins: ["p"] },
      ["board.title mode_denied"],
    ]);
    expect(await run({}, returned, [], true)).toEqual([undefined, ["board mode_denied"]]);
  });

  it("is the reason of a strict refusal, before any shrinking", async () => {
    const shrinks = { board: { title: "mine" }, list: { marks: [] } };
    const how = { growOnly: true, strict: true };
    const { violation } = await resultOf({ list: { marks: ["m"] } }, shrinks, ["write_board"], how);
    expect(violation).toMatchObject({ code: "mode_denied" });
    expect(violation?.reason).toContain("board");
  });

  it("does not apply to plugins that may write only a field: the slot is not created for others", async () => {
    expect(await run({}, { board: { title: "mine" } }, ["write_hint"], false)).toEqual([
      undefined,
      ["board.title capability_missing"],
    ]);
    expect(await run({}, { board: {} }, ["write_hint"], false)).toEqual([undefined, []]);
    expect(await run({}, { board: {} }, ["write_board"], false)).toEqual([
      { title: "untitled", pins: [] },
      [],
    ]);
    expect(await run({}, { board: { panel: { hint: "h" } } }, ["write_hint"], false)).toEqual([
      { title: "untitled", pins: [], panel: { pins: [], hint: "h" } },
      [],
    ]);
    expect(await run({}, { board: { title: "mine" } }, [], false)).toEqual([
      undefined,
      ["board capability_missing"],
    ]);
  });
});
