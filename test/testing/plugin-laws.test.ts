// Only in test:all: it plants faults and runs every law on them.
import * as fc from "fast-check";
import * as glassine from "glassine";
import {
  addLabels,
  allow,
  createPluginManager,
  definePlugin,
  deny,
  type Extensions,
} from "glassine";
import { defineHooks, defineHost, handleOf } from "glassine/host";
import * as memoryNodeModule from "glassine/memory-node";
import { definePlugin as defineNodePlugin, memoryNode } from "glassine/memory-node";
import { type LawOptions, type PluginUnderTest, pluginLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const numRuns = 30;
const run = { numRuns, seed: 11, shrinkingMs: 100 };

/** Returns the laws that a plugin breaks, each with its message: of all laws, or of those named. */
async function brokenBy(
  test: PluginUnderTest,
  { ids, ...rest }: LawOptions & { readonly ids?: readonly string[] } = {},
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { id, check } of pluginLaws(test)) {
    if (ids?.includes(id) === false) continue;
    await check({ ...run, ...rest }).catch((error: Error) => found.set(id, error.message));
  }
  return found;
}

const none = new Map();
const about = { name: "under-test", version: "1.0.0" };

describe("a plugin with conditions", () => {
  const throws = (conditions: object, hook = "tool_pre_invoke") => {
    const handler = () => {
      throw new Error("broken");
    };
    const hooks = { [hook]: { conditions, handler } };
    return definePlugin({ ...about, hooks } as never);
  };

  it.each([
    { tenants: ["*"] },
    { tenants: ["acme/*"] },
    { servers: ["crm-**"] },
    { tenants: ["acme"], servers: ["crm"] },
  ])("is called by a caller of %j", async (conditions) => {
    const broken = await brokenBy({ plugin: throws(conditions) });
    expect([...broken.keys()]).toEqual(["P1"]);
    expect(broken.get("P1")).toContain("broken");
  });

  it("that match no call breaks every law: nothing was tried on it", async () => {
    const plugin = throws({ prompts: ["a-name-of-its-own"] }, "prompt_pre_fetch");
    const broken = await brokenBy({ plugin });
    expect([...broken.keys()]).toEqual(pluginLaws({ plugin }).map(({ id }) => id));
    expect(broken.get("L36")).toMatch(
      /^None of \d+ calls reached a handler of the plugin: its cond/,
    );
    const payloads = { prompt_pre_fetch: fc.constant({ prompt_id: "a-name-of-its-own" }) };
    expect([...(await brokenBy({ plugin, payloads })).keys()]).toEqual(["P1"]);
  });
});

describe("a plugin without a deadline", () => {
  it("that never settles breaks L36 after a second", async () => {
    const handler = () => new Promise<undefined>(() => {});
    const plugin = definePlugin({
      ...about,
      hooks: { evaluate: { timeoutMs: null, handler: handler as never } },
    });
    const law = pluginLaws({ plugin }).find(({ id }) => id === "L36");
    await expect(law?.check({ numRuns: 1, shrinkingMs: 1 })).rejects.toThrow("it took too long");
  });
});

it("a law takes undefined for an option that is not given, in types and at run time", async () => {
  const plugin = definePlugin({ ...about, hooks: { tool_pre_invoke: () => undefined } });
  const [law] = pluginLaws({ plugin });
  const none = undefined;
  const options = { seed: none, path: none, endOnFailure: none, shrinkingMs: none };
  await expect(law?.check({ numRuns: 1, ...options })).resolves.toBeUndefined();
});

