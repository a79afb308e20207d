/** How the configuration of a plugin is read: from where, with which schema, and what is refused. */
import fc from "fast-check";
import { definePlugin, GlassineError, type PluginContext } from "glassine";
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";
import { verifies } from "../support/verifies.ts";

interface Given {
  readonly plugin?: string;
  readonly names?: readonly string[];
  readonly schema?: unknown;
  readonly section?: unknown;
  readonly item?: unknown;
  readonly env?: Record<string, string | undefined>;
  readonly prefix?: string;
  /** What a handler throws, for its line in the log. */
  readonly thrown?: string;
}

type Registered =
  | { readonly config: unknown; readonly warnings: readonly string[]; readonly logged: string }
  | { readonly fault: string };

const standard = defineHost({});

/** Registers a plugin, and calls its handler for the configuration that it gets. */
async function registered(given: Given): Promise<Registered> {
  const { plugin = "foo", names = [], schema, section, item, env = {}, thrown = "" } = given;
  const { prefix } = given;
  const host = prefix === undefined ? standard : defineHost({ profile: { envPrefix: prefix } });
  const warnings: string[] = [];
  const errors: string[] = [];
  let config: unknown;
  const others = names.filter((name) => name !== plugin);
  const reading = definePlugin({
    name: plugin,
    version: "1.0.0",
    ...(schema !== undefined && { configSchema: schema }),
    hooks: {
      tool_pre_invoke(_: unknown, context: PluginContext) {
        config = context.config;
        throw new Error(thrown);
      },
    },
  } as never);
  try {
    const manager = await host.createPluginManager({
      plugins: [
        item === undefined ? reading : { plugin: reading, config: item },
        ...others.map((name) => definePlugin({ name, version: "1.0.0", hooks: {} })),
      ],
      ...(section !== undefined && { config: { [plugin]: section } }),
      env,
      logger: {
        warn: (text) => void warnings.push(text),
        error: (text) => void errors.push(text),
      },
    });
    await manager.invoke("tool_pre_invoke", { name: "t" });
    await manager.close();
  } catch (error) {
    if (!(error instanceof GlassineError)) throw error;
    return { fault: error.message };
  }
  return { config, warnings, logged: errors.join() };
}

async function taken(given: Given) {
  const result = await registered(given);
  if ("fault" in result) throw new Error(result.fault);
  return result;
}

const configOf = async (given: Given): Promise<unknown> => (await taken(given)).config;

const fault = async (given: Given): Promise<string | undefined> => {
  const result = await registered(given);
  return "fault" in result
    ? result.fault.replace(/^plugin 'foo' failed config validation: /, "")
    : undefined;
};

const limits = z.object({
  maxSize: z.coerce.number().optional(),
  api_key: z.string().optional(),
  mode: z.enum(["fast", "slow"]).default("fast"),
});

