// Only in test:all: it samples every generator.
import * as fc from "fast-check";
import * as glassine from "glassine";
import { isGlassineError } from "glassine";
import { defineHook, defineHooks, defineHost, handleOf } from "glassine/host";
import { memoryNode, type memoryNodeHooks } from "glassine/memory-node";
import { type AnyHost, arbitrariesFor, hostileValues, Watch, withPlugins } from "glassine/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";

const standard = arbitrariesFor(glassine);
const some = { numRuns: 50, seed: 3 };

describe("arbitrariesFor", () => {
  it("makes documents that are accepted, and envelopes", () => {
    fc.assert(
      fc.property(standard.documents, (document) => {
        glassine.createExtensions(document);
      }),
      some,
    );
    const envelopes = fc.sample(standard.extensions, some);
    expectTypeOf(envelopes).toEqualTypeOf<glassine.Extensions[]>();
    for (const envelope of envelopes) expect(glassine.createExtensions(envelope)).toBe(envelope);
    // Each slot occurs in some of them.
    for (const slot of Object.keys(glassine.slotNames))
      expect(envelopes.some((envelope) => Reflect.get(envelope, slot) !== undefined)).toBe(true);
  });

  it("makes documents that are accepted if the user of fast-check wants larger values", () => {
    const before = fc.readConfigureGlobal();
    fc.configureGlobal({ ...before, baseSize: "medium" });
    try {
      const larger = fc.sample(arbitrariesFor(glassine, {}).documents, { numRuns: 300, seed: 4 });
      for (const document of larger) glassine.createExtensions(document);
      const chains = larger.map(({ delegation }) => delegation?.chain?.length ?? 0);
      expect(Math.max(...chains)).toBeGreaterThan(10);
    } finally {
      fc.configureGlobal(before);
    }
  });

  it("makes grants of the slots' capabilities, none to all", () => {
    const grants = fc.sample(standard.capabilities, some);
    expectTypeOf(grants).toEqualTypeOf<(readonly glassine.Capability[])[]>();
    const all = glassine.resolveCapabilities([...new Set(grants.flat())]);
    expect(all).toEqual(Object.keys(glassine.capabilities).sort());
  });

  it("makes grants that a host with services takes", () => {
    const services = {
      "limits.read": {
        accessor: "getLimits",
        handle: "limits",
        description: "Reads limits.",
        type: handleOf<{ max(): number }>(),
      },
    } as const;
    const host = defineHost({ services });
    const { extensions, capabilities } = arbitrariesFor(host);
    expectTypeOf(capabilities).toEqualTypeOf<fc.Arbitrary<readonly glassine.Capability[]>>();
    fc.assert(
      fc.property(extensions, capabilities, (envelope, grant) => {
        host.filterExtensions(envelope, grant);
      }),
      some,
    );
  });

  it("makes labels and headers that are accepted", () => {
    fc.assert(
      fc.property(standard.labels, standard.headers, standard.json, (label, headers, json) => {
        const security = { labels: [label] };
        glassine.createExtensions({ security, http: { headers }, custom: { json: json as never } });
      }),
      some,
    );
  });

  it("makes proposals: some change something, some change nothing, and some are refused", () => {
    const came = { changed: 0, same: 0, ignored: 0, refused: 0 };
    const [envelope] = fc.sample(standard.extensions, { numRuns: 1, seed: 9 });
    if (envelope === undefined) return expect.unreachable();
    const grant = ["append_labels", "write_headers"] as const;
    const view = glassine.filterExtensions(envelope, grant);
    for (const proposal of fc.sample(standard.proposals(view), { numRuns: 300, seed: 3 })) {
      try {
        const { extensions, rejections } = glassine.mergeExtensions(envelope, proposal, grant);
        came[extensions === envelope ? "same" : "changed"] += 1;
        if (rejections.length > 0) came.ignored += 1;
      } catch (error) {
        expect(isGlassineError(error)).toBe(true);
        came.refused += 1;
      }
    }
    for (const count of Object.values(came)) expect(count).toBeGreaterThan(10);
  });

  it("makes hostile proposals whose code does not run, even when they are printed", () => {
    const view = glassine.filterExtensions(glassine.createExtensions({}), []);
    let refused = 0;
    for (const bad of fc.sample(standard.hostileProposals(view), { numRuns: 300, seed: 3 })) {
      expect(fc.stringify(bad)).toBe(bad.hostile.name);
      let isRefused = false;
      try {
        glassine.mergeExtensions(glassine.createExtensions({}), bad.proposal, []);
      } catch {
        isRefused = true;
      }
      if (isRefused) refused += 1;
      else expect(bad.hostile.verdict).toBe("harmless");
      expect(bad.watch.ran).toBe(0);
    }
    expect(refused).toBeGreaterThan(200);
  });

  it.each(Object.keys(glassine.hookNames) as glassine.HookName[])(
    "makes payloads that %s accepts",
    async (hook) => {
      await withPlugins([], async (manager) => {
        for (const payload of fc.sample(standard.payloads(hook), { numRuns: 20, seed: 3 }))
          await manager.invoke(hook, payload as never);
      });
    },
  );

  const node = arbitrariesFor(memoryNode);
  it.each(Object.keys(memoryNode.hookNames) as (keyof typeof memoryNodeHooks)[])(
    "makes payloads and facts that %s of the memory node accepts",
    async (hook) => {
      const cases = fc.tuple(node.payloads(hook), node.operations(hook));
      const { createPluginManager } = memoryNode;
      await withPlugins(
        [],
        async (manager) => {
          for (const [payload, operation] of fc.sample(cases, { numRuns: 20, seed: 3 }))
            await manager.invoke(
              hook as never,
              payload as never,
              (operation === undefined ? {} : { operation }) as never,
            );
        },
        { createPluginManager },
      );
    },
  );

  it("types payloads by the hook", () => {
    const [call] = fc.sample(standard.payloads("tool_pre_invoke"), 1);
    expectTypeOf(call?.name).toEqualTypeOf<string | undefined>();
    const [list] = fc.sample(node.payloads("recall_rank"), 1);
    expect(Array.isArray(list)).toBe(true);
  });

  it("types facts by the hook, and knows which hooks need none", async () => {
    const facts = fc.sample(node.operations("recall_filter"), 10);
    expectTypeOf(facts).items.toHaveProperty("requestId").toEqualTypeOf<string>();
    expectTypeOf(node.operations("pre_recall_authorize")).toEqualTypeOf<fc.Arbitrary<undefined>>();
    expectTypeOf(standard.operations("evaluate")).toEqualTypeOf<fc.Arbitrary<undefined>>();
    const unknown = (anyHost: AnyHost) => arbitrariesFor(anyHost).operations("vote");
    expectTypeOf(unknown).returns.toEqualTypeOf<fc.Arbitrary<unknown>>();
    const manager = await memoryNode.createPluginManager({ plugins: [] });
    for (const operation of facts)
      expect(await manager.invoke("recall_filter", [], { operation })).toEqual([]);
    expect(fc.sample(node.operations("pre_recall_authorize"), 2)).toEqual([undefined, undefined]);
  });
});

