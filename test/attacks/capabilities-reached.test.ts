/** Capability and manifest escalation: access to hooks, envelopes and other plugins' views. */
import {
  createExtensions,
  declassify,
  definePlugin,
  filterExtensions,
  mergeExtensions,
  setHeader,
} from "glassine";
import { health } from "glassine/audit";
import { expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import {
  adds,
  call,
  type FullView,
  hook,
  labelsOf,
  manage,
  plugin,
  type Run,
  runOnce,
} from "../dispatch/support.ts";
import { manifest, problemsOf } from "../plugins/support.ts";
import { attack } from "./attack.ts";
import { everything, extensions } from "./escalation.ts";

attack(
  "A-107",
  "Have an init, shutdown or health hook receive the whole envelope",
  "refused with `manifest_invalid`: besides handlers only `healthCheck` is called, without an envelope",
  () => {
    it.each(["init", "initialize", "setup", "shutdown", "close", "onLoad", "health_check"])(
      "a manifest with %s",
      (field) => {
        const problems = problemsOf(manifest({ [field]: () => undefined }));
        expect(problems.map((problem) => problem.field)).toEqual([field]);
      },
    );

    it.each(["init", "initialize", "shutdown", "health_check"])("a hook %s", (name) => {
      expect(problemsOf(manifest({ hooks: { [name]: (p: unknown) => void p } }))).toMatchObject([
        { field: "hooks", message: expect.stringContaining(`unknown plugin hooks: ${name}`) },
      ]);
    });

    it("a health check receives a context without any request data", async () => {
      const given: unknown[][] = [];
      const checked = definePlugin({
        name: "one",
        version: "1.0.0",
        capabilities: everything as never,
        hooks: {
          [hook]: (_payload: unknown, _context: unknown, _extensions: unknown) => undefined,
        },
        healthCheck: (...args: unknown[]) => {
          given.push(args);
          const [context] = args as [
            { operation: unknown; hook: string; state: Map<unknown, unknown> },
          ];
          expect(context.operation).toBeUndefined();
          expect(context.hook).toBe("health_check");
          expect(context.state.size).toBe(0);
          return health("healthy");
        },
      });
      const manager = await manage([checked]);
      await manager.invoke(hook, call, { extensions });
      expect(await manager.checkHealth()).toMatchObject([{ status: "healthy" }]);
      expect(given.map((args) => args.length)).toEqual([1]);
      const [[context] = []] = given;
      expect(() => (context as { state: unknown }).state).toThrow("has ended");
    });

    it("defining, registering, checking health and closing call no handler", async () => {
      const turns: unknown[] = [];
      const manager = await manage([
        plugin("one", (...given) => void turns.push(given), {
          extensions: true,
        }),
      ]);
      expect(manager.handles(hook)).toBe(true);
      await manager.close();
      expect(turns).toEqual([]);
    });
  },
);
attack(
  "A-108",
  "Call the exported filter and merge with more capabilities and a guessed envelope",
  "works on the plugin's own data; the envelope of the run stays out of reach",
  () => {
    it("filtering a view again reveals nothing", async () => {
      const opened: string[] = [];
      const tries: Run = (_p, _c, view) => {
        for (const attempt of [
          () => filterExtensions(view as never, everything),
          () => mergeExtensions(view as never, {}, everything).extensions,
          () => createExtensions(view as never),
        ]) {
          try {
            opened.push(JSON.stringify(attempt()));
          } catch (error) {
            opened.push((error as { code: string }).code);
          }
        }
      };
      await runOnce([plugin("tries", tries, { capabilities: [] })], { extensions });
      expect(opened).toHaveLength(3);
      for (const each of opened) expect(each).not.toMatch(/SECRET|Bearer|admin|gold/);
    });

    it("returning an envelope of its own, however broad, gains nothing", async () => {
      const forges: Run = () => {
        const own = createExtensions({
          security: { labels: ["SECRET", "forged"], subject: { id: "root", type: "user" } },
          http: { headers: { Authorization: "Bearer forged" } },
        });
        const view = filterExtensions(own, everything);
        return { modifiedExtensions: setHeader(view as never, "X-Forged", "1") };
      };
      const result = await runOnce(
        [plugin("forges", forges, { capabilities: [], extensions: true })],
        { extensions },
      );
      expect(result.extensions).toBe(extensions);
      expect(result.rejections.map(({ path, code }) => [path, code])).toEqual([
        ["http", "capability_missing"],
        ["security.labels", "capability_missing"],
        ["security.subject", "tier_immutable"],
      ]);
    });

    it("the exported declassify does not remove a label", async () => {
      const codes: string[] = [];
      const takes: Run = (_p, _c, view) => {
        const words = { labels: ["SECRET"], reason: "none", authority: "me" };
        codes.push(codeOf(() => declassify(view as never, words)));
        const own = declassify(createExtensions({ security: { labels: ["SECRET", "x"] } }), words);
        return { modifiedExtensions: own.extensions };
      };
      const result = await runOnce([plugin("takes", takes)], { extensions });
      expect(codes).toEqual(["declassify_refused"]);
      expect(result.violation?.code).toBe("tier_monotonic");
      expect(labelsOf(result)).toEqual(["SECRET"]);
    });
  },
);

attack(
  "A-109",
  "Name a hook that does not exist, or a built-in property as a hook",
  "refused with `manifest_invalid` when defined, and with `hook_unknown` when invoked",
  () => {
    it.each(["__proto__", "toString", "constructor", "hasOwnProperty", "tool_pre_invok", "*", ""])(
      "%j",
      async (name) => {
        const hooks = JSON.parse(`{${JSON.stringify(name)}: 1}`) as object;
        expect(problemsOf(manifest({ hooks }))).toMatchObject([
          { field: "hooks", message: expect.stringMatching(/^unknown plugin hooks: /) },
        ]);
        const manager = await manage([]);
        await expect(manager.invoke(name as never, call as never)).rejects.toMatchObject({
          code: "hook_unknown",
        });
        expect(codeOf(() => manager.handles(name as never))).toBe("hook_unknown");
        expect(hook in {}).toBe(false);
        expect(String({})).toBe("[object Object]");
      },
    );
  },
);

attack(
  "A-110",
  "Share views between two plugins through a global",
  "not prevented in one process; neither plugin can write beyond its own capabilities",
  () => {
    it("a reader of labels and a writer of headers", async () => {
      const pool: FullView[] = [];
      const reads: Run = (_p, _c, view) => {
        pool.push(view);
      };
      const writes: Run = (_p, _c, view) => ({
        modifiedExtensions: {
          ...setHeader(view, "X-Labels", String(pool[0]?.security.labels)),
          security: { labels: [...(pool[0]?.security.labels ?? []), "forged"] },
        },
      });
      const result = await runOnce(
        [
          plugin("reads", reads, { capabilities: ["read_labels"] }),
          plugin("writes", writes, { capabilities: ["write_headers"] }),
        ],
        { extensions },
      );
      expect(result.extensions.http?.headers).toMatchObject({ "X-Labels": "SECRET" });
      expect(labelsOf(result)).toEqual(["SECRET"]);
      expect(result.rejections).toMatchObject([
        { plugin: "writes", path: "security.labels", code: "capability_missing" },
      ]);
    });

    it("one plugin's view, returned by another, is compared with the other's own", async () => {
      const pool: FullView[] = [];
      const lends: Run = (payload, context, view) => {
        pool.push(view);
        return adds("lent")(payload, context, view);
      };
      const result = await runOnce(
        [
          plugin("lends", lends, { capabilities: ["append_labels", "read_headers"] }),
          plugin("returns", (_p, _c, _v) => ({ modifiedExtensions: pool[0] }), {
            capabilities: ["append_labels"],
          }),
        ],
        { extensions },
      );
      // It saw the label added in between, and returns a view without it.
      expect(result.violation).toMatchObject({ plugin: "returns", code: "tier_monotonic" });
      expect(labelsOf(result)).toEqual(["SECRET", "lent"]);
      expect(result.extensions.http).toBe(extensions.http);
    });
  },
);
