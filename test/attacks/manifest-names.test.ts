/** Capability and manifest escalation: names and registration. */
import { createPluginManager } from "glassine";
import { expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import { call, hook, plugin } from "../dispatch/support.ts";
import { define, manifest, problemsOf } from "../plugins/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const codeOfManager = (plugins: unknown) =>
  createPluginManager({ plugins: plugins as never }).then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );

attack(
  "A-098",
  "Take another plugin's name, a look-alike, or the name of a built-in property",
  "the same name is refused with `plugin_duplicate`, the others with `manifest_invalid`",
  () => {
    it("the same name", async () => {
      verifies("dispatch:checked-first");
      const one = plugin("one", (_p, _c) => undefined);
      const again = plugin("one", (_p, _c) => undefined);
      const two = plugin("two", (_p, _c) => undefined);
      expect(await codeOfManager([one, one])).toBe("plugin_duplicate");
      expect(await codeOfManager([one, two, again])).toBe("plugin_duplicate");
      expect(await codeOfManager([one, { plugin: again, mode: "disabled" }])).toBe(
        "plugin_duplicate",
      );
      await expect(createPluginManager({ plugins: [one, again] })).rejects.toThrow("'one'");
    });

    it.each([
      "One",
      "ONE",
      "\u043ene",
      "on\u0435",
      "o\u200bne",
      "one ",
      "one\n",
      "one\u0000",
      "one/two",
      "../one",
      "..",
      "__proto__",
      "constructor",
      "toString",
      "core",
      "system",
      "host",
      "unknown",
    ])("%j", (name) => {
      expect(codeOf(() => define(manifest({ name })))).toBe("manifest_invalid");
      expect(problemsOf(manifest({ name })).map(({ field }) => field)).toEqual(["name"]);
    });
  },
);

attack(
  "A-099",
  "Register a plugin after the manager is created, or from inside a handler",
  "impossible: a manager has no method to register plugins, and its list is a copy",
  () => {
    it("a list that changes later changes nothing", async () => {
      verifies("dispatch:registered-once");
      const turns: string[] = [];
      const plugins = [
        plugin("one", (_p, _c) => {
          turns.push("one");
          plugins.push(plugin("late", (_payload, _context) => void turns.push("late")));
        }),
      ];
      const manager = await createPluginManager({ plugins });
      plugins.push(plugin("two", (_p, _c) => void turns.push("two")));
      await manager.invoke(hook, call);
      await manager.invoke(hook, call);
      expect(turns).toEqual(["one", "one"]);
      expect(manager.plugins.map(({ name }) => name)).toEqual(["one"]);
    });

    it("the manager is frozen, and has exactly these members", async () => {
      const manager = await createPluginManager({ plugins: [] });
      expect(Object.keys(manager).sort()).toEqual([
        "audit",
        "auditFailures",
        "capabilityReport",
        "checkHealth",
        "close",
        "counts",
        "declassify",
        "developmentUnsignedPlugins",
        "handlersFor",
        "handles",
        "invoke",
        "isAudited",
        "payloadLimits",
        "plugins",
        "routes",
        "setSecrets",
        "streamPlan",
        "strictDelegation",
        "then",
      ]);
      expect(Object.isFrozen(manager)).toBe(true);
      expect(Object.isFrozen(manager.plugins)).toBe(true);
      expect(Object.isFrozen(manager.payloadLimits)).toBe(true);
      expect(manager).toHaveProperty("then", undefined);
      const late = plugin("late", (_p, _c) => undefined);
      expect(() => (manager.plugins as unknown[]).push(late)).toThrow(TypeError);
      expect(() => Object.assign(manager, { plugins: [late] })).toThrow(TypeError);
    });
  },
);