describe("schemas of a host", () => {
  const payload = z.object({
    word: z.string().min(2).max(4),
    code: z.string().regex(/^[A-Z]{2}-\d{3}$/),
    mail: z.email(),
    id: z.uuid(),
    day: z.iso.date(),
    at: z.iso.datetime(),
    link: z.url(),
    start: z.string().startsWith("ab"),
    exact: z.string().length(9),
    count: z.int().min(-3).max(3),
    share: z.number().gt(0).lt(1),
    tens: z.number().int().multipleOf(10),
    pair: z.tuple([z.string(), z.number()]),
    list: z.array(z.boolean()).min(2).max(3),
    maybe: z.string().nullable(),
    kind: z.union([z.literal("a"), z.literal(7)]),
    tree: z.array(z.lazy((): z.ZodType => z.object({ leaf: z.string() }))),
  });
  const hooks = {
    ordered: defineHook({ semantic: "voting", description: "Ordered.", payload }),
    ranged: defineHook({
      semantic: "voting",
      description: "Ranged.",
      payload: z
        .object({ from: z.number(), to: z.number() })
        .refine(({ from, to }) => from <= to, "from not above to"),
    }),
  };
  const host = defineHost({ hooks });

  it("have values of every format, length, range, shape and refinement", async () => {
    const { payloads } = arbitrariesFor(host);
    const { createPluginManager } = host;
    await withPlugins(
      [],
      async (manager) => {
        for (const hook of ["ordered", "ranged"] as const)
          for (const value of fc.sample(payloads(hook), { numRuns: 50, seed: 3 }))
            expect(await manager.invoke(hook, value as never)).toMatchObject({ allow: true });
      },
      { createPluginManager },
    );
  });

  it("may be any JSON, which nests without an object", () => {
    const hooks = defineHooks({
      any: { semantic: "filter_chain", description: "Any value.", payload: z.json() },
    });
    const host = defineHost({ hooks });
    const { payloads } = arbitrariesFor(host);
    const values = fc.sample(payloads("any"), some).map((value) => typeof value);
    expect(new Set(values)).toEqual(new Set(["string", "number", "boolean", "object"]));
  });

  it("may say which keys a record has", () => {
    const prefs = z.object({
      all: z.record(z.enum(["one", "two"]), z.boolean()),
      some: z.partialRecord(z.enum(["one", "two"]), z.boolean()),
      named: z.record(z.string().regex(/^x-[a-z]{3}$/), z.boolean()),
    });
    const hooks = defineHooks({ ask: { semantic: "voting", description: "Ask.", payload: prefs } });
    const { payloads } = arbitrariesFor(defineHost({ hooks }));
    const drawn = fc.sample(payloads("ask"), some);
    for (const { all } of drawn) expect(Object.keys(all)).toEqual(["one", "two"]);
    expect(drawn.some((each) => Object.keys(each.some).length > 0)).toBe(true);
    expect(drawn.some(({ named }) => Object.keys(named).length > 0)).toBe(true);
  });

  it("use the values given for them", () => {
    const given = { from: 1, to: 2 };
    const { payloads } = arbitrariesFor(host, { payloads: { ranged: fc.constant(given) } });
    expect(fc.sample(payloads("ranged"), 3)).toEqual([given, given, given]);
    const slots = {
      lottery: {
        tier: "immutable",
        read: "everyone",
        description: "Hard to win.",
        schema: z.object({ ticket: z.string().refine((text) => text === "4711-0815-42") }),
      },
    } as const;
    const winning = { lottery: fc.constant({ ticket: "4711-0815-42" }) };
    const { extensions } = arbitrariesFor(defineHost({ slots }), { values: winning });
    const won = fc.sample(extensions, some).filter(({ lottery }) => lottery !== undefined);
    expect(won.length).toBeGreaterThan(5);
  });

  it("without any value are named", () => {
    const never = {
      never: defineHook({
        semantic: "voting",
        description: "Never.",
        payload: z.object({ a: z.string() }).refine(() => false),
      }),
    };
    const { payloads } = arbitrariesFor(defineHost({ hooks: never }));
    expect(() => payloads("never")).toThrow('generated for the payload of "never" was accepted');
  });

  it("are named with slot or hook and field, where the kit cannot guess one", () => {
    const code = z.string().refine((text) => text === "XX00 0000 0000");
    const own = { tier: "mutable", read: "everyone", write: "everyone", description: "A note." };
    const slots = { note: { ...own, schema: z.object({ owner: z.object({ code }) }) } } as never;
    expect(() => arbitrariesFor(defineHost({ slots }))).toThrow(
      "generated for note.owner.code (a string or number with rules of its own) was accepted",
    );
    const payload = z.object({ code, at: z.date() });
    const hooks = defineHooks({ pay: { semantic: "voting", description: "Pay?", payload } });
    const { payloads } = arbitrariesFor(defineHost({ hooks }));
    expect(() => payloads("pay")).toThrow('generated for the payload of "pay".code (a string');
    const dated = z.object({ at: z.date() });
    const later = defineHooks({ pay: { semantic: "voting", description: "Pay?", payload: dated } });
    const ofLater = arbitrariesFor(defineHost({ hooks: later }));
    expect(() => ofLater.payloads("pay")).toThrow(
      'Cannot generate values for a schema of type date at the payload of "pay".at. Pass',
    );
  });

  it("of another host are refused", () => {
    const { payloads } = arbitrariesFor(host);
    expect(() => payloads("orderd" as never)).toThrow('Did you mean "ordered"');
    expect(() => arbitrariesFor({ ...host })).toThrow("That is not a host: pass what");
  });
});

describe("hostileValues", () => {
  it("are of every kind, each with its own name", () => {
    const names = hostileValues().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const kinds = ["getter", "proxy", "class instance", "symbol key", "cycle", "deep", "wide"];
    expect(names).toEqual(expect.arrayContaining(kinds));
  });

  it("count how often their code runs", () => {
    const watch = new Watch();
    const getter = hostileValues()
      .find(({ name }) => name === "getter")
      ?.make(watch);
    expect(() => (getter as { labels: unknown }).labels).toThrow("code of a hostile value ran");
    expect(watch.ran).toBe(1);
  });
});

it.each([undefined, null, 5, ["tool_pre_invoke"], Symbol("tool_pre_invoke")])(
  "payloads and operations of %o: there is no such hook",
  (hook) => {
    const { payloads, operations } = arbitrariesFor(glassine);
    const unknown = expect.objectContaining({
      code: "hook_unknown",
      message: expect.stringContaining("The host has no hook "),
    });
    expect(() => payloads(hook as never)).toThrow(unknown);
    expect(() => operations(hook as never)).toThrow(unknown);
  },
);