describe("the sources of a configuration", () => {
  it("is the environment over the item over the section, key by key", async () => {
    verifies("plugins:config-sources");
    const schema = z.record(z.string(), z.unknown());
    const section = { a: 1, b: 1, c: 1, deep: { x: 1, y: 1 } };
    const item = { b: 2, c: 2, deep: { x: 2 } };
    const env = { GLASSINE_PLUGIN_FOO_C: "3" };
    expect(await configOf({ schema, section, item, env })).toEqual({
      a: 1,
      b: 2,
      c: "3",
      deep: { x: 2 },
    });
    expect(await configOf({ schema, section })).toEqual(section);
    expect(await configOf({ schema, env })).toEqual({ c: "3" });
  });

  it("may be empty: then a schema receives an empty object, for its defaults", async () => {
    expect(await configOf({ schema: limits })).toEqual({ mode: "fast" });
    expect(await fault({ schema: z.object({ url: z.string() }) })).toBe(
      "url: Invalid input: expected string, received undefined",
    );
    expect(await configOf({})).toBeUndefined();
  });

  it("is deeply frozen, and the plugin's own", async () => {
    verifies("plugins:config-schema");
    const item = { list: [{ a: 1 }], nothing: null };
    for (const schema of [undefined, z.looseObject({}), { parse: (value: unknown) => value }]) {
      const config = (await configOf({ schema, item })) as typeof item;
      expect(config).toEqual(item);
      for (const part of [config, config.list, config.list[0]])
        expect(Object.isFrozen(part)).toBe(true);
      expect(config.list).not.toBe(item.list);
    }
    expect(Object.isFrozen(item.list)).toBe(false);
  });

  it("may be changed by a schema while it reads, since it is a copy", async () => {
    const schema = {
      parse(value: { secret?: string; kept?: boolean }) {
        delete value.secret;
        value.kept = true;
        return value;
      },
    };
    const section = { secret: "abc" };
    expect(await configOf({ schema, section })).toEqual({ kept: true });
    expect(section).toEqual({ secret: "abc" });
  });

  it("is the operator's value if that is not an object, and then nothing overrides it", async () => {
    expect(await configOf({ item: [1, 2] })).toEqual([1, 2]);
    expect(await configOf({ item: 7, schema: z.number() })).toBe(7);
    expect(await configOf({ item: null, schema: z.null() })).toBeNull();
    const text = "its config must be an object, because it overrides configuration from elsewhere";
    expect(await fault({ item: 7, section: {} })).toBe(text);
    expect(await fault({ item: [], env: { GLASSINE_PLUGIN_FOO_A: "1" } })).toBe(text);
    for (const section of [7, [], null, "text"])
      expect(await fault({ section })).toBe("the section must be an object");
  });

  it.each([
    ["a function", { run() {} }, "run: expected a JSON value, got function"],
    ["a bigint", { n: 1n }, "n: expected a JSON value, got bigint"],
    ["a date", { at: new Date(0) }, "at: expected"],
    ["a getter", Object.defineProperty({}, "a", { get: () => 1, enumerable: true }), "a: expected"],
    ["a proxy", new Proxy({}, {}), "(root): expected"],
    ["NaN", { n: Number.NaN }, "n: expected a finite number"],
  ])("is JSON data, not %s", async (_, value, text) => {
    expect(await fault({ section: value })).toContain(`the section is not JSON data: ${text}`);
    expect(await fault({ item: value })).toContain(`its config is not JSON data: ${text}`);
  });

  it("without a schema is used, with a warning about other sources", async () => {
    verifies("plugins:config-unknown-key");
    const warning = "plugin 'foo' has configuration but no configSchema";
    expect((await taken({ section: { a: 1 } })).warnings).toEqual([warning]);
    expect((await taken({ section: { a: 1 }, item: { b: 1 } })).warnings).toEqual([warning]);
    expect(await taken({ env: { GLASSINE_PLUGIN_FOO_MAX_SIZE: "3" } })).toMatchObject({
      config: { max_size: "3" },
      warnings: [warning],
    });
    for (const given of [{}, { section: {} }, { item: { a: 1 } }, { section: {}, item: { a: 1 } }])
      expect((await taken(given)).warnings).toEqual([]);
    expect((await taken({ section: { mode: "fast" }, schema: limits })).warnings).toEqual([]);
  });
});

