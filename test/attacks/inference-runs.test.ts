/** Inference of hidden data from a run. */
import { inspect } from "node:util";
import {
  addLabels,
  amend,
  createExtensions,
  createPluginManager,
  definePlugin,
  type Extensions,
  filterExtensions,
  type GlassineError,
  isGlassineError,
  mergeExtensions,
  setHeader,
} from "glassine";
import { expect, it } from "vitest";
import { outcomeOf } from "../../property-tests/support/outcome.ts";
import { refusalOf } from "../data/support.ts";
import {
  type Capability,
  call,
  hook,
  manage,
  type PluginContext,
  plugin,
  type Run,
  runOnce,
  tagger,
} from "../dispatch/support.ts";
import { attack } from "./attack.ts";
import { canary, full, grants, worldWithout } from "./two-worlds.ts";

type Grant = readonly Capability[];
const cases = grants.map((grant) => ({ grant }));
const worldsFor = (grant: Grant) => [full, worldWithout(grant)] as const;

/** Errors that a plugin can make the library throw, using its view. */
const provocations: Record<string, (view: object, context: PluginContext) => unknown> = {
  "a label without the right": (view) => addLabels(view as never, "a"),
  "a header without the right": (view) => setHeader(view as never, "a", "b"),
  "an edit of the wrong type": (view) =>
    amend(view as never, (draft: { security?: unknown }) => {
      draft.security = 1;
    }),
  "an edit of a hidden slot": (view) =>
    amend(view as never, (draft: { agent: { turn: unknown } }) => {
      draft.agent.turn = "x";
    }),
  "a write to the view": (view) => {
    (view as { custom: unknown }).custom = 1;
  },
};

attack(
  "A-087",
  "Look for hidden values in stack traces, call sites, error causes and error details",
  "identical with and without hidden data; no call site exposes a function or receiver of the library",
  () => {
    it.each(Object.entries(provocations))("%s", async (_, provoke) => {
      const caught = [];
      for (const extensions of worldsFor([])) {
        let thrown: unknown;
        const provokes: Run = (_p, context, view) => {
          try {
            provoke(view, context);
          } catch (error) {
            thrown = error;
          }
        };
        await runOnce([plugin("provokes", provokes, { capabilities: [] })], { extensions });
        expect(thrown).toBeInstanceOf(Error);
        const { message, stack, cause } = thrown as Error;
        const details = isGlassineError(thrown) ? (thrown as GlassineError).data : undefined;
        const text = inspect(thrown, { showHidden: true, depth: 9 });
        expect(text + stack).not.toContain(canary);
        caught.push([message, cause, details]);
      }
      expect(caught[1]).toEqual(caught[0]);
    });

    it("call sites", async () => {
      const { prepareStackTrace } = Error;
      const found: unknown[] = [];
      let frames = 0;
      const spies: Run = (_p, _c, view) => {
        Error.prepareStackTrace = (_error, sites) => {
          for (const site of sites) {
            if (site.getFileName()?.includes("/src/") !== true) continue;
            frames += 1;
            found.push(site.getThis(), site.getFunction());
          }
          return "";
        };
        try {
          addLabels(view as never, "a");
        } catch (error) {
          String((error as Error).stack);
        }
        String(new Error("mine").stack);
        Error.prepareStackTrace = prepareStackTrace as never;
      };
      await runOnce([plugin("spies", spies, { capabilities: [] })], { extensions: full });
      expect(frames).toBeGreaterThan(2);
      expect(found.every((each) => each === undefined)).toBe(true);
    });

    it("the caller of a handler in sloppy mode", async () => {
      const found: unknown[] = [];
      const sloppy = new Function(
        "found",
        "return function spies(payload, context, view) { found.push(spies.caller, arguments.callee.caller); }",
      )(found) as Run;
      await runOnce([plugin("spies", sloppy, { capabilities: [] })], { extensions: full });
      expect(found).toEqual([null, null]);
    });
  },
);

attack(
  "A-088",
  "Read from the context how many plugins, labels or headers there are",
  "no field of the context depends on hidden data",
  () => {
    it.each(cases)("with $grant", async ({ grant }) => {
      const texts = [];
      for (const extensions of worldsFor(grant)) {
        let text = "";
        const looks: Run = (_p, context, _view) => {
          const all = { showHidden: true, getters: true, depth: Number.POSITIVE_INFINITY };
          text = inspect(context, all) + inspect(Object.getPrototypeOf(context), all);
        };
        const others = extensions === full ? [tagger("one"), tagger("two", { priority: 200 })] : [];
        await runOnce([...others, plugin("looks", looks, { capabilities: grant })], {
          extensions,
          request: "r",
          operation: { kind: "k" },
        });
        texts.push(text);
      }
      expect(texts[0]).toContain("'looks'");
      expect(texts[1]).toBe(texts[0]);
    });
  },
);