describe("an honest plugin keeps its laws", () => {
  it("one that labels, denies and changes what it may", async () => {
    const plugin = definePlugin({
      ...about,
      capabilities: ["append_labels", "write_headers", "read_subject"],
      hooks: {
        tool_pre_invoke(payload, _context, extensions) {
          if (payload.name === "a") return deny("not a");
          const { id } = extensions.security.subject ?? {};
          const labelled = addLabels(extensions, "SEEN");
          return {
            modifiedPayload: { ...payload, args: {} },
            modifiedExtensions: { ...labelled, custom: { known: id !== undefined } },
          };
        },
        message_pre_invoke: (message) => ({ metadata: { parts: message.content.length } }),
      },
    });
    expect(await brokenBy({ plugin })).toEqual(none);
  });

  it("one of the memory node, over hooks of every semantic", async () => {
    const plugin = defineNodePlugin({
      ...about,
      hooks: {
        pre_assert_authorize: ({ req }) => (req.source === "a" ? deny("not a") : allow()),
        pre_assert_transform: (request) => request,
        recall_rank: (list) => Object.fromEntries(list.map(({ id }) => [id, 1])),
        post_assert_audit: (_facts) => undefined,
      },
    });
    const test = { plugin, host: memoryNode };
    expect(await brokenBy(test)).toEqual(none);
  });

  it("L8: one that sees nothing, and fails with the words of a hidden header", async () => {
    const plugin = defineNodePlugin({
      ...about,
      hooks: {
        pre_assert_authorize: (_request) => {
          throw new Error("id-1 is no user");
        },
      },
    });
    const test = { plugin, host: memoryNode };
    expect([...(await brokenBy(test)).keys()]).toEqual(["P1"]);
  });

  it("one that asks for a service of its host, with the service among the options", async () => {
    const host = defineHost({
      services: {
        "limits.read": {
          accessor: "getLimits",
          handle: "limits",
          description: "Reads limits.",
          type: handleOf<{ max(): number }>(),
        },
      },
    });
    const plugin = host.definePlugin({
      ...about,
      capabilities: ["limits.read"],
      hooks: {
        tool_pre_invoke: (payload, context) =>
          payload.name.length > (context.getLimits() as { max(): number }).max()
            ? deny("too long")
            : undefined,
      },
    });
    const options = { services: { limits: { max: () => 3 } } };
    expect(await brokenBy({ plugin, host, options })).toEqual(none);
    // Without the service, the plugin fails, which the first law reports.
    expect((await brokenBy({ plugin, host })).get("P1")).toContain("TypeError");
  });
});

describe("what the plugin needs beside it", () => {
  let ran = 0;
  const limits = definePlugin({
    name: "limits",
    version: "1.0.0",
    capabilities: ["read_subject", "append_labels"],
    hooks: {
      tool_pre_invoke: (_payload, _context, extensions) => {
        ran += 1;
        return extensions.security.subject === undefined ? deny("nobody") : undefined;
      },
    },
  });
  const config = { "under-test": { word: "a" } };
  const needy = definePlugin({
    ...about,
    dependsOn: ["limits"],
    configSchema: z.object({ word: z.string() }),
    hooks: {
      tool_pre_invoke: ({ name }, context) =>
        name === (context.config as { word: string }).word ? deny("not this one") : undefined,
    },
  });

  it("is registered with it, and has no influence", async () => {
    expect(await brokenBy({ plugin: needy, others: [limits], options: { config } })).toEqual(none);
    expect(ran).toBe(0);
  });

  it.each([
    [{ plugin: needy, options: { config } }, "PluginDependencyError", "dependency_unresolved"],
    [{ plugin: needy, others: [limits] }, "ManifestError", "manifest_invalid"],
  ])("is reported as missing by the host's error, not by a law (%#)", async (test, name, code) => {
    for (const { check } of pluginLaws(test))
      await expect(check(run)).rejects.toMatchObject({ name, code });
  });
});

