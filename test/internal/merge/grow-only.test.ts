/** The mode of concurrent plugins: whatever their grant, only growing parts may change. */
import { stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { extensionsLimits } from "../../../src/core/data/index.ts";
import { filterFor, merge } from "../../../src/core/envelope/index.ts";
import { compileSlots, defineSlots } from "../../../src/core/slots/index.ts";
import { bindStandard } from "../../support/bind-host.ts";

describe("a mode in which only growing parts may change", () => {
  const table = compileSlots(
    defineSlots({
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
    }),
  );
  const host = bindStandard(table) as unknown as { createExtensions(input: object): never };
  const run = (current: object, returned: object, grant: readonly string[], growOnly: boolean) => {
    const outcome = mergeOf(current, returned, grant, { growOnly, strict: false });
    if (!outcome.ok) throw new Error(outcome.refusal.reason);
    const { board } = outcome.extensions;
    return [board, outcome.rejections.map(({ path, code }) => `${path} ${code}`)];
  };
  const mergeOf = (
    current: object,
    returned: object,
    grant: readonly string[],
    how: { readonly growOnly: boolean; readonly strict: boolean },
  ) => {
    const mask = table.capabilities.mask(grant);
    const extensions = host.createExtensions(current);
    return merge(extensions, {
      slots: table,
      proposal: undefined,
      view: filterFor(table, mask)(extensions),
      mask,
      returned,
      ...how,
      strictDelegation: false,
      limits: extensionsLimits,
    });
  };

  it("allows nothing else, whatever the grant", () => {
    const returned = { board: { title: "mine", free: "mine" } };
    const every = ["write_board", "write_free", "write_hint"];
    expect(run({}, returned, every, true)).toEqual([undefined, ["board mode_denied"]]);
    expect(run({}, returned, every, false)).toEqual([
      { title: "mine", free: "mine", pins: [] },
      [],
    ]);
  });

  it("lets a set grow in a slot that may not change otherwise", () => {
    const returned = { board: { pins: ["p"], title: "mine" } };
    expect(run({}, returned, ["append_pins"], true)).toEqual([
      { title: "untitled", pins: ["p"] },
      ["board.title mode_denied"],
    ]);
    expect(run({}, returned, [], true)).toEqual([undefined, ["board mode_denied"]]);
  });

  it("is the reason of a strict refusal, before any shrinking", () => {
    const shrinks = { board: { title: "mine" }, list: { marks: [] } };
    const outcome = mergeOf({ list: { marks: ["m"] } }, shrinks, ["write_board"], {
      growOnly: true,
      strict: true,
    });
    expect(outcome).toMatchObject({ ok: false, refusal: { code: "mode_denied", path: "board" } });
  });

  it("does not apply to plugins that may write only a field: the slot is not created for others", () => {
    expect(run({}, { board: { title: "mine" } }, ["write_hint"], false)).toEqual([
      undefined,
      ["board.title capability_missing"],
    ]);
    expect(run({}, { board: {} }, ["write_hint"], false)).toEqual([undefined, []]);
    expect(run({}, { board: {} }, ["write_board"], false)).toEqual([
      { title: "untitled", pins: [] },
      [],
    ]);
    expect(run({}, { board: { panel: { hint: "h" } } }, ["write_hint"], false)).toEqual([
      { title: "untitled", pins: [], panel: { pins: [], hint: "h" } },
      [],
    ]);
    expect(run({}, { board: { title: "mine" } }, [], false)).toEqual([
      undefined,
      ["board capability_missing"],
    ]);
  });
});
