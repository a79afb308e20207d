/** Capability and manifest escalation: what a manifest claims. */
import { createPluginManager, definePlugin } from "glassine";
import { describe, expect, it, vi } from "vitest";
import {
  type Capability,
  call,
  type FullView,
  hook,
  labelled,
  plugin,
} from "../dispatch/support.ts";
import { define, manifest, problemsOf, withHandler } from "../plugins/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

/** Each faulty field once. */
const faultsOf = (input: unknown) => [...new Set(problemsOf(input).map(({ field }) => field))];

const codeOfManager = (plugins: unknown) =>
  createPluginManager({ plugins: plugins as never }).then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );

attack(
  "A-093",
  "Add to the manifest's capabilities after the plugin is defined, or while it runs",
  "no effect: the declaration is read once, and what is exposed of it is frozen",
  () => {
    it("from outside and from inside a handler", async () => {
      verifies("dispatch:registered-once");
      const capabilities: Capability[] = [];
      const views: FullView[] = [];
      const pushed: unknown[] = [];
      const escalating = definePlugin({
        name: "escalating",
        version: "1.0.0",
        capabilities,
        hooks: {
          [hook]: (_payload: unknown, context: { capabilities: unknown }, view: unknown) => {
            views.push(view as FullView);
            capabilities.push("read_headers");
            try {
              pushed.push((context.capabilities as string[]).push("read_labels"));
            } catch (error) {
              pushed.push((error as Error).name);
            }
          },
        },
      } as never);
      capabilities.push("read_labels");
      const manager = await createPluginManager({ plugins: [escalating] });
      capabilities.push("append_labels");
      expect(() =>
        (escalating.capabilities as readonly string[] as string[]).push("read_labels"),
      ).toThrow(TypeError);
      const extensions = labelled("PII");
      await manager.invoke(hook, call, { extensions });
      const { executions, errors } = await manager.invoke(hook, call, { extensions });
      expect(pushed).toEqual(["TypeError", "TypeError"]);
      expect(errors).toEqual([]);
      expect(views.map(({ security }) => security?.labels)).toEqual([undefined, undefined]);
      expect(executions[0]?.saw).not.toContain("security.labels");
      expect(manager.plugins[0]?.capabilities).toEqual([]);
    });
  },
);

attack(
  "A-094",
  "Declare with getters that return something else the next time",
  "refused with `manifest_invalid`; no getter runs",
  () => {
    const counted = (target: object, field: string, value: unknown) => {
      const get = vi.fn(() => value);
      Object.defineProperty(target, field, { enumerable: true, get });
      return get;
    };

    it.each(["name", "version", "description", "capabilities", "hooks", "dependsOn", "other"])(
      "for %s",
      (field) => {
        const input = manifest();
        const get = counted(input, field, "1.0.0");
        expect(faultsOf(input)).toContain(field);
        expect(get).not.toHaveBeenCalled();
      },
    );

    it("for a hook", () => {
      const hooks = {};
      const get = counted(hooks, hook, (payload: unknown) => void payload);
      expect(faultsOf(manifest({ hooks }))).toEqual(["hooks"]);
      expect(get).not.toHaveBeenCalled();
    });

    it.each(["handler", "extensions", "mode", "priority", "onError", "timeoutMs", "conditions"])(
      "for %s of an entry, which is not a setting either",
      (field) => {
        const entry = { handler: (payload: unknown) => void payload };
        const get = counted(entry, field, undefined);
        expect(faultsOf(withHandler(entry))).toContain("hooks");
        expect(get).not.toHaveBeenCalled();
      },
    );

    it("for an element of the capabilities", () => {
      const capabilities: string[] = [];
      const get = counted(capabilities, "0", "read_labels");
      expect(faultsOf(manifest({ capabilities }))).toEqual(["capabilities"]);
      expect(get).not.toHaveBeenCalled();
    });

    it("for a condition or its list, or with a proxy of them", () => {
      const trap = vi.fn(() => undefined);
      const handler = (payload: unknown) => void payload;
      const ticking = {};
      const get = counted(ticking, "tools", ["add"]);
      const traps = { get: trap, getOwnPropertyDescriptor: trap };
      for (const conditions of [
        ticking,
        new Proxy({ tools: ["add"] }, traps),
        { tools: new Proxy(["add"], traps) },
      ]) {
        expect(faultsOf(withHandler({ handler, conditions }))).toEqual(["hooks"]);
      }
      expect(get).not.toHaveBeenCalled();
      expect(trap).not.toHaveBeenCalled();
    });
  },
);

