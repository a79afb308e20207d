/** Plugins that are refused before their code runs: all problems in one error. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { defineHook, defineHost } from "../../src/host.ts";
import { allow, definePlugin, ManifestError, PluginDependencyError } from "../../src/index.ts";
import { permutations } from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { host, make, plugin } from "./support.ts";

/** Returns each refusal as recorded in the audit trail. */
async function refusalsOf(plugins: readonly unknown[], options: object = {}) {
  const { error, failures } = await (await make(plugins, options)).failed();
  const events = failures.map(({ targetUri, metadata: { reason, validation_failure } }) => [
    targetUri.replace("plugin:", ""),
    reason,
    validation_failure,
  ]);
  return { error, events };
}

const needing = (name: string, ...dependsOn: readonly string[]) => plugin(name, {}, { dependsOn });

describe("dependencies", () => {
  const circle = "plugin dependency cycle detected: alpha -> gamma -> beta -> alpha";
  const round = [
    needing("alpha", "gamma"),
    needing("beta", "alpha"),
    needing("gamma", "beta"),
    needing("zeta", "beta"),
  ];

  it.each(permutations(round).map((given) => [given.map(({ name }) => name).join(", "), given]))(
    "PH-082: a cycle is reported whole, in the same words, whatever the order: %s",
    async (_, given) => {
      verifies("plugins:dependencies");
      const { error, events } = await refusalsOf(given as typeof round);
      expect(error).toBeInstanceOf(PluginDependencyError);
      expect(error.message).toBe(circle);
      expect(events).toEqual([["alpha", "dependency", circle]]);
    },
  );

  it.each(permutations([needing("other", "xxx"), needing("addon", "missing-b", "missing-a")]))(
    "PH-082: all missing dependencies are reported at once, with one record per plugin (%#)",
    async (...given) => {
      verifies("plugins:dependencies");
      const { error, events } = await refusalsOf(given);
      expect(error).toBeInstanceOf(PluginDependencyError);
      expect(error.message).toBe(
        "missing plugin dependencies: addon missing missing-a, missing-b; other missing xxx",
      );
      expect((error as PluginDependencyError).data.missing).toEqual([
        { plugin: "addon", dependencies: ["missing-a", "missing-b"] },
        { plugin: "other", dependencies: ["xxx"] },
      ]);
      expect(events).toEqual([
        ["addon", "dependency", "missing plugin dependencies: addon missing missing-a, missing-b"],
        ["other", "dependency", "missing plugin dependencies: other missing xxx"],
      ]);
    },
  );

  it("missing dependencies and a cycle are reported together", async () => {
    const { error, events } = await refusalsOf([...round, needing("addon", "nobody")]);
    expect(error).toBeInstanceOf(PluginDependencyError);
    expect(error.message).toBe(`missing plugin dependencies: addon missing nobody; ${circle}`);
    expect(events.map(([name]) => name)).toEqual(["addon", "alpha"]);
  });

  it("missing dependencies are reported together with other plugins' problems", async () => {
    verifies("plugins:registration-together");
    const { error, events } = await refusalsOf([
      plugin("aaa", {}, { requiresHost: ">=999.0.0" }),
      needing("bbb", "nobody"),
      plugin("ccc"),
      plugin("ccc"),
    ]);
    expect(error).toBeInstanceOf(ManifestError);
    expect((error as ManifestError).problems.map(({ field }) => field)).toEqual([
      "ccc",
      "aaa",
      "bbb",
    ]);
    expect(events.map(([name, reason]) => [name, reason])).toEqual([
      ["ccc", "duplicate"],
      ["aaa", "manifest_invalid"],
      ["bbb", "dependency"],
    ]);
  });

  it("may be nested deeper than the stack", async () => {
    const names = Array.from({ length: 5_000 }, (_, n) => `plugin-${n}`);
    const row = names.map((name, n) => needing(name, ...names.slice(n + 1, n + 2)));
    const looped = [...row.slice(0, -1), needing("plugin-4999", "plugin-0")];
    const { error } = await refusalsOf(looped);
    expect(error.message).toMatch(
      /^plugin dependency cycle detected: plugin-0 -> plugin-1 -> .* -> plugin-4999 -> plugin-0$/,
    );
  });
});

