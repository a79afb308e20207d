/** Additions of an inner run to growing sets join the outer run; nothing else does. */
import { createExtensions } from "glassine";
import { stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { extensionsLimits } from "../../../src/core/data/index.ts";
import { filterFor, joinSets, withoutSets } from "../../../src/core/envelope/index.ts";
import { compileSlots, defineSlots, standardSlots } from "../../../src/core/slots/index.ts";
import { bindStandard } from "../../support/bind-host.ts";

const slots = compileSlots(standardSlots);
const may = slots.capabilities.mask(["append_labels"]);
const labelled = (...labels: string[]) => createExtensions({ security: { labels } }) as never;
const none = createExtensions({}) as never;
type Joined = Extract<ReturnType<typeof joinSets>, { readonly ok: true }>;
const join = (outer: never, inner: never, start: never, mask = may) => {
  const joined = joinSets(slots, outer, inner, start, mask);
  const { extensions } = joined as Joined;
  return (!joined.ok ? joined : extensions) as {
    security?: { labels: readonly string[] };
  };
};

/** A table of one slot, `board`, with an envelope of it. */
function boardOf(tier: "immutable" | "mutable", shape: z.ZodRawShape, fields: object) {
  const table = compileSlots(
    defineSlots({
      board: {
        tier,
        read: "everyone",
        ...(tier === "mutable" && { write: "everyone" }),
        description: "Of a test.",
        schema: z.object(shape),
        fields,
      },
    } as never),
  );
  const { createExtensions: create } = bindStandard(table) as unknown as {
    createExtensions(input: object): never;
  };
  return { table, empty: create({}), board: (value: object) => create({ board: value }) };
}

describe("labels", () => {
  it("that were added join, sorted and without duplicates", () => {
    const joined = join(labelled("m", "z"), labelled("a", "b", "z"), labelled("b"));
    expect(joined.security?.labels).toEqual(["a", "m", "z"]);
    expect(Object.isFrozen(joined) && Object.isFrozen(joined.security)).toBe(true);
  });

  const numbered = (from: number, count: number) =>
    labelled(...Array.from({ length: count }, (_, at) => `l${from + at}`));

  const wide = { ...extensionsLimits, labels: 300 };

  it("join up to the limit, and none beyond it", () => {
    const joined = join(numbered(0, 200), numbered(200, 56), none);
    expect(joined.security?.labels).toHaveLength(256);
    const over = join(numbered(0, 200), numbered(200, 57), none);
    expect(over).toMatchObject({ ok: false });
    expect(over).toMatchObject({ refusal: { path: "security.labels", code: "snapshot_limit" } });
    const wider = joinSets(slots, numbered(0, 200), numbered(200, 57), none, may, wide);
    expect(wider).toMatchObject({
      extensions: { security: { labels: { length: 257 } } },
      changed: ["security.labels"],
    });
  });

  it("beyond the limit are reported by the limit", () => {
    const reason = "Expected at most 256 elements in the merged value, got more.";
    const over = join(numbered(0, 200), numbered(200, 57), none);
    expect(over).toMatchObject({ refusal: { reason } });
    // From another manager, with wider limits.
    const labels = Array.from({ length: 257 }, (_, at) => `l${at}`);
    const many = join(
      none,
      createExtensions({ security: { labels } }, { limits: wide }) as never,
      none,
    );
    expect(many).toMatchObject({ refusal: { reason: "Expected at most 256 elements, got more." } });
  });

  it("that the inner run started with do not join", () => {
    const outer = labelled("m");
    expect(join(outer, labelled("given", "m"), labelled("given"))).toBe(outer);
    expect(join(none, labelled("given"), labelled("given"))).toBe(none);
  });

  it("create the slot, with its defaults, if the outer run has none", () => {
    const joined = join(none, labelled("a"), none) as { security?: object };
    const made = createExtensions({ security: { labels: ["a"] } }).security;
    expect(joined.security).toEqual(made);
    expect(Reflect.ownKeys(joined.security ?? {})).toEqual(Reflect.ownKeys(made ?? {}));
  });

  it("do not join for a plugin that may not add them", () => {
    const outer = labelled("m");
    expect(join(outer, labelled("a"), none, 0)).toBe(outer);
  });

  it("that already exist change nothing, nor does a run without additions", () => {
    const outer = labelled("a", "m");
    expect(join(outer, labelled("a"), none)).toBe(outer);
    const inner = labelled("x");
    expect(join(outer, inner, inner)).toBe(outer);
    expect(join(outer, none, labelled("a"))).toBe(outer);
  });

  it("stay hidden if the envelope they join hides them", () => {
    const view = filterFor(slots, 0)(labelled("m"));
    const joined = join(view as never, labelled("a"), none);
    expect(joined.security?.labels).toEqual(["a"]);
    const again = bindStandard(slots).filterExtensions(joined as never, ["read_labels"]) as unknown;
    expect(again).toHaveProperty("security", undefined);
  });
});

describe("nothing else", () => {
  it("joins: neither mutable changes nor a chain that grew", () => {
    const hop = { subject_id: "a", subject_type: "user" } as const;
    const inner = createExtensions({ custom: { a: 1 }, delegation: { chain: [hop] } });
    const all = slots.capabilities.mask(["append_labels", "append_delegation"]);
    expect(join(none, inner as never, none, all)).toBe(none);
  });

  it("joins from a slot that grows as a whole, whose fields derive from its list", () => {
    const table = compileSlots(
      defineSlots({
        trail: {
          tier: "monotonic",
          read: "everyone",
          write: "everyone",
          grows: "steps",
          description: "Of a test.",
          schema: z.object({ steps: stringSet().default([]) }),
        },
        open: {
          tier: "immutable",
          read: "everyone",
          description: "Of a test.",
          schema: z.object({ marks: stringSet().default([]) }),
          fields: { marks: { tier: "monotonic", write: "everyone" } },
        },
      }),
    );
    const host = bindStandard(table) as unknown as { createExtensions(input: object): never };
    const start = host.createExtensions({});
    const inner = host.createExtensions({ trail: { steps: ["s"] }, open: { marks: ["m"] } });
    const { extensions, changed } = joinSets(table, start, inner, start, 0) as Joined;
    expect(extensions.trail).toBe(undefined);
    // Without a gate, anyone who can start a run can add.
    expect(extensions.open).toEqual({ marks: ["m"] });
    expect(changed).toEqual(["open.marks"]);
  });

  it("joins from a host's own slot except its sets, each by its own capability", () => {
    const { table, empty, board } = boardOf(
      "mutable",
      {
        title: z.string().default("untitled"),
        order: z.array(z.string()).default([]),
        pins: stringSet().default([]),
        free: stringSet().default([]),
        marks: stringSet().optional(),
      },
      {
        pins: { tier: "monotonic", read: "read_pins", write: "append_pins" },
        marks: { tier: "monotonic", read: "read_marks", write: "append_marks" },
      },
    );
    const inner = board({ title: "t", order: ["o"], pins: ["p"], free: ["f"], marks: ["m"] });
    const boardAfter = (outer: never, ...grant: string[]) => {
      const mask = table.capabilities.mask(grant);
      return (joinSets(table, outer, inner, empty, mask) as Joined).extensions.board;
    };
    const outer = board({ title: "mine", free: ["own"] });
    expect(boardAfter(outer, "append_pins")).toEqual({
      title: "mine",
      order: [],
      pins: ["p"],
      free: ["own"],
    });
    expect(boardAfter(outer, "append_pins", "append_marks")).toEqual({
      title: "mine",
      order: [],
      pins: ["p"],
      free: ["own"],
      marks: ["m"],
    });
    expect(boardAfter(empty, "append_marks")).toEqual({
      title: "untitled",
      order: [],
      pins: [],
      free: [],
      marks: ["m"],
    });
    expect(boardAfter(outer)).toBe((outer as { board: object }).board);
  });

  it("joins from a slot that can change, which is reported as a whole", () => {
    const pins = stringSet().default([]);
    const { table, empty, board } = boardOf("mutable", { pins }, { pins: { tier: "monotonic" } });
    const { changed } = joinSets(table, empty, board({ pins: ["p"] }), empty, 0) as Joined;
    expect(changed).toEqual(["board"]);
  });
});

describe("sets that a nested run inherited", () => {
  it("are taken from its result, and nothing else of their slot is", () => {
    const grows = { tier: "monotonic", write: "everyone" };
    const { table, board } = boardOf(
      "immutable",
      {
        title: z.string().optional(),
        pins: stringSet().default([]),
        marks: stringSet().optional(),
        notes: stringSet().optional(),
      },
      { pins: grows, marks: grows, notes: grows },
    );
    const given = board({ title: "t", pins: ["own"] });
    const start = board({ title: "t", pins: ["outer", "own"], marks: ["m"] });
    const end = board({ title: "t", pins: ["added", "outer", "own"], marks: ["m"] });
    const { board: left } = withoutSets(table, end, start, given);
    // A set that was absent is absent again, whether it inherited anything or not.
    const absent = { marks: undefined, notes: undefined };
    expect(left).toStrictEqual({ title: "t", pins: ["added", "own"], ...absent });
    expect(Object.isFrozen(left)).toBe(true);
    expect(withoutSets(table, end, given, given).board).toBe((end as { board: object }).board);
  });
});
