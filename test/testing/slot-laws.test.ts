// Only in test:all: it plants faults and runs every law on them.
import * as glassine from "glassine";
import { defineHost, jsonObject, labelSet } from "glassine/host";
import { type AnyHost, type Law, type LawOptions, slotLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const run = { numRuns: 60, seed: 5, shrinkingMs: 100 };

/** Returns the laws that do not hold, each with its message: of all laws, or of those named. */
async function brokenOf(
  laws: readonly Law[],
  { ids, ...rest }: LawOptions & { readonly ids?: readonly string[] } = {},
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { id, check } of laws) {
    if (ids?.includes(id) === false) continue;
    await check({ ...run, ...rest }).catch((error: Error) => found.set(id, error.message));
  }
  return found;
}

/** Returns the laws for a host with one slot besides the standard ones. */
function hostWith(slot: object): readonly Law[] {
  const slots = {
    mine: {
      tier: "mutable",
      read: "everyone",
      write: "everyone",
      description: "Mine.",
      ...slot,
    },
  } as never;
  return slotLaws(defineHost({ slots }));
}

describe("a host that keeps its promises", () => {
  it("breaks no law: schemas with rules, transforms, defaults and gates", async () => {
    const slots = {
      billing: {
        tier: "mutable",
        read: "read_billing",
        write: "write_billing",
        description: "Who pays.",
        schema: z.object({
          account: z.string().min(3).max(12),
          plan: z.enum(["free", "paid"]).default("free"),
          code: z
            .string()
            .regex(/^[A-Z]{2}-\d{3}$/)
            .optional(),
          share: z.number().min(0).max(1).optional(),
          mail: z.email().optional(),
          slug: z
            .string()
            .transform((text) => text.trim())
            .optional(),
        }),
      },
      flags: {
        tier: "immutable",
        read: "everyone",
        description: "Marks, and who set them.",
        schema: z.object({ marks: labelSet().default([]), notes: jsonObject().optional() }),
        fields: { marks: { tier: "monotonic", read: "read_marks", write: "append_marks" } },
      },
    } as const;
    const laws = slotLaws(defineHost({ slots }));
    expect(await brokenOf(laws)).toEqual(new Map());
  });

  it("breaks no law with defaults in a level that is absent until a field differs from them", async () => {
    const slots = {
      review: {
        tier: "immutable",
        read: "everyone",
        description: "What was found.",
        schema: z.object({ state: z.string().default("new"), more: jsonObject().default({}) }),
        fields: {
          state: { tier: "mutable", write: "everyone" },
          more: { tier: "mutable", write: "everyone" },
        },
      },
    } as const;
    const laws = slotLaws(defineHost({ slots }));
    expect(await brokenOf(laws, { ids: ["L12", "L35"] })).toEqual(new Map());
  });
});

describe("a fault of a table is found", () => {
  it("a transform that changes its own result", async () => {
    const schema = z.object({ text: z.string().transform((text) => `${text}!`) });
    const found = await brokenOf(hostWith({ schema }));
    expect([...found.keys()]).toEqual(expect.arrayContaining(["L21", "L28"]));
    expect(found.get("L21")).toMatch(/^L21 does not hold: .*\nThe copy at mine\.text: expected/);
    expect(found.get("L21")).toContain("seed: 5");
  });

  it("a default that differs each time", async () => {
    let count = 0;
    const number = z.number().default(() => ++count);
    const found = await brokenOf(hostWith({ schema: z.object({ number }) }));
    expect([...found.keys()]).toContain("L37");
  });

  it("a derived part that is random", async () => {
    const schema = z.object({
      list: z.array(z.string()).default([]),
      sum: z.number().default(0),
    });
    let count = 0;
    const slot = { tier: "monotonic", grows: "list", schema, derive: () => ({ sum: ++count }) };
    const found = await brokenOf(hostWith(slot));
    expect([...found.keys()]).toContain("L7");
  });

  it.each([
    ["throws", "threw"],
    ["returns what does not fit", "returned what the schema does not accept: sum: expected"],
  ])("a `derive` that %s for some lists", async (what, text) => {
    const schema = z.object({
      list: z.array(z.string()).default([]),
      sum: z.number().default(0),
    });
    const derive = ({ list }: { readonly list: readonly unknown[] }) => {
      if (what === "throws" && list.length > 0) throw new Error("No sum");
      return { sum: list.length > 0 ? "none" : 0 };
    };
    const slot = { tier: "monotonic", grows: "list", schema, derive };
    const found = await brokenOf(hostWith(slot), { ids: ["L15", "L16", "L21", "L24"] });
    expect([...found.keys()]).toEqual(expect.arrayContaining(["L16", "L21", "L24"]));
    for (const message of found.values())
      expect(message).toContain(`The \`derive\` of the slot "mine" ${text}`);
  });
});