describe("a variable of the environment", () => {
  it.each([
    ["MAXSIZE", { maxSize: 3 }],
    ["MAX_SIZE", { maxSize: 3 }],
    ["max_Size", { maxSize: 3 }],
    ["maxSize", { maxSize: 3 }],
    ["API_KEY", { api_key: "3" }],
    ["APIKEY", { api_key: "3" }],
  ])("%s sets the key that equals it except for case and underscores", async (suffix, config) => {
    const env = { [`GLASSINE_PLUGIN_FOO_${suffix}`]: "3" };
    for (const schema of [
      limits,
      limits.readonly(),
      limits.transform((value) => value),
      z.lazy(() => limits).optional(),
    ])
      expect(await configOf({ schema, env })).toEqual({ mode: "fast", ...config });
  });

  it("becomes lower case if the schema has no known keys", async () => {
    const env = { GLASSINE_PLUGIN_FOO_MAX_SIZE: "3" };
    for (const schema of [
      z.record(z.string(), z.string()),
      z.looseObject({ other: z.string().optional() }),
      { parse: (value: unknown) => value },
    ])
      expect(await configOf({ schema, env })).toEqual({ max_size: "3" });
  });

  it("sets the key with that spelling if two differ only in underscores", async () => {
    const schema = z.object({ apiKey: z.string().optional(), api_key: z.string().optional() });
    const env = { GLASSINE_PLUGIN_FOO_API_KEY: "a", GLASSINE_PLUGIN_FOO_APIKEY: "b" };
    expect(await configOf({ schema, env })).toEqual({ apiKey: "b", api_key: "a" });
  });

  it("affects only its key", async () => {
    verifies("plugins:config-environment");
    const env = {
      GLASSINE_PLUGIN_FOO_MAX_SIZE: "hunter-2",
      GLASSINE_PLUGIN_FOO_MAXSIZE: "hunter-3",
    };
    expect(await fault({ schema: limits, env })).toBe(
      "the variables 'GLASSINE_PLUGIN_FOO_MAXSIZE' and 'GLASSINE_PLUGIN_FOO_MAX_SIZE' set the same key",
    );
  });

  it("belongs to the plugin with the longest matching name", async () => {
    verifies("plugins:config-environment");
    const env = {
      GLASSINE_PLUGIN_FOO_A: "of foo",
      GLASSINE_PLUGIN_FOO_BAR_A: "of foo-bar",
      GLASSINE_PLUGIN_FOO_BAR_BAZ_A: "of foo-bar-baz",
      GLASSINE_PLUGIN_FOO_BARN: "of foo as well",
      GLASSINE_PLUGIN_FOO_BAR: "of foo, too",
      GLASSINE_PLUGIN_FOOA: "of nobody",
    };
    const names = ["foo", "foo-bar-baz", "foo-bar"];
    const of = (plugin: string) => configOf({ plugin, names, env });
    expect(await of("foo")).toEqual({ a: "of foo", barn: "of foo as well", bar: "of foo, too" });
    expect(await of("foo-bar")).toEqual({ a: "of foo-bar" });
    expect(await of("foo-bar-baz")).toEqual({ a: "of foo-bar-baz" });
    expect(await configOf({ env, names: [] })).toMatchObject({ bar_a: "of foo-bar" });
  });

  it.each([
    "SIGNING_REQUIRED",
    "UNSIGNED_ACK",
    "TRUSTED_PUBLISHERS",
    "TRUST_OVERRIDE_PUBLISHERS",
    "PUBLISHER_KEYS",
    "AUTO_DISCOVERY_ENABLED",
    "MODE",
  ])("PLUGIN_%s is the host's, whatever the plugins' names", async (setting) => {
    const env = { [`GLASSINE_PLUGIN_${setting}`]: "x" };
    const parts = setting.toLowerCase().split("_");
    for (let length = 1; length < parts.length; length++) {
      const plugin = parts.slice(0, length).join("-");
      expect(await configOf({ plugin, names: [plugin], env })).toBeUndefined();
      const own = { [`GLASSINE_PLUGIN_${plugin.toUpperCase().replaceAll("-", "_")}_X`]: "1" };
      expect(await configOf({ plugin, names: [plugin], env: { ...env, ...own } })).toEqual({
        x: "1",
      });
    }
  });

  it("has the host's own prefix, and a value", async () => {
    const env = {
      STIGMEM_PLUGIN_FOO_A: "1",
      GLASSINE_PLUGIN_FOO_A: "2",
      PLUGIN_FOO_A: "3",
      GLASSINE_FOO_A: "4",
      STIGMEM_PLUGIN_FOO_B: undefined,
      STIGMEM_PLUGIN_FOO_: "5",
    };
    expect(await configOf({ env, prefix: "STIGMEM_" })).toEqual({ a: "1" });
  });

  it("cannot reach a prototype", async () => {
    const env = { GLASSINE_PLUGIN_FOO___PROTO__: "x", GLASSINE_PLUGIN_FOO_CONSTRUCTOR: "x" };
    const text = /^it is not JSON data: .*expected ordinary keys, got __proto__$/;
    expect(await fault({ env })).toMatch(text);
    expect(await fault({ env, schema: limits })).toMatch(text);
    const section = JSON.parse('{ "__proto__": { "x": 1 } }');
    expect(await fault({ section })).toMatch(/^the section is not JSON data: .*got __proto__$/);
    expect(await configOf({ env: { GLASSINE_PLUGIN_FOO_CONSTRUCTOR: "x" } })).toEqual({
      constructor: "x",
    });
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});

describe("PH-071: an unknown key", () => {
  it("is refused, with a suggestion and its variable", async () => {
    verifies("plugins:config-unknown-key");
    expect(await fault({ schema: limits, section: { maxsize: 3 } })).toBe(
      "unknown key 'maxsize'; did you mean 'maxSize'?",
    );
    expect(await fault({ schema: limits, env: { GLASSINE_PLUGIN_FOO_MAX_SIZES: "3" } })).toBe(
      "unknown key 'max_sizes' of the variable 'GLASSINE_PLUGIN_FOO_MAX_SIZES'; did you mean 'maxSize'?",
    );
    expect(await fault({ schema: limits, item: { banana: "hunter-2" } })).toBe(
      "unknown key 'banana'",
    );
  });

  const shapes: readonly (readonly [string, unknown])[] = [
    ["of zod", z.object({ a: z.number().optional() })],
    ["of zod that is strict, reported once", z.strictObject({ a: z.number().optional() })],
    ["of zod/mini", mini.object({ a: mini.optional(mini.number()) })],
    ["that may be null", z.object({ a: z.number().optional() }).nullable()],
    ["behind z.lazy", z.lazy(() => z.object({ a: z.number().optional() }))],
    ["after a preprocess", z.preprocess((value) => value, z.object({ a: z.number().optional() }))],
    ["with a default around it", z.object({ a: z.number() }).partial().default({})],
    ["with a transform after it", z.object({ a: z.number().optional() }).transform(() => 1)],
    ["with a check", z.object({ a: z.number().optional() }).refine(() => true)],
    ["of a union", z.union([z.object({ a: z.number() }), z.object({ c: z.string().optional() })])],
    ["of both", z.object({ a: z.number().optional() }).and(z.object({ c: z.number().optional() }))],
  ];
  it.each(shapes)("is reported for an object %s", async (_, schema) => {
    expect(await fault({ schema, section: { zebra: 1 } })).toBe("unknown key 'zebra'");
  });

  it.each([
    ["a loose object", z.looseObject({ a: z.number().optional() })],
    ["an object with a catchall", z.object({}).catchall(z.number())],
    ["a record", z.record(z.string(), z.number())],
    ["any value", z.any()],
    ["an input that is changed first", z.preprocess((value) => value, z.any())],
    ["another schema", { parse: (value: unknown) => value }],
    ["one that circles", z.lazy((): z.ZodType => z.any())],
  ])("is accepted for %s", async (_, schema) => {
    expect(await fault({ schema, section: { b: 1 } })).toBeUndefined();
  });

  const endless: z.ZodType = z.lazy(() => endless);
  it.each([
    ["throws", z.lazy((): z.ZodType => JSON.parse("{"))],
    ["has no end", endless],
  ])("is left to a lazy schema that %s", async (_, schema) => {
    expect(await fault({ schema, section: { b: 1 } })).toMatch(/^configSchema refused it/);
  });

  it("is found inside objects, lists, tuples and records", async () => {
    const leaf = z.object({ port: z.number() });
    const schema = z.object({
      server: leaf.optional(),
      list: z.array(leaf).optional(),
      pair: z.tuple([z.string(), leaf], leaf).optional(),
      byName: z.record(z.string(), leaf).optional(),
    });
    const wrong = { port: 1, prot: 2 };
    const section = {
      server: wrong,
      list: [wrong],
      pair: ["a", wrong, wrong],
      byName: { eu: wrong },
    };
    const places = ["server", "list[0]", "pair[1]", "pair[2]", "byName.eu"];
    expect(await fault({ schema, section })).toBe(
      places.map((place) => `${place}: unknown key 'prot'; did you mean 'port'?`).join("; "),
    );
  });

  it("is reported together with other problems", async () => {
    expect(await fault({ schema: limits, section: { banana: 1, mode: "none" } })).toBe(
      'unknown key \'banana\'; mode: Invalid option: expected one of "fast"|"slow"',
    );
  });
});

describe("PH-071: what a schema expects is reported by path, without values", () => {
  const secret = "s3cr3t-Value";
  const cases: readonly (readonly [string, z.ZodType, unknown, string])[] = [
    [
      "a type",
      z.object({ a: z.number() }),
      { a: secret },
      "a: Invalid input: expected number, received string",
    ],
    [
      "a deep one",
      z.object({ a: z.array(z.object({ b: z.boolean() })) }),
      { a: [{ b: secret }] },
      "a[0].b: Invalid input: expected boolean, received string",
    ],
    [
      "nothing",
      z.object({ a: z.number() }),
      {},
      "a: Invalid input: expected number, received undefined",
    ],
    [
      "null",
      z.object({ a: z.string() }),
      { a: null },
      "a: Invalid input: expected string, received null",
    ],
    [
      "a coercion",
      z.object({ a: z.coerce.number() }),
      { a: secret },
      "a: Invalid input: expected number, received NaN",
    ],
    [
      "a whole number",
      z.object({ a: z.int() }),
      { a: 4.5 },
      "a: Invalid input: expected int, received number",
    ],
    [
      "a shortest text",
      z.object({ a: z.string().min(40) }),
      { a: secret },
      "a: Too small: expected string to have >=40 characters",
    ],
    [
      "a longest text",
      z.object({ a: z.string().max(2) }),
      { a: secret },
      "a: Too big: expected string to have <=2 characters",
    ],
    [
      "an exact text",
      z.object({ a: z.string().length(2) }),
      { a: secret },
      "a: Too big: expected string to have exactly 2 characters",
    ],
    [
      "a least number",
      z.object({ a: z.number().gt(7) }),
      { a: 7 },
      "a: Too small: expected number to be >7",
    ],
    [
      "a greatest number",
      z.object({ a: z.number().lt(7) }),
      { a: 7 },
      "a: Too big: expected number to be <7",
    ],
    [
      "a number of items",
      z.object({ a: z.array(z.any()).min(2) }),
      { a: [secret] },
      "a: Too small: expected array to have >=2 items",
    ],
    [
      "a multiple",
      z.object({ a: z.number().multipleOf(5) }),
      { a: 7 },
      "a: Invalid number: must be a multiple of 5",
    ],
    ["a format", z.object({ a: z.url() }), { a: secret }, "a: Invalid URL"],
    [
      "a pattern",
      z.object({ a: z.string().regex(/^x/) }),
      { a: secret },
      "a: Invalid string: must match pattern /^x/",
    ],
    [
      "a choice",
      z.object({ a: z.enum(["up", "down"]) }),
      { a: secret },
      'a: Invalid option: expected one of "up"|"down"',
    ],
    [
      "literals",
      z.object({ a: z.literal([1, true, "x"]) }),
      { a: secret },
      'a: Invalid option: expected one of 1|true|"x"',
    ],
    [
      "a union",
      z.object({ a: z.union([z.number(), z.boolean()]) }),
      { a: secret },
      "a: Invalid input",
    ],
    [
      "a tag",
      z.object({ a: z.discriminatedUnion("k", [z.object({ k: z.literal("up") })]) }),
      { a: { k: secret } },
      "a.k: Invalid discriminator value. Expected 'up'",
    ],
    [
      "a key",
      z.object({ a: z.record(z.string().max(2), z.any()) }),
      { a: { long: 1 } },
      "a.long: Invalid key in record",
    ],
    [
      "a rule of its own",
      z.object({ a: z.string().refine(() => false) }),
      { a: secret },
      "a: Invalid input",
    ],
    [
      "the whole",
      z.object({ a: z.string() }).refine(() => false, "must be even"),
      { a: secret },
      "configuration: must be even",
    ],
    [
      "a message in its own words",
      z.object({ a: z.string().min(40, `no ${secret}`) }),
      { a: secret },
      "a: no [REDACTED]",
    ],
    [
      "many",
      z.object(Object.fromEntries(Array.from("abcdefghij", (key) => [key, z.number()]))),
      {},
      `${Array.from("abcdefgh", (key) => `${key}: Invalid input: expected number, received undefined`).join("; ")}; and 2 more`,
    ],
  ];
  it.each(cases)("%s", async (_, schema, section, text) => {
    expect(await fault({ schema, section })).toBe(text);
  });

  it("PH-071: a value of the environment of the wrong type", async () => {
    const schema = z.object({ port: z.coerce.number(), apiKey: z.string().max(8) });
    const env = { GLASSINE_PLUGIN_FOO_PORT: secret, GLASSINE_PLUGIN_FOO_API_KEY: `${secret}-2` };
    expect(await registered({ schema, env })).toEqual({
      fault:
        "plugin 'foo' failed config validation: port: Invalid input: expected number, received NaN; apiKey: Too big: expected string to have <=8 characters",
    });
  });
});

describe("PH-071: law: no value of the input is in a message, for every code of an issue", () => {
  const asMap = (value: unknown) => new Map([[{}, value]]);
  const faulty: readonly (readonly [string, z.ZodType, mini.ZodMiniType])[] = [
    ["invalid_type", z.number(), mini.number()],
    ["too_small", z.string().min(40), mini.string().check(mini.minLength(40))],
    ["too_big", z.string().max(0), mini.string().check(mini.maxLength(0))],
    ["invalid_format", z.email(), mini.email()],
    [
      "not_multiple_of",
      z
        .string()
        .transform(() => 7)
        .pipe(z.number().multipleOf(5)),
      mini.pipe(
        mini.transform(() => 7),
        mini.number().check(mini.multipleOf(5)),
      ),
    ],
    [
      "unrecognized_keys",
      z.preprocess((value) => ({ value }), z.strictObject({})),
      mini.pipe(
        mini.transform((value): unknown => ({ value })),
        mini.strictObject({}),
      ),
    ],
    ["invalid_union", z.union([z.number(), z.null()]), mini.union([mini.number(), mini.null()])],
    [
      "invalid_key",
      z.preprocess((value) => ({ key: value }), z.record(z.string().max(2), z.any())),
      mini.pipe(
        mini.transform((value): unknown => ({ key: value })),
        mini.record(mini.string().check(mini.maxLength(2)), mini.any()),
      ),
    ],
    [
      "invalid_element",
      z.preprocess(asMap, z.map(z.any(), z.number())),
      mini.pipe(mini.transform(asMap), mini.map(mini.any(), mini.number())),
    ],
    ["invalid_value", z.enum(["up", "down"]), mini.enum(["up", "down"])],
    [
      "custom",
      z.string().refine(() => false, { error: ({ input }) => `not ${String(input)}` }),
      mini
        .string()
        .check(mini.refine(() => false, { error: ({ input }) => `not ${String(input)}` })),
    ],
  ];
  it.each(faulty)("%s", (code, classic, small) =>
    fc.assert(
      // Strings of characters that no message of zod contains.
      fc.asyncProperty(fc.stringMatching(/^[§¶]{1,20}$/), async (value) => {
        for (const schema of [z.object({ a: classic }), mini.object({ a: small })]) {
          expect(schema.safeParse({ a: value }).error?.issues[0]?.code).toBe(code);
          const text = await fault({ schema, section: { a: value } });
          expect(text).toMatch(/^a(\.\w+)?: \S/);
          expect(text).not.toMatch(/[§¶]/);
        }
      }),
    ),
  );
});

describe("PH-071: values in an author's message are removed", () => {
  const secret = "s3cr3t-Value";
  const says = (message: string, section: object) => {
    const schema = z.object({ a: z.any(), b: z.any().optional() }).superRefine((_, context) => {
      context.addIssue({ code: "custom", path: ["a"], message });
    });
    return fault({ schema, section });
  };

  it.each([
    ["as it is", `not ${secret}!`, "not [REDACTED]!"],
    ["in other letters", `not ${secret.toUpperCase()}!`, "not [REDACTED]!"],
    ["more than once", `${secret}${secret} ${secret}`, "[REDACTED] [REDACTED]"],
    ["on several lines", `a\n${secret}\nb`, "a [REDACTED] b"],
    ["beyond what is shown", `${"x".repeat(195)}${secret}`, `${"x".repeat(195)}[REDA…`],
  ])("%s", async (_, message, text) => {
    expect(await says(message, { a: secret })).toBe(`a: ${text}`);
    expect(await says(message, { a: 1, b: { c: [secret] } })).toBe(`a: ${text}`);
  });

  it.each([
    ["blanks around it", ` \t${secret}\n`, `got ${secret}`, "got [REDACTED]"],
    [
      "lines",
      `first line\nsecond line\n`,
      "got first line, then second line",
      "got [REDACTED], then [REDACTED]",
    ],
    ["quotes", 'say "hello"', String.raw`got "say \"hello\""`, 'got "[REDACTED]"'],
    ["what a URL escapes", "a b&c=d", "got a%20b%26c%3Dd", "got [REDACTED]"],
    ["a short one", "xyz", "xyz, not xyzzy or .xyz.", "[REDACTED], not xyzzy or .[REDACTED]."],
    ["a number", 4711, "4711 is too much", "[REDACTED] is too much"],
    ["a truth", true, "must not be true", "must not be [REDACTED]"],
    ["a part of another", { x: "abcdef", y: "defghi" }, "got abcdefghi", "got [REDACTED]"],
    ["a key's value, deep", { x: [{ y: "q7" }] }, "got q7", "got [REDACTED]"],
    ["nothing", null, "null is not allowed", "null is not allowed"],
    ["an empty text", "", "must not be empty", "must not be empty"],
  ])("of %s", async (_, a, message, text) => {
    expect(await says(message, { a })).toBe(`a: ${text}`);
  });

  it("short values of other fields are kept", async () => {
    expect(await says("must be on or off", { a: 1, b: "on" })).toBe("a: must be on or off");
  });

  it("text too long to be searched is left out", async () => {
    expect(await says("x".repeat(20_001), { a: secret })).toBe("a: Invalid input");
  });

  it("values in a path are removed, and a path is one line", async () => {
    const schema = z.any().superRefine((_, context) => {
      context.addIssue({ code: "custom", path: [secret, "x\nlevel=error", Symbol("s")] });
    });
    expect(await fault({ schema, section: { a: secret } })).toBe(
      '["[REDACTED]"]["x\\u{a}level=error"]["(symbol)"]: Invalid input',
    );
  });

  it("values are removed even if cut or escaped", async () => {
    const long = `${"k".repeat(100)}"'`;
    const schema = z.any().superRefine((_, context) => {
      context.addIssue({ code: "custom", path: [long] });
      context.addIssue({ code: "unrecognized_keys", keys: [long], input: {} });
    });
    expect(await fault({ schema, section: { a: long } })).toBe(
      '["[REDACTED]"]: Invalid input; configuration: Unrecognized key: "[REDACTED]"',
    );
    expect(
      await fault({ schema: z.object({ a: z.string() }), section: { a: long, [long]: 1 } }),
    ).toBe("unknown key '[REDACTED]'");
  });

  it("law: a message contains no string of the configuration, whatever the schema reports", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[!-~]{8,20}$/), { minLength: 1, maxLength: 4 }),
        fc.nat(3),
        fc.array(fc.string(), { maxLength: 4 }),
        fc.constantFrom("parse", "safeParse", "issues", "path"),
        async (secrets, at, around, how) => {
          const section = Object.fromEntries(secrets.map((text, index) => [`field${index}`, text]));
          const path = [how === "path" ? secrets[0] : `field${at}`];
          const message = secrets.map((text, index) => `${around[index] ?? ""}${text}`).join(" ");
          const error = how === "parse" ? new Error(message) : { issues: [{ path, message }] };
          const schema =
            how === "safeParse"
              ? { safeParse: () => ({ success: false, error }) }
              : {
                  parse() {
                    throw error;
                  },
                };
          const text = (await fault({ schema, section })) ?? "";
          expect(text).not.toBe("");
          for (const secret of secrets) expect(text).not.toContain(secret);
          expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        },
      ),
    ));
});