attack(
  "A-095",
  "Declare with a proxy, a class instance, inherited fields or a `__proto__` key",
  "refused with `manifest_invalid`; no trap runs and no prototype changes",
  () => {
    const traps = vi.fn(() => {
      throw new Error("trapped");
    });
    const everyTrap = new Proxy({}, { get: () => traps });
    const inherited = (fields: object) => Object.create(manifest(fields)) as object;

    it.each<[string, unknown, string]>([
      ["a class instance", new (class Manifest {})(), "(manifest)"],
      ["a proxy", new Proxy(manifest(), everyTrap), "(manifest)"],
      ["inherited fields", inherited({ capabilities: ["read_labels"] }), "(manifest)"],
      [
        "capabilities that are a proxy",
        manifest({ capabilities: new Proxy(["read_labels"], everyTrap) }),
        "capabilities",
      ],
      ["hooks that are a proxy", manifest({ hooks: new Proxy({}, everyTrap) }), "hooks"],
      ["an entry that is a proxy", withHandler(new Proxy({}, everyTrap)), "hooks"],
      [
        "an own __proto__",
        Object.assign(JSON.parse('{"__proto__": {"capabilities": ["read_labels"]}}'), manifest()),
        "__proto__",
      ],
      [
        "a __proto__ that was set",
        { ...manifest(), __proto__: { capabilities: ["read_labels"] } },
        "(manifest)",
      ],
    ])("%s", (_what, input, field) => {
      expect(faultsOf(input)).toEqual([field]);
      expect(traps).not.toHaveBeenCalled();
    });
  },
);

attack(
  "A-096",
  "Request a capability by another spelling, a pattern or the name of a built-in property",
  "refused with `manifest_invalid` as unknown; if the operator grants it, with `capability_unknown`",
  () => {
    describe.each([
      "READ_LABELS",
      "Read_Labels",
      " read_labels",
      "read_labels ",
      "read_labels\n",
      "read_labels\u0000",
      "read-labels",
      "read_label\u0455",
      "\uff52ead_labels",
      "read_*",
      "*",
      "",
      "__proto__",
      "constructor",
      "toString",
    ])("%j", (name) => {
      it("in the manifest", () => {
        expect(problemsOf(manifest({ capabilities: ["read_labels", name] }))).toEqual([
          {
            field: "capabilities",
            message: expect.stringMatching(/^unknown plugin capabilities: /),
          },
        ]);
      });

      it("in the operator's grant", async () => {
        const reads = plugin("reads", (_p, _c) => undefined);
        expect(await codeOfManager([{ plugin: reads, grant: [name] }])).toBe("capability_unknown");
      });
    });
  },
);

attack(
  "A-097",
  "Repeat a capability, list a hundred thousand, or hide them in another kind of list",
  "duplicates count once; the rest is refused with `manifest_invalid`",
  () => {
    it("repeats", () => {
      const capabilities = ["read_roles", "read_labels", "read_roles", "read_labels"];
      expect(define(manifest({ capabilities })).capabilities).toEqual([
        "read_labels",
        "read_roles",
      ]);
    });

    it.each([
      ["a Set", new Set(["read_labels"])],
      ["an array-like", { 0: "read_labels", length: 1 }],
      ["a string", "read_labels"],
      ["an array of another kind", new (class Names extends Array<string> {})()],
      ["a sparse array", Object.assign([], { 2: "read_labels" })],
      ["an array with a number", ["read_labels", 3]],
      ["an array with a nested one", [["read_labels"]]],
      ["an array with a String object", [Object("read_labels")]],
      ["a huge array", Array.from({ length: 100_000 }, () => "read_labels")],
      ["an array that claims to be huge", Object.assign([], { length: 2 ** 32 - 1 })],
    ])("%s", (_what, capabilities) => {
      expect(problemsOf(manifest({ capabilities }))).toEqual([
        { field: "capabilities", message: "capabilities must be an array of names" },
      ]);
    });
  },
);
