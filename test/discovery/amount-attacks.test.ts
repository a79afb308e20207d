/** Configuration: invalid amounts, and environment variables that inject structure. */
import { defineHost } from "glassine/host";
import { readTrustSettings } from "glassine/node";
import { expect, it } from "vitest";
import * as z from "zod";
import { attack } from "../attacks/attack.ts";
import { codeOf, manage } from "./hosts.ts";
import { discover, newRoot } from "./support.ts";

/** Invalid amounts, and delays too long for a timer: 2 ** 32 ms would fire at once. */
const never = [
  -1,
  -0,
  0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  "5000",
  "5s",
  "",
  true,
  [],
  [5000],
  {},
  5000n,
  new Date(5000),
];
const beyondTimers = [2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53, Number.MAX_VALUE];
const shown = (value: unknown) => ({
  value,
  text: `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`,
});

attack(
  "A-234",
  "Set a limit or timeout that is negative, zero, `NaN`, a string, or too long for a timer, such as 2 ** 32 ms, which would fire at once",
  "refused: `options_invalid` for the host's, `manifest_invalid` for a plugin's; no timeout is above 2 ** 31 - 1 ms",
  () => {
    const delays: Readonly<Record<string, (value: unknown) => Promise<unknown>>> = {
      "the deadline of handlers": (timeoutMs) => manage({ timeoutMs }),
      "the time of a health check": (timeoutMs) => manage({ health: { timeoutMs } }),
      "the time between health checks": (intervalMs) =>
        manage({ health: { poll: true, intervalMs } }),
      "the time of the audit sink": (timeoutMs) => manage({ audit: { timeoutMs } }),
      "the time of loading": async (loadTimeoutMs) =>
        discover(await newRoot(), { loadTimeoutMs } as never),
      "the longest deadline of a host": async (maxTimeoutMs) =>
        defineHost({ profile: { maxTimeoutMs } } as never),
    };
    it.each(
      Object.keys(delays).flatMap((what) =>
        [...never, ...beyondTimers].map((value) => ({ what, ...shown(value) })),
      ),
    )("$what: $text", async ({ what, value }) => {
      expect(await codeOf(delays[what]?.(value) as Promise<unknown>)).toBe("options_invalid");
    });

    it.each([...never, ...beyondTimers].map(shown))(
      "that of a plugin: $text",
      async ({ value }) => {
        const entry = { handler: () => undefined, timeoutMs: value };
        const code = await codeOf(
          (async () => await manage({}, { hooks: { tool_pre_invoke: entry } }))(),
        );
        expect(code).toBe("manifest_invalid");
      },
    );

    const limits = ["depth", "nodes", "units", "labels", "headers", "hops", "textUnits"];
    const amounts: Readonly<Record<string, (value: unknown) => object>> = {
      ...Object.fromEntries(
        limits.flatMap((name) => [
          [`limits.${name}`, (value: unknown) => ({ limits: { [name]: value } })],
          [`payloadLimits.${name}`, (value: unknown) => ({ payloadLimits: { [name]: value } })],
        ]),
      ),
      maxInFlight: (maxInFlight) => ({ maxInFlight }),
      maxBackground: (maxBackground) => ({ maxBackground }),
    };
    it.each(Object.keys(amounts))("the amount %s", async (what) => {
      for (const value of [...never, 0.5, 1.5, Number.MAX_VALUE, 2 ** 53])
        expect([value, await codeOf(manage(amounts[what]?.(value) as object))]).toEqual([
          value,
          "options_invalid",
        ]);
    });

    it("the longest timer is accepted", async () => {
      const timeoutMs = 2 ** 31 - 1;
      const health = { poll: true, timeoutMs, intervalMs: timeoutMs };
      const manager = await manage({ timeoutMs, health, audit: { timeoutMs } });
      await manager.close();
      await discover(await newRoot(), { loadTimeoutMs: timeoutMs });
    });
  },
);