describe("a schema that is not zod's", () => {
  const section = { a: "s3cr3t-Value" };
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const throwing = {
    get message(): string {
      throw new Error("read");
    },
    get issues(): never {
      throw new Error("read");
    },
  };
  const refused = "configSchema refused it";

  it.each<[string, (value: unknown) => unknown, string]>([
    [
      "throws an error",
      () => {
        throw new RangeError("a must be below 7");
      },
      `${refused}: a must be below 7`,
    ],
    [
      "throws a text",
      () => {
        throw "no s3cr3t-Value";
      },
      `${refused}: no [REDACTED]`,
    ],
    [
      "throws nothing",
      () => {
        throw undefined;
      },
      refused,
    ],
    [
      "throws what throws",
      () => {
        throw throwing;
      },
      refused,
    ],
    [
      "throws a proxy",
      () => {
        throw new Proxy(
          {},
          {
            get() {
              throw new Error("read");
            },
          },
        );
      },
      refused,
    ],
    [
      "throws odd issues",
      () => {
        throw { issues: [null, 7, { path: 3, code: {} }] };
      },
      "configuration: Invalid input; configuration: Invalid input; configuration: Invalid input",
    ],
    [
      "throws no issues",
      () => {
        throw { issues: [], message: "wrong" };
      },
      `${refused}: wrong`,
    ],
    [
      "throws issues of other words",
      () => {
        throw { issues: [{ code: "toString", path: ["a"], message: "wrong" }] };
      },
      "a: wrong",
    ],
    [
      "throws issues that say little",
      () => {
        throw {
          issues: [
            { code: "invalid_type", path: ["a"] },
            { code: "too_small" },
            { code: "invalid_value", values: [] },
          ],
        };
      },
      "a: Invalid input: expected undefined, received string; configuration: Invalid input; configuration: Invalid option: expected one of",
    ],
    [
      "throws one that names a value as what it expects",
      () => {
        throw {
          issues: [
            { code: "invalid_type", expected: "s3cr3t-Value", path: [] },
            { code: "invalid_format", format: "s3cr3t-Value" },
            { code: "invalid_value", values: ["s3cr3t-Value"] },
          ],
        };
      },
      'configuration: Invalid input: expected [REDACTED], received object; configuration: Invalid [REDACTED]; configuration: Invalid input: expected "[REDACTED]"',
    ],
    [
      "gives a promise",
      async () => ({}),
      "parse returned a promise; a configSchema must be synchronous",
    ],
    [
      "gives a promise that rejects",
      async () => {
        throw new Error("late");
      },
      "parse returned a promise; a configSchema must be synchronous",
    ],
    [
      "gives a thenable of thenables without end, and is not waited for",
      () => {
        // biome-ignore lint/suspicious/noThenProperty: the subject of this test.
        const endless = { then: (yes: (value: unknown) => void) => yes({ then: endless.then }) };
        return endless;
      },
      "parse returned a promise; a configSchema must be synchronous",
    ],
    ["gives nothing", () => undefined, "configSchema returned nothing; expected JSON data"],
    [
      "gives a date",
      () => ({ at: new Date(0) }),
      "configSchema returned a value that is not JSON data: at: expected",
    ],
    [
      "gives a function",
      () => ({ run() {} }),
      "configSchema returned a value that is not JSON data: run: expected a JSON value, got function",
    ],
    [
      "gives a Map",
      () => new Map(),
      "configSchema returned a value that is not JSON data: (root): expected",
    ],
    [
      "gives a circle",
      () => circular,
      "configSchema returned a value that is not JSON data: self: expected",
    ],
    [
      "gives a proxy",
      () => new Proxy({}, {}),
      "configSchema returned a value that is not JSON data: (root): expected",
    ],
  ])("and %s", async (_, parse, text) => {
    const message = (await fault({ schema: { parse }, section })) ?? "";
    if (text.endsWith("expected")) expect(message.startsWith(text)).toBe(true);
    else expect(message).toBe(text);
  });

  it.each<[string, unknown, string]>([
    ["a text", "ok", "safeParse returned string; expected { success, data }"],
    ["nothing", undefined, "safeParse returned nothing; expected { success, data }"],
    ["no success", { data: 1 }, "safeParse returned an object whose success is not a boolean"],
    [
      "an odd success",
      { success: 1 },
      "safeParse returned an object whose success is not a boolean",
    ],
    ["a failure without an error", { success: false }, refused],
    [
      "a failure with an error",
      { success: false, error: new Error("a is s3cr3t-Value") },
      `${refused}: a is [REDACTED]`,
    ],
    [
      "a promise",
      Promise.resolve({ success: true, data: {} }),
      "safeParse returned a promise; a configSchema must be synchronous",
    ],
    [
      "success with nothing",
      { success: true },
      "configSchema returned nothing; expected JSON data",
    ],
  ])("and safeParse returns %s", async (_, given, text) => {
    expect(await fault({ schema: { safeParse: () => given }, section })).toBe(text);
  });

  it("is called by safeParse if it has both", async () => {
    const schema = {
      safeParse: () => ({ success: true, data: { by: "safeParse" } }),
      parse: () => ({ by: "parse" }),
    };
    expect(await configOf({ schema, section })).toEqual({ by: "safeParse" });
  });

  it("is called as a method", async () => {
    class Schema {
      readonly by = "this";
      parse() {
        return { by: this.by };
      }
    }
    expect(await configOf({ schema: new Schema(), section })).toEqual({ by: "this" });
  });

  it("of zod that is asynchronous is refused, and the message says so", async () => {
    const schema = z.object({ a: z.string().refine(async () => true) });
    expect(await fault({ schema, section })).toMatch(/^configSchema refused it: .*synchronous/);
  });

  it("of zod runs its checks and transforms once", async () => {
    const runs: string[] = [];
    const schema = z.object({ a: z.string().transform((text) => void runs.push(text)) });
    await configOf({ schema: schema.transform(() => ({})), section });
    expect(runs).toHaveLength(1);
  });

  it("of zod that does not produce JSON data is refused with the place", async () => {
    const schema = z.object({ at: z.string().transform((text) => new Date(text)) });
    expect(await fault({ schema, section: { at: "2026-01-01" } })).toMatch(
      /^configSchema returned a value that is not JSON data: at: expected /,
    );
  });
});