attack(
  "A-089",
  "Infer hidden data from the order of plugins, or from being skipped",
  "both depend only on the payload, the open `mcp` slot and the tenant set by the host, through conditions in manifests",
  () => {
    it("order, turns and skips are the same in both worlds", async () => {
      const runs = [];
      for (const extensions of worldsFor([])) {
        const turns: string[] = [];
        const notes = (name: string, conditions: object, priority: number) =>
          plugin(name, (_p, _c) => void turns.push(name), { conditions, priority });
        const manager = await manage([
          notes("third", { servers: ["*"] }, 1),
          notes("second", { tools: ["add"] }, 9),
          notes("first", { tools: ["a*"], tenants: ["acme"] }, 5),
          notes("never", { tools: [canary] }, 3),
        ]);
        const result = await manager.invoke(hook, call, { extensions, tenant: "acme" });
        runs.push([turns, result.executions.map(({ plugin: name, status }) => [name, status])]);
      }
      expect(runs[1]).toEqual(runs[0]);
      expect(runs[0]?.[0]).toEqual(["first", "second"]);
    });

    it.each(["labels", "roles", "claims", "agents", "headers", "subjects"])(
      "there is no condition on %s",
      async (kind) => {
        const conditions = { [kind]: ["*"] } as never;
        const handler = ((_p: unknown, _c: unknown) => undefined) as never;
        const hooks = { [hook]: { handler, conditions } };
        const define = () => definePlugin({ name: "asks", version: "1.0.0", hooks });
        expect(refusalOf(define).code).toBe("manifest_invalid");
        const made = plugin("asks", (_p, _c) => undefined);
        await expect(
          createPluginManager({ plugins: [{ plugin: made, conditions }] }),
        ).rejects.toMatchObject({ code: "options_invalid" });
      },
    );
  },
);

attack(
  "A-090",
  "Read `delegation.depth` without the capability",
  "the view has no `delegation`",
  () => {
    it.each([[[]], [["read_subject", "append_labels", "write_headers"]]] as const)(
      "with %j",
      (grant) => {
        for (const world of worldsFor(grant)) {
          const { delegation } = filterExtensions(world, grant) as Partial<Extensions>;
          expect(delegation).toBeUndefined();
        }
      },
    );
  },
);

attack(
  "A-091",
  "With `read_roles`, look for the other fields of the subject",
  "they are `undefined`, whether or not they have a value",
  () => {
    const subject = { id: "u", type: "user", roles: ["clerk"] } as const;
    const rich = { ...subject, teams: ["t"], permissions: ["p"], claims: { c: canary } };

    it("by name, by `in`, by own keys and by length", () => {
      const looks = [rich, subject].map((each) => {
        const view = filterExtensions(createExtensions({ security: { subject: each } }), [
          "read_roles",
        ]);
        const shown = view.security?.subject as object;
        return ["id", "roles", "teams", "permissions", "claims"].map((key) => [
          key in shown,
          Object.hasOwn(shown, key),
          Reflect.get(shown, key),
          (Reflect.get(shown, key) as { length?: number } | undefined)?.length,
          Reflect.ownKeys(shown).indexOf(key),
        ]);
      });
      expect(looks[1]).toEqual(looks[0]);
      expect(looks[0]?.[4]).toEqual([true, true, undefined, undefined, expect.any(Number)]);
    });
  },
);

attack(
  "A-092",
  "Write a header that the host withholds from the view, to learn whether it exists",
  "if it exists, the write is ignored; the plugin's next view is the same either way",
  () => {
    const secret = { Authorization: canary };
    const open = { "x-a": "1" };
    /** A host's policy: no plugin sees that header. */
    const cut = (http: Extensions["http"]) => {
      const headers = Object.entries(http?.headers ?? {});
      const shown = headers.filter(([name]) => name.toLowerCase() !== "authorization");
      const world = createExtensions({ http: { headers: Object.fromEntries(shown) } });
      return filterExtensions(world, ["write_headers"]);
    };

    it.each(["authorization", "Authorization", "AUTHORIZATION"])("%s", (name) => {
      const seen = [{ ...secret, ...open }, open].map((headers) => {
        const world = createExtensions({ http: { headers } });
        const view = cut(world.http);
        const returned = setHeader(view, name, "mine");
        const merged = mergeExtensions(world, returned, ["write_headers"], { view }).extensions;
        return { merged, world, next: inspect(cut(merged.http)) };
      });
      expect(seen[0]?.merged).toBe(seen[0]?.world);
      expect(seen[1]?.merged.http?.headers).toEqual({ ...open, [name]: "mine" });
      expect(seen[1]?.next).toBe(seen[0]?.next);
    });

    it.each([false, true])("with others, or up to a limit, strict: %s", (strict) => {
      const many = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, "1"]));
      const returns = [
        { http: { headers: { ...open, authorization: "mine" } }, custom: { k: 1 } },
        { http: { headers: { ...open, ...many(127) } } },
        { http: { headers: { ...open, ...many(128) } } },
        { http: { headers: { ...open, ...many(126), authorization: "mine" } } },
      ];
      const [withSecret, without] = [{ ...secret, ...open }, open].map((headers) =>
        returns.map((returned) => {
          const world = createExtensions({ http: { headers } });
          const view = cut(world.http);
          const run = () => mergeExtensions(world, returned, ["write_headers"], { view, strict });
          const outcome = outcomeOf(run);
          if (!outcome.ok) return outcome.code;
          const { extensions } = outcome.value;
          expect(extensions.http?.headers).toMatchObject(headers);
          return inspect([cut(extensions.http), extensions.custom]);
        }),
      );
      expect(withSecret).toEqual(without);
      expect(without?.[2]).toBe("snapshot_limit");
    });
  },
);