describe("a plugin of another host", () => {
  const other = defineHost({
    hooks: {
      foo: defineHook({ semantic: "message", description: "Foo.", payload: z.object({}) }),
      vote: defineHook({ semantic: "message", description: "Vote.", payload: z.object({}) }),
    },
    slots: {
      billing: {
        tier: "immutable",
        read: "read_billing",
        description: "Who pays.",
        schema: z.object({ account: z.string() }),
      },
    },
  });
  const about = { version: "1.0.0" };
  const foreign = other.definePlugin({
    ...about,
    name: "foreign",
    capabilities: ["read_billing"],
    hooks: { foo: (_payload, _context, _extensions) => undefined },
  });

  it("that does not fit is refused with all others, and audited", async () => {
    verifies("plugins:registration-together", "plugins:foreign");
    const text =
      "plugin 'foreign': unknown plugin capabilities: read_billing; plugin 'foreign': unknown plugin hooks: foo; hookNames lists this host's hooks, and a hook of another host needs that host's definePlugin";
    const { error, events } = await refusalsOf([
      foreign,
      plugin("aaa", {}, { requiresHost: ">=999.0.0" }),
      needing("bbb", "foreign", "nobody"),
    ]);
    expect(error).toBeInstanceOf(ManifestError);
    expect(events).toEqual([
      ["foreign", "manifest_invalid", text],
      [
        "aaa",
        "manifest_invalid",
        "plugin 'aaa' requires glassine '>=999.0.0', but current version is 0.1.0",
      ],
      ["bbb", "dependency", "missing plugin dependencies: bbb missing nobody"],
    ]);
    const alone = await refusalsOf([{ plugin: foreign, priority: 3 }]);
    expect(alone.error).toBeInstanceOf(ManifestError);
    expect(alone.error).toMatchObject({ code: "manifest_invalid", message: text });
    expect((alone.error as ManifestError).problems.map(({ field }) => field)).toEqual([
      "capabilities",
      "hooks",
    ]);
  });

  it("whose settings are for another semantic is refused", async () => {
    verifies("plugins:foreign");
    const trial = other.definePlugin({
      ...about,
      name: "trial",
      hooks: { vote: { handler: (_payload) => undefined, mode: "audit" } },
    });
    expect((await refusalsOf([trial])).error.message).toBe(
      "plugin 'trial': hook 'vote': mode is for message hooks; a voting hook takes handler, extensions, timeoutMs only",
    );
  });

  it("that fits registers like any other", async () => {
    const plain = definePlugin({
      ...about,
      name: "plain",
      hooks: { message_pre_invoke: (_message) => allow() },
    });
    const { making } = await make([plain]);
    expect((await making).plugins.map(({ name }) => name)).toEqual(["plain"]);
  });
});

describe("a hook without a handler", () => {
  it.each([undefined, null, 3, {}, { handler: undefined }])(
    "is refused if %o is in its place",
    (handler) => {
      verifies("plugins:no-handler");
      expect(() => plugin("guard", { vote: handler })).toThrow(
        expect.objectContaining({
          code: "manifest_invalid",
          message: "handler for hook 'vote' is not callable",
        }),
      );
    },
  );
});

describe("the options of a manager", () => {
  it("PH-064: are copied at once: plugins, configurations, variables and the audit's options", async () => {
    verifies("plugins:registration");
    const seen: unknown[] = [];
    const taken: string[] = [];
    const reader = (name: string) =>
      plugin(name, {
        vote: (_: unknown, { config }: { config: unknown }) => {
          seen.push(config);
          return allow();
        },
      });
    const config = { aaa: { key: { deep: "one" } } };
    const item = { plugin: reader("bbb"), config: { key: "one" } };
    const env: Record<string, string> = { GLASSINE_PLUGIN_CCC_KEY: "one" };
    const audit = { sink: () => void taken.push("one"), secrets: ["hunter2"] };
    const plugins: unknown[] = [reader("aaa"), item, reader("ccc")];
    const making = host.createPluginManager({
      plugins: plugins as never,
      config,
      env,
      audit,
      logger: {},
    });
    plugins.length = 0;
    config.aaa.key.deep = "two";
    item.config.key = "two";
    env.GLASSINE_PLUGIN_CCC_KEY = "two";
    env.GLASSINE_PLUGIN_CCC_MORE = "two";
    audit.sink = () => void taken.push("two");
    audit.secrets.length = 0;
    const manager = await making;
    await manager.invoke("vote", {});
    expect(seen).toEqual([{ key: { deep: "one" } }, { key: "one" }, { key: "one" }]);
    expect(new Set(taken)).toEqual(new Set(["one"]));
  });
});