attack(
  "A-235",
  "Put structure into an environment variable: JSON, key paths, `__proto__`, other variables, line breaks",
  "one string under one key: nothing in it is parsed or expanded; `__proto__` as a key is refused",
  () => {
    const schema = z.looseObject({});

    /** The configuration of a plugin that also has one from the host. */
    async function configOf(variables: Record<string, string>, configSchema: unknown = schema) {
      const seen: unknown[] = [];
      const tool_pre_invoke = (_payload: unknown, context: { readonly config: unknown }) => {
        seen.push(context.config);
      };
      const env = Object.fromEntries(
        Object.entries(variables).map(([key, text]) => [`GLASSINE_PLUGIN_GUARD_${key}`, text]),
      );
      const config = { guard: { level: { most: 1 } } };
      const manager = await manage(
        { env: { HOME: "/secret", ...env }, config },
        { configSchema, hooks: { tool_pre_invoke } },
      );
      await manager.invoke("tool_pre_invoke", { name: "ls" });
      await manager.close();
      return seen[0];
    }

    const texts = [
      '{"most":9}',
      "[1,2]",
      "null",
      "true",
      "9",
      '"',
      "a\nGLASSINE_PLUGIN_MODE=dev",
      "\u2028",
      "${HOME}",
      "$HOME",
      "%HOME%",
      "{{HOME}}",
      "`id`",
      "$(id)",
      "!!js/undefined",
      "<<: *a",
      "a=b&level.most=9",
      "level[most]=9",
      "x; level=9",
      "a,b",
      "__proto__",
      " ",
    ];
    it.each(texts)("the string %j", async (text) => {
      expect(await configOf({ NOTE: text })).toEqual({ level: { most: 1 }, note: text });
      // It also replaces the host's value, with a string and not with structure.
      expect(await configOf({ LEVEL: text })).toEqual({ level: text });
    });

    it.each(["LEVEL.MOST", "LEVEL[MOST]", "LEVEL__MOST", "LEVEL/MOST", "LEVEL MOST", "A=B"])(
      "the key %s",
      async (key) => {
        expect(await configOf({ [key]: "9" })).toEqual({
          level: { most: 1 },
          [key.toLowerCase()]: "9",
        });
      },
    );

    it.each(["CONSTRUCTOR", "TOSTRING", "VALUEOF", "HASOWNPROPERTY"])(
      "the built-in property %s as a key",
      async (key) => {
        const config = (await configOf({ [key]: "x" })) as object;
        expect(Object.entries(config)).toEqual([
          ["level", { most: 1 }],
          [key.toLowerCase(), "x"],
        ]);
        expect(Object.getPrototypeOf(config)).toBe(Object.getPrototypeOf(await configOf({})));
      },
    );

    it("the key `__proto__`", async () => {
      await expect(configOf({ __PROTO__: "x" })).rejects.toThrow(/ordinary keys, got __proto__/);
      expect(({} as { level?: unknown }).level).toBeUndefined();
    });

    it("is not converted to a number, list or boolean: the schema decides", async () => {
      const wants = (level: z.ZodType) => configOf({ LEVEL: "9" }, z.object({ level }));
      for (const type of [z.number(), z.boolean(), z.array(z.string()), z.object({})])
        await expect(wants(type)).rejects.toMatchObject({ code: "manifest_invalid" });
      expect(await wants(z.coerce.number())).toEqual({ level: 9 });
    });

    it("in a list of publishers is an item, or refused", () => {
      const read = (text: string) =>
        readTrustSettings({ GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: text }).trustedPublishers;
      expect(read("a@b,${HOME}, *, [c]")).toEqual(["a@b", "${HOME}", "*", "[c]"]);
      for (const text of ["a@b\nc@d", "a\0b", "a\u2028b"])
        expect(() => read(text)).toThrow(expect.objectContaining({ code: "setting_invalid" }));
    });
  },
);