describe("a fault of the functions is found", () => {
  const host: AnyHost = glassine;
  const lawsOf = (changes: object) => slotLaws({ ...host, ...changes } as AnyHost);
  /** A merge that ignores what is proposed for a slot, and says nothing of it. */
  const mergeWithout =
    (slot: string) =>
    (current: never, returned: object, ...rest: never[]) => {
      const proposed = typeof returned === "object" ? { ...returned, [slot]: undefined } : returned;
      return glassine.mergeExtensions(current, proposed, ...(rest as unknown as [never]));
    };

  it("a filter that shows everything", async () => {
    const filterExtensions = (extensions: glassine.Extensions) => ({ ...extensions });
    const found = await brokenOf(lawsOf({ filterExtensions }));
    expect([...found.keys()]).toEqual(expect.arrayContaining(["L3", "L5", "L26"]));
  });

  it("a filter that shows a hidden slot: what is reported is short, and says where", async () => {
    const filterExtensions = (extensions: glassine.Extensions, grant: glassine.Capability[]) => ({
      ...glassine.filterExtensions(extensions, grant),
      http: extensions.http,
    });
    const found = await brokenOf(lawsOf({ filterExtensions }), { ids: ["L5"] });
    const [, why = "", , , counterexample = ""] = found.get("L5")?.split("\n") ?? [];
    expect(why).toMatch(
      /^With \[[a-z_,]*\] the view at http[\].[a-zA-Z_"-]*: expected .+, got .+\.$/,
    );
    expect(counterexample).toMatch(/^Counterexample: /);
    expect(counterexample).not.toContain("undefined");
    expect(found.get("L5")).not.toContain("Hint");
    expect(found.get("L5")?.length).toBeLessThan(1500);
  });

  it("a merge that accepts everything", async () => {
    const mergeExtensions = (current: glassine.Extensions, returned: object | null) => ({
      extensions: { ...current, ...returned },
      rejections: [],
    });
    const found = await brokenOf(lawsOf({ mergeExtensions }));
    const expected = ["L10", "L11", "L12", "L13", "L14", "L16", "L20", "L25", "L26"];
    expect([...found.keys()]).toEqual(expect.arrayContaining(expected));
  });

  it("a merge that adds a label of its own, and one that loses added labels", async () => {
    const merged = (change: (extensions: glassine.Extensions) => glassine.Extensions) =>
      lawsOf({
        mergeExtensions: (...args: Parameters<typeof glassine.mergeExtensions>) => {
          const { extensions, rejections } = glassine.mergeExtensions(...args);
          const changed = extensions === args[0] ? extensions : change(extensions as never);
          return { extensions: changed, rejections };
        },
      });
    const adding = await brokenOf(merged((extensions) => glassine.addLabels(extensions, "MORE")));
    expect([...adding.keys()]).toEqual(expect.arrayContaining(["L14", "L15"]));
    const forgetting = await brokenOf(
      merged((extensions) => glassine.createExtensions({ ...extensions, security: null })),
    );
    expect([...forgetting.keys()]).toEqual(expect.arrayContaining(["L13", "L15"]));
  });

  it.each<[string, string, string, typeof glassine.withSlots]>([
    [
      "that drops labels",
      "L13",
      "security.labels lost ",
      (before, changes) => {
        const after = glassine.withSlots(before, changes);
        const { labels: _, ...rest } = after.security ?? {};
        return glassine.createExtensions({ ...after, security: rest });
      },
    ],
    [
      "that lets the host take labels away",
      "L13",
      "security.labels lost ",
      (before, changes) => glassine.createExtensions({ ...before, ...changes }),
    ],
    [
      "that drops the chain",
      "L16",
      "delegation.chain[0] is a different object.",
      (before, changes) =>
        glassine.createExtensions({ ...glassine.withSlots(before, changes), delegation: null }),
    ],
  ])("a replacement of slots %s (%s)", async (_fault, id, message, withSlots) => {
    const found = await brokenOf(lawsOf({ withSlots }), { ids: ["L13", "L16"] });
    expect(found.get(id)).toContain(message);
  });

  it("a merge that lets readers of headers write them", async () => {
    const mergeExtensions: typeof glassine.mergeExtensions = (current, returned, grant, options) =>
      glassine.mergeExtensions(
        current,
        returned,
        grant.includes("read_headers") ? [...grant, "write_headers"] : grant,
        options,
      );
    const found = await brokenOf(lawsOf({ mergeExtensions }), { ids: ["L12"], numRuns: 300 });
    expect(found.get("L12")).toMatch(/\nWith \[[a-z_,]+\] http\.[a-z_]+ was /);
  });

  it.each([
    [
      "a filter that shows nothing",
      "L4",
      { filterExtensions: () => glassine.createExtensions({}) },
    ],
    ["a writer that writes nothing", "L28", { encodeExtensions: () => "{}" }],
    [
      "a merge that reports nothing",
      "L20",
      {
        mergeExtensions: (...args: Parameters<typeof glassine.mergeExtensions>) => ({
          ...glassine.mergeExtensions(...args),
          rejections: [],
        }),
      },
    ],
    [
      "a merge that is never strict",
      "L20",
      {
        mergeExtensions: (
          ...[current, returned, grant, options]: Parameters<typeof glassine.mergeExtensions>
        ) =>
          glassine.mergeExtensions(current, returned, grant, {
            ...options,
            strict: false,
          }),
      },
    ],
    [
      "a merge that is always strict",
      "L20",
      {
        mergeExtensions: (
          ...[current, returned, grant, options]: Parameters<typeof glassine.mergeExtensions>
        ) => glassine.mergeExtensions(current, returned, grant, { ...options, strict: true }),
      },
    ],
    ["a merge that never appends a hop", "L16", { mergeExtensions: mergeWithout("delegation") }],
    ["a merge that never writes a header", "L35", { mergeExtensions: mergeWithout("http") }],
    [
      "a reader that is never strict",
      "L28",
      { decodeExtensions: (input: unknown) => glassine.decodeExtensions(input) },
    ],
    [
      "a reader that is always strict",
      "L28",
      { decodeExtensions: (input: unknown) => glassine.decodeExtensions(input, { strict: true }) },
    ],
    [
      "a reader that takes what it cannot read for nothing",
      "L28",
      {
        decodeExtensions: (...args: Parameters<typeof glassine.decodeExtensions>) => {
          try {
            return glassine.decodeExtensions(...args);
          } catch (error) {
            if (args[1]?.strict === true) throw error;
            return glassine.decodeExtensions({});
          }
        },
      },
    ],
    [
      "a merge that replaces maps as a whole",
      "L35",
      {
        mergeExtensions: (
          ...[current, returned, grant]: Parameters<typeof glassine.mergeExtensions>
        ) =>
          glassine.mergeExtensions(current, returned, grant, {
            view: glassine.filterExtensions(current as glassine.Extensions, grant),
          }),
      },
    ],
    [
      "slots that are replaced by none",
      "L21",
      { withSlots: (extensions: glassine.Extensions) => extensions },
    ],
  ])("%s (%s)", async (_fault, id, changes) => {
    expect([...(await brokenOf(lawsOf(changes), { ids: [id] })).keys()]).toEqual([id]);
  });

  it("a reader that runs getters", async () => {
    const createExtensions = (input: object) =>
      glassine.createExtensions(JSON.parse(JSON.stringify(input)) as object);
    const found = await brokenOf(lawsOf({ createExtensions }));
    expect([...found.keys()]).toContain("L24");
  });

  it("a reader that loses a slot, and names that are resolved wrong", async () => {
    const decodeExtensions = (text: string) => {
      const { extensions, dropped } = glassine.decodeExtensions(text);
      return { extensions: glassine.createExtensions({ ...extensions, custom: null }), dropped };
    };
    expect([...(await brokenOf(lawsOf({ decodeExtensions }))).keys()]).toEqual(["L28"]);
    const resolveCapabilities = (names: readonly string[]) => [...names].sort();
    expect([...(await brokenOf(lawsOf({ resolveCapabilities }))).keys()]).toEqual(["L31"]);
  });
});

describe("a law", () => {
  const [first] = slotLaws() as readonly [Law];

  it("runs the given number of times, from the given seed", async () => {
    let calls = 0;
    const filterExtensions: unknown = (...args: Parameters<typeof glassine.filterExtensions>) => {
      calls += 1;
      return glassine.filterExtensions(...args);
    };
    const host = { ...glassine, filterExtensions } as AnyHost;
    await slotLaws(host)[0]?.check({ numRuns: 7 });
    expect(calls).toBe(14);
  });

  it("fails with the same case for the same seed", async () => {
    const laws = slotLaws({
      ...glassine,
      filterExtensions: () => ({}),
    } as unknown as AnyHost);
    const fails = () =>
      laws
        .find(({ id }) => id === "L4")
        // The default time for shrinking: if cut short, it could end at different cases.
        ?.check({ numRuns: 60, seed: 5 })
        .catch(String);
    expect(await fails()).toContain("The slots of the view at [0]: expected");
    expect(await fails()).toBe(await fails());
  });

  it("replays a failure from what it prints", async () => {
    let calls = 0;
    const laws = slotLaws({
      ...glassine,
      filterExtensions: () => {
        calls += 1;
        return {};
      },
    } as unknown as AnyHost);
    const failsWith = (options: LawOptions) =>
      laws
        .find(({ id }) => id === "L4")
        ?.check(options)
        .then(() => "holds", String);
    const first = String(await failsWith({ numRuns: 60, seed: 5 }));
    const [, seed, path] =
      /\{ seed: (-?\d+), path: "([\d:]+)", endOnFailure: true \}/.exec(first) ?? [];
    expect(path).toMatch(/^\d+:\d/);

    calls = 0;
    const again = await failsWith({ seed: Number(seed), path: String(path), endOnFailure: true });
    const counterexample = /\nCounterexample: .*/;
    expect(again).toContain(counterexample.exec(first)?.[0]);
    expect(again).toContain(`path: "${path}"`);
    expect(again).toContain("Property failed after 1 tests");
    expect(calls).toBe(1);
    expect(await failsWith({ seed: Number(seed), path: String(path) })).toContain(
      counterexample.exec(first)?.[0],
    );
  });

  it.each([
    [{ runs: 7 }, 'no option "runs"'],
    [{ shrinkingMs: 0 }, "shrinkingMs must be a whole number"],
    [{ numRuns: 0 }, "numRuns must be a whole number above 0"],
    [{ numRuns: Number.NaN }, "numRuns must be a whole number above 0"],
    [7, "options in an object"],
  ])("refuses the options %o", async (options, message) => {
    await expect(first.check(options as never)).rejects.toThrow(message);
  });
});

describe("what slotLaws refuses", () => {
  const slots = {
    billing: {
      tier: "immutable",
      read: "read_billing",
      description: "Who pays.",
      schema: z.object({ account: z.string() }),
    },
  } as const;
  const host = defineHost({ slots });
  const lottery = {
    lottery: {
      tier: "immutable",
      read: "everyone",
      description: "Hard to win.",
      schema: z.object({ ticket: z.string().refine((text) => text === "4711-0815-42") }),
    },
  } as const;

  it.each([
    ["a copy of a host, which has no tables", { ...host }, {}, "That is not a host: pass what"],
    ["an unknown option", host, { slots }, 'no option "slots"'],
    [
      "values that are null",
      host,
      { values: null },
      "expects values to be an object with an entry",
    ],
    ["values that are a list", host, { values: [] }, "for each name, got array."],
    [
      "values that are no arbitrary",
      host,
      { values: { billing: { account: "acme" } } },
      'Expected an arbitrary of fast-check for the slot "billing", got object.',
    ],
    [
      "a slot of which no value is found",
      defineHost({ slots: lottery }),
      {},
      " was accepted. Pass values that are",
    ],
  ])("%s", (_, other, tables, message) => {
    expect(() => slotLaws(other as AnyHost, tables as never)).toThrow(message);
    expect(() => slotLaws(other as AnyHost, tables as never)).toThrow(
      expect.objectContaining({ code: "options_invalid" }),
    );
  });
});