describe("the secrets of a configuration", () => {
  it("are its strings and numbers of four digits or more, including the schema's results", async () => {
    verifies("plugins:config-secrets");
    const schema = z.object({
      token: z.string().transform((text) => `key of ${text}`),
      list: z.array(z.string()),
      port: z.number(),
      region: z.string().default("eu-central"),
      short: z.string(),
    });
    const section = { token: "abcd", list: ["wxyz", " "], port: 8080, short: "abc" };
    const logged = async (given: Given) => (await taken(given)).logged.replace(/^.*Error: /, "");
    const thrown = "abcd, key of abcd, wxyz, 8080, abc, eu-central";
    const others = "[REDACTED], [REDACTED], [REDACTED], eu-central";
    expect(await logged({ schema, section, thrown })).toBe(`[REDACTED], [REDACTED], ${others}`);
    expect(await logged({ section, thrown })).toBe(`[REDACTED], key of [REDACTED], ${others}`);
    const numbers = { small: 999, long: -1234, exact: 2.5025, nothing: null, yes: true };
    expect(await logged({ section: numbers, thrown: "999, -1234, 2.5025, null, true" })).toBe(
      "999, -[REDACTED], [REDACTED], null, true",
    );
    expect(await logged({ item: "a whole text", thrown: "a whole text" })).toBe("[REDACTED]");
    expect(await logged({ thrown })).toBe(thrown);
  });
});