describe("a planted fault is found", () => {
  it("P1: it throws on some input", async () => {
    const plugin = definePlugin({
      ...about,
      hooks: {
        tool_pre_invoke: ({ args }) => {
          if (Object.keys(args).length > 2) throw new RangeError("too many");
        },
      },
    });
    const found = await brokenBy({ plugin });
    expect([...found.keys()]).toEqual(["P1"]);
    expect(found.get("P1")).toContain("P1 does not hold: On valid input it throws nothing");
    expect(found.get("P1")).toContain("On tool_pre_invoke it failed: RangeError: too many");
    expect(found.get("P1")).toMatch(/seed: 11, path: "[\d:]+"/);
  });

  describe("P1: it throws on values far from the usual", () => {
    const payload = z.object({
      amount: z.number(),
      count: z.int(),
      fee: z.number().max(10),
      parts: z.array(z.string()),
    });
    const hooks = defineHooks({ pay: { semantic: "message", description: "Pay.", payload } });
    const host = defineHost({ hooks });
    type Payment = Readonly<Record<"amount" | "count" | "fee", number>> & {
      readonly parts: readonly string[];
    };
    const first = { ids: ["P1"], numRuns: 100 };
    const isHard: readonly (readonly [string, (payment: Payment) => boolean])[] = [
      ["an amount above 255", ({ amount }) => amount > 255],
      ["an amount below 0", ({ amount }) => amount < 0],
      ["a large fraction", ({ amount }) => amount > 300 && !Number.isInteger(amount)],
      ["a count above 255", ({ count }) => count > 255],
      ["a count below 0", ({ count }) => count < 0],
      ["a fee below -300", ({ fee }) => fee < -300],
      ["more than 3 parts", ({ parts }) => parts.length > 3],
    ];

    it.each(isHard)("%s", async (_name, isTooHard) => {
      const plugin = host.definePlugin({
        ...about,
        hooks: {
          pay: (payment) => {
            if (isTooHard(payment)) throw new RangeError("too hard");
          },
        },
      });
      expect([...(await brokenBy({ plugin, host }, first)).keys()]).toEqual(["P1"]);
    });

    it("more than 5 labels", async () => {
      const plugin = definePlugin({
        ...about,
        capabilities: ["read_labels"],
        hooks: {
          tool_pre_invoke: (_payload, _context, { security }) => {
            if (security.labels.length > 5) throw new RangeError("too hard");
          },
        },
      });
      expect([...(await brokenBy({ plugin }, first)).keys()]).toEqual(["P1"]);
    });
  });

  it("P1: it does not cope with a narrowed grant", async () => {
    const plugin = definePlugin({
      ...about,
      capabilities: ["append_labels", "read_subject"],
      hooks: {
        tool_pre_invoke: (_payload, _context, { security }) =>
          security.labels.includes("secret") ? deny("secret") : undefined,
      },
    });
    expect(await brokenBy({ plugin })).toEqual(none);
    for (const grant of [["read_subject"], []])
      expect((await brokenBy({ plugin, grant })).get("P1")).toContain("TypeError");
    await expect(
      pluginLaws({ plugin, grant: ["read_headers"] })[0]?.check(run),
    ).rejects.toMatchObject({ code: "options_invalid" });
  });

  it("P1: it changes its input", async () => {
    const plugin = definePlugin({
      ...about,
      hooks: {
        tool_pre_invoke: (payload) => {
          (payload.args as Record<string, unknown>).seen = true;
        },
      },
    });
    expect((await brokenBy({ plugin })).get("P1")).toContain("TypeError");
  });

  it("P1: it changes what it may not write", async () => {
    const plugin = definePlugin({
      ...about,
      hooks: {
        tool_pre_invoke: (_payload, _context, _extensions) => ({
          modifiedExtensions: { request: { request_id: "forged" } },
        }),
      },
    });
    expect((await brokenBy({ plugin })).get("P1")).toContain("its change of request");
  });

  it("P1: its result has a misspelt key", async () => {
    const hooks = { tool_pre_invoke: () => ({ modifiedPayloads: {} }) };
    const plugin = definePlugin({ ...about, hooks: hooks as never });
    expect((await brokenBy({ plugin })).get("P1")).toContain(
      "On tool_pre_invoke its change of (result) is refused: result_shape. Return nothing, allow(), deny(…) or { modifiedPayload?, modifiedExtensions?, metadata? }.",
    );
  });

  it("P1: it answers a vote with an invalid vote, and a chain with an invalid value", async () => {
    for (const hooks of [
      { pre_assert_authorize: (_facts: unknown) => ({ allow: true }) },
      { pre_assert_transform: (_request: unknown) => ({ source: 7 }) },
      { recall_rank: (_list: unknown) => ({ a: Number.NaN }) },
    ]) {
      const plugin = defineNodePlugin({ ...about, hooks: hooks as never });
      const found = await brokenBy({ plugin, host: memoryNode });
      expect([...found.keys()]).toEqual(["P1"]);
      expect(found.get("P1")).toContain("ContractViolation");
    }
  });

  it("L13: it drops a label", async () => {
    const plugin = definePlugin({
      ...about,
      capabilities: ["append_labels"],
      hooks: {
        tool_pre_invoke: (_payload, _context, extensions) => ({
          modifiedExtensions: { security: { labels: extensions.security.labels.slice(1) } },
        }),
      },
    });
    expect((await brokenBy({ plugin })).get("L13")).toContain("security.labels");
  });

  it("L36: it does not settle", async () => {
    const plugin = definePlugin({
      ...about,
      hooks: {
        tool_pre_invoke: ({ name }) =>
          name === "a" ? new Promise<undefined>(() => {}) : undefined,
      },
    });
    const payloads = { tool_pre_invoke: fc.constantFrom({ name: "a" }, { name: "b" }) };
    const found = await brokenBy({ plugin, payloads, options: { timeoutMs: 5 } });
    expect([...found.keys()]).toContain("L36");
    expect([...found.keys()]).not.toContain("P1");
  });

  it("L37: it keeps state from request to request", async () => {
    const make = () => {
      const seen = new Set<string>();
      return definePlugin({
        ...about,
        hooks: {
          tool_pre_invoke: ({ name }) => {
            if (seen.has(name)) return deny("seen before");
            seen.add(name);
            return undefined;
          },
        },
      });
    };
    for (const plugin of [make, make()]) {
      const found = await brokenBy({ plugin });
      expect([...found.keys()]).toContain("L37");
      expect(found.get("L37")).toMatch(/\nThe answer on tool_pre_invoke at violation: expected /);
      expect(found.get("L37")).toContain("seen before");
      expect(await brokenBy({ plugin, deterministic: false })).toEqual(none);
    }
    // With a new plugin for each run, only the comparison with an earlier request finds it.
    expect([...(await brokenBy({ plugin: make })).keys()]).toEqual(["L37"]);
  });

  it("L37: it is random", async () => {
    const plugin = definePlugin({
      ...about,
      hooks: { tool_pre_invoke: (_payload) => ({ metadata: { at: Math.random() } }) },
    });
    expect([...(await brokenBy({ plugin })).keys()]).toEqual(["L37", "L8"]);
  });

  it("L8: it finds out what it may not see, past the view", async () => {
    let lying: Extensions | undefined;
    // A host that leaves envelopes where plugins can read them.
    const careless: typeof createPluginManager = async (options) => {
      const manager = await createPluginManager(options);
      const invoke = (hook: never, payload: never, given: { extensions?: Extensions } = {}) => {
        lying = given.extensions;
        return manager.invoke(hook, payload, given as never);
      };
      return { ...manager, invoke: invoke as never };
    };
    const plugin = definePlugin({
      ...about,
      hooks: {
        tool_pre_invoke: (_payload) => ({
          metadata: { labels: lying?.security?.labels.length ?? 0 },
        }),
      },
    });
    const host = { ...glassine, createPluginManager: careless };
    expect([...(await brokenBy({ plugin, host })).keys()]).toEqual(["L8"]);
  });
});

