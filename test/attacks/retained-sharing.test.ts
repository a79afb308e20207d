/** Shared objects and private fields. */
import { addLabels, filterExtensions, mergeExtensions } from "glassine";
import { freezePayload } from "glassine/messages";
import { expect, it } from "vitest";
import {
  adds,
  call,
  hook,
  labelled,
  labelsOf,
  manage,
  type PluginContext,
  plugin,
  type Run,
  tagger,
} from "../dispatch/support.ts";
import { attack } from "./attack.ts";

attack(
  "A-059",
  "Stash data on the context or in shared state to reach another plugin",
  "each plugin has its own state; no other object that plugins receive can hold data",
  () => {
    it("state, context, configuration and facts", async () => {
      const contexts: PluginContext[] = [];
      const states: Map<unknown, unknown>[] = [];
      const objects = (context: PluginContext) =>
        [
          context,
          context.plugin,
          context.capabilities,
          context.config,
          context.operation,
        ] as object[];
      const stashes: Run = (_p, context) => {
        contexts.push(context);
        states.push(context.state);
        expect(context.state.size).toBe(0);
        context.state.set("stash", context.plugin.name);
        expect(Object.hasOwn(context, "global")).toBe(false);
        for (const value of objects(context)) {
          // Data on a context is lost with it: each call has its own.
          expect(Reflect.set(value, "stash", context.plugin.name)).toBe(value === context);
        }
        expect(Reflect.set(Object.getPrototypeOf(context) as object, "stash", 1)).toBe(false);
      };
      const config = { shared: [1] };
      const manager = await manage([
        { plugin: plugin("one-plugin", stashes), config },
        { plugin: plugin("two-plugin", stashes), config },
      ]);
      const result = await manager.invoke(hook, call, { operation: { shared: [1] } });
      expect([result.continueProcessing, result.errors]).toEqual([true, []]);
      expect(states[0]).not.toBe(states[1]);
      expect(contexts[0]).not.toBe(contexts[1]);
      expect(contexts[0]?.config).not.toBe(config);
    });
  },
);

/** Returns its argument from the constructor, so that a subclass's field is added to it. */
class Override {
  constructor(value: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the trick is to return another object.
    return value;
  }
}
class Stamped extends Override {
  #stamp = "forged";
  static has(value: object): boolean {
    return #stamp in value;
  }
}

attack(
  "A-060",
  "Add a private field to frozen views, payloads and contexts by returning them from a constructor",
  "visible only to the class that added it; the library's own private state is unchanged",
  () => {
    it("on what a handler received", async () => {
      let stamped = 0;
      const stamps: Run = (payload, context, view) => {
        for (const value of [payload, payload.args, view, view.security, context]) {
          try {
            new Stamped(value);
          } catch (error) {
            // An engine may refuse private fields on frozen objects; that is fine too.
            expect(error).toBeInstanceOf(TypeError);
          }
          if (Stamped.has(value)) stamped += 1;
        }
        return { modifiedPayload: payload, modifiedExtensions: view };
      };
      const extensions = labelled("PII");
      const bytes = JSON.stringify([extensions, call]);
      const manager = await manage([plugin("stamps", stamps), plugin("looks", stamps)]);
      for (let i = 0; i < 2; i++) {
        const result = await manager.invoke(hook, call, { extensions });
        expect(result.payload).toBe(call);
        expect(result.extensions).toBe(extensions);
        expect(result.rejections).toEqual([]);
      }
      expect(JSON.stringify([extensions, call])).toBe(bytes);
      expect([0, 20]).toContain(stamped);
    });

    it("on a context that is then used: as parent, for its state, for its signal", async () => {
      const inner = await manage([tagger("inner")]);
      const seen: unknown[] = [];
      const stamps: Run = async (payload, context, view) => {
        expect(Stamped.has(new Stamped(context))).toBe(true);
        context.state.set("note", 1);
        seen.push(context.state.get("note"), context.signal.aborted, context.plugin.name);
        const result = await inner.invoke(hook, payload, { parent: context });
        seen.push(labelsOf(result), result.context.request === context.request);
        return adds("own")(payload, context, view);
      };
      const manager = await manage([plugin("stamps", stamps, { extensions: true })]);
      const result = await manager.invoke(hook, call, { extensions: labelled("PII") });
      expect(seen).toEqual([1, false, "stamps", ["inner"], true]);
      expect(labelsOf(result)).toEqual(["PII", "inner", "own"]);
    });

    it("on an envelope, a view, a plugin and a result's context: the library still recognises them", async () => {
      const stamp = <Value extends object>(value: Value): Value => {
        expect(Stamped.has(new Stamped(value))).toBe(true);
        return value;
      };
      const extensions = stamp(labelled("PII"));
      const view = stamp(filterExtensions(extensions, ["append_labels"]));
      const proposal = addLabels(view, "own");
      const { extensions: merged } = mergeExtensions(extensions, proposal, ["append_labels"], {
        view,
      });
      expect(merged.security?.labels).toEqual(["PII", "own"]);
      const states: unknown[] = [];
      const keeps = stamp(
        plugin("keeps", (_p, context) => {
          states.push(context.state.get("note"));
          context.state.set("note", 1);
        }),
      );
      const manager = stamp(await manage([keeps]));
      const payload = stamp(freezePayload({ name: "stamped", args: {} }));
      const first = await manager.invoke(hook, payload, { extensions });
      expect(first.payload).toBe(payload);
      expect(first.extensions).toBe(extensions);
      await manager.invoke(hook, call, { context: stamp(first.context) });
      expect(states).toEqual([undefined, 1]);
    });
  },
);