describe("what pluginLaws refuses", () => {
  const bare = definePlugin(about);
  const plugin = definePlugin({ ...about, hooks: { tool_pre_invoke: (_payload) => undefined } });

  it.each([
    [{}, "pluginLaws expects { plugin }: what definePlugin returned"],
    [plugin, "pluginLaws expects { plugin }: what definePlugin returned"],
    [{ plugin: null }, "pluginLaws expects { plugin }: what definePlugin returned"],
    [{ plugin: {} }, "pluginLaws expects { plugin }: what definePlugin returned"],
    [{ plugin: () => undefined }, "pluginLaws expects { plugin }: what definePlugin returned"],
    [{ plugin, options: null }, "the options of a manager in an object, got null."],
    [{ plugin, grant: "read_labels" }, "pluginLaws expects an array as grant, got string."],
    [{ plugin, others: plugin }, "pluginLaws expects an array as others, got object."],
    [{ plugin, values: null }, "expects values to be an object with an entry for each name, got"],
    [{ plugin, payloads: { tool_pre_invoke: {} } }, "Expected an arbitrary of fast-check for the"],
    [{ plugin: bare }, "no hook that could be invoked"],
    [{ plugin, options: { audit: {} } }, 'sets the option "audit" itself'],
    [{ plugin, deterministc: true }, 'Did you mean "deterministic"'],
    [{ plugin, payloads: { tool_pre_invok: fc.constant(1) } }, 'no hook named "tool_pre_invok"'],
    [
      { plugin, payloads: { tool_pre_invoke: fc.constant(1) } },
      " was accepted. Pass values that are",
    ],
    [{ plugin, values: { agents: fc.constant(1) } }, 'no slot named "agents"'],
    [{ plugin, host: memoryNodeModule }, "That is not a host: pass what"],
    [{ plugin, host: null }, "That is not a host: pass what"],
    [{ plugin, host: memoryNode }, "the host whose definePlugin made"],
  ])("%#", (test, message) => {
    expect(() => pluginLaws(test as never)).toThrow(message);
    expect(() => pluginLaws(test as never)).toThrow(
      expect.objectContaining({ code: "options_invalid" }),
    );
  });
});
