import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { AuditEvent } from "../../src/audit.ts";
import { defineHost } from "../../src/host.ts";
import {
  addLabels,
  allow,
  createExtensions,
  deny,
  type PluginContext,
  RejectError,
} from "../../src/index.ts";
import { verifies } from "../support/verifies.ts";
import { hooks, host, kept, managerOf, plugin, rejection } from "./support.ts";

describe("runs of every semantic", () => {
  it("PH-046: a manager without plugins returns each hook's default, and audits nothing", async () => {
    const events: AuditEvent[] = [];
    const manager = await managerOf([], { audit: { sink: (event) => events.push(event) } });
    expect(await manager.invoke("vote", {})).toBe(allow());
    expect(await manager.invoke("value", 7)).toBe(7);
    expect({ ...(await manager.invoke("scores", [])) }).toEqual({});
    expect(await manager.invoke("happened", {})).toBeUndefined();
    expect(await manager.invoke("happened_strictly", {})).toBeUndefined();
    expect(events).toEqual([]);
  });

  it("PH-039: an unknown hook is refused, when it is invoked and when it is registered", async () => {
    const manager = await managerOf([]);
    const error = await rejection(manager.invoke("nope" as never, {} as never));
    expect(error).toMatchObject({ name: "ManifestError", message: "unknown hook 'nope'" });
    expect(() => plugin("aaa", { nope: (_: never) => undefined } as never)).toThrow(
      "unknown plugin hooks: nope",
    );
    // @ts-expect-error: the hook is not in the surface.
    manager.invoke("nope", {}).catch(() => undefined);
  });

  it.each([
    [0, "handler timeout must be positive"],
    [-1, "handler timeout must be positive"],
    [Number.NaN, "timeoutMs must be a number"],
    ["5", "timeoutMs must be a number"],
    [2 ** 31, "handler timeout cannot exceed"],
  ])("PH-040: a manager's or an item's timeout of %s is refused", async (timeoutMs, text) => {
    const word = { timeoutMs: timeoutMs as number };
    await expect(managerOf([], word)).rejects.toThrow(text);
    const voter = plugin("aaa", { vote: (_) => allow() });
    await expect(managerOf([{ plugin: voter, ...word }])).rejects.toThrow(text);
  });

  it("PH-066: a plugin with a deadline too long for this host is refused as a whole", async () => {
    const short = defineHost({ hooks, profile: { maxTimeoutMs: 30_000 } });
    let runs = 0;
    const slow = (timeoutMs: number) =>
      plugin("aaa", {
        vote: {
          handler: (_) => {
            runs += 1;
            return allow();
          },
          timeoutMs,
        },
      });
    const making = (timeoutMs: number) =>
      short.createPluginManager({ plugins: [slow(timeoutMs)], logger: {} });
    await expect(making(99_000)).rejects.toThrow("handler timeout cannot exceed 30 seconds");
    expect(runs).toBe(0);
    const manager = await making(30_000);
    expect(await manager.invoke("vote", {})).toBe(allow());
  });

  it("PH-047: a handler may start a run of another hook", async () => {
    const order: string[] = [];
    let start: (context: object) => Promise<unknown> = async () => undefined;
    const manager = await managerOf([
      plugin("aaa", {
        vote: async (_, context: object) => {
          order.push("vote aaa");
          await start(context);
          order.push("vote aaa ends");
          return allow();
        },
        happened: (_) => order.push("happened aaa"),
      }),
      plugin("bbb", {
        vote: (_) => {
          order.push("vote bbb");
          return allow();
        },
        happened: (_) => order.push("happened bbb"),
      }),
    ]);
    start = (context) => manager.invoke("happened", {}, { parent: context });
    expect(await manager.invoke("vote", {})).toBe(allow());
    expect(order).toEqual([
      "vote aaa",
      "happened aaa",
      "happened bbb",
      "vote aaa ends",
      "vote bbb",
    ]);
  });

  it("runs nest up to a limit", async () => {
    let again: (context: object) => Promise<unknown> = async () => undefined;
    const manager = await managerOf([
      plugin("aaa", {
        vote: async (_, context: object) => {
          await again(context);
          return allow();
        },
      }),
    ]);
    again = (context) => manager.invoke("vote", {}, { parent: context });
    await expect(manager.invoke("vote", {})).rejects.toThrow("nested more than 8 deep");
  });

  it("labels added in a nested run of another semantic reach the outer message", async () => {
    let filter: (context: object) => Promise<unknown> = async () => undefined;
    let message: (context: object) => Promise<unknown> = async () => undefined;
    const tagger = host.definePlugin({
      name: "tagger",
      version: "1.0.0",
      capabilities: ["append_labels"],
      hooks: {
        "cmf.llm_output": (_message, _context, extensions) => ({
          modifiedExtensions: addLabels(extensions, ["SECRET"]),
        }),
      },
    });
    const outer = host.definePlugin({
      name: "outer",
      version: "1.0.0",
      hooks: {
        "cmf.llm_input": async (_message, context) => {
          await filter(context);
        },
        value: async (value, context) => {
          await message(context);
          return value;
        },
      },
    });
    const manager = await managerOf([tagger, outer]);
    filter = (context) => manager.invoke("value", 1, { parent: context });
    message = (context) => manager.invoke("cmf.llm_output", { role: "user" }, { parent: context });
    const result = await manager.invoke("cmf.llm_input", { role: "user" });
    expect(result.extensions.security?.labels).toEqual(["SECRET"]);
  });

  it("a run of a message hook nested in one of another semantic alone keeps its labels", async () => {
    const tags = host.definePlugin({
      name: "tags",
      version: "1.0.0",
      capabilities: ["append_labels"],
      hooks: {
        "cmf.llm_output": (_message, _context, extensions) => ({
          modifiedExtensions: addLabels(extensions, "SECRET"),
        }),
        value: async (value, context) => {
          const options = { parent: context, extensions: createExtensions({}) };
          const inner = await manager.invoke("cmf.llm_output", { role: "user" }, options);
          return [value, inner.violation?.code ?? inner.extensions.security?.labels ?? "none"];
        },
      },
    });
    const manager: Awaited<ReturnType<typeof managerOf>> = await managerOf([tags]);
    expect(await manager.invoke("value", 1)).toEqual([1, ["SECRET"]]);
  });

  it("handlers of every semantic see what their capabilities open, and nothing else", async () => {
    const seen: unknown[] = [];
    const look = (extensions: { security?: { labels?: unknown; subject?: { roles?: unknown } } }) =>
      seen.push([extensions.security?.labels, extensions.security?.subject?.roles]);
    const reader = host.definePlugin({
      name: "reader",
      version: "1.0.0",
      capabilities: ["read_labels"],
      hooks: {
        vote: (_facts, _context, extensions) => {
          look(extensions as never);
          return allow();
        },
        value: (value, _context, extensions) => {
          look(extensions as never);
          return value;
        },
        scores: (_list, _context, extensions) => {
          look(extensions as never);
          return {};
        },
        happened: (_facts, _context, extensions) => look(extensions as never),
      },
    });
    const extensions = createExtensions({
      security: { labels: ["PII"], subject: { id: "ada", type: "user", roles: ["admin"] } },
    });
    const manager = await managerOf([reader]);
    await manager.invoke("vote", {}, { extensions });
    await manager.invoke("value", 1, { extensions });
    await manager.invoke("scores", [], { extensions });
    await manager.invoke("happened", {}, { extensions });
    expect(seen).toEqual(Array.from({ length: 4 }, () => [["PII"], undefined]));
  });

  it("facts of a known shape are checked, and their defaults filled in", async () => {
    const seen: unknown[] = [];
    const manager = await managerOf([
      host.definePlugin({
        name: "aaa",
        version: "1.0.0",
        hooks: {
          typed: ({ source }, { operation }) => {
            seen.push([source, operation.depth, operation.weight]);
            return allow();
          },
        },
      }),
    ]);
    await manager.invoke("typed", { source: "a" });
    await manager.invoke("typed", { source: "b" }, { operation: { depth: 1, weight: 0.5 } });
    expect(seen).toEqual([
      ["a", 3, undefined],
      ["b", 1, 0.5],
    ]);
    const wrong = manager.invoke("typed", { source: "c" }, { operation: { depth: "x" } as never });
    await expect(wrong).rejects.toMatchObject({ code: "options_invalid" });
    const none = manager.invoke("typed", {} as never);
    await expect(none).rejects.toMatchObject({ code: "payload_invalid" });
  });

  it("state is private to a plugin, and goes with the request", async () => {
    const manager = await managerOf([
      plugin("aaa", {
        vote: (_, { state }: PluginContext) => {
          const count = ((state.get("count") as number | undefined) ?? 0) + 1;
          state.set("count", count);
          return count === 2 ? deny("twice") : allow();
        },
      }),
    ]);
    const { context } = await manager.invoke("cmf.llm_input", { role: "user" });
    expect(await manager.invoke("vote", {}, { context })).toBe(allow());
    expect(await manager.invoke("vote", {}, { context })).toMatchObject({ reason: "twice" });
    expect(await manager.invoke("vote", {})).toBe(allow());
  });

  it("PH-105: credentials of a request are in no record and no line of the log", async () => {
    const { lines, logger } = kept();
    const events: AuditEvent[] = [];
    const manager = await managerOf(
      [
        plugin("aaa", {
          happened: (_) => {
            throw new Error("cannot read hunter2-credential of ada");
          },
        }),
      ],
      { logger, audit: { sink: (event) => events.push(event) } },
    );
    await manager.invoke("happened", {}, { secrets: ["hunter2-credential"] });
    const reported = JSON.stringify([lines, events]);
    expect(reported).toContain("cannot read [REDACTED] of ada");
    expect(reported).not.toContain("hunter2");
    await expect(manager.invoke("happened", {}, { secrets: [""] })).rejects.toThrow(
      "secrets must be",
    );
  });

  it("PH-105: numbers, short strings and lines of a configuration are in no free text", async () => {
    verifies("plugins:config-secrets", "audit:redacted-request");
    const { lines, logger } = kept();
    const events: AuditEvent[] = [];
    const api = "line1 s3cr3t/€\nline2-key";
    const deep = [{ key: "d33p-key" }];
    const config = { pin: 98_765_432, code: "abc", deep, api, small: 999, level: "error" };
    const pinner = plugin("pinner", {
      happened: (_: unknown, context: PluginContext) => {
        const given = context.config as typeof config;
        const { pin, code, small } = given;
        const forms = `${JSON.stringify(api)} ${encodeURIComponent(api)} ${api.toUpperCase()}`;
        throw new TypeError(
          `pin ${pin}, code ${code}, abcd, ${small}, ${given.deep[0]?.key}, line2-key ${forms}`,
        );
      },
    });
    const audit = { sink: (event: AuditEvent) => events.push(event) };
    const manager = await managerOf([{ plugin: pinner, config }], { logger, audit });
    await manager.invoke("happened", {});
    await manager.close();
    const said = "pin [REDACTED], code [REDACTED], abcd, 999, [REDACTED], [REDACTED]";
    expect(lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    expect(lines.at(-1)).toContain(said);
    expect(events.at(-1)?.metadata.error).toContain(said);
    // A class of the language stays, though the configuration has a part of its name.
    expect(events.at(-1)?.metadata.error_type).toBe("TypeError");
    expect(JSON.stringify([lines, events])).not.toMatch(/s3cr3t|line2|d33p|98765432/i);
  });

  it.each([
    ["what was thrown is no error", "boom", "string"],
    ["a plain object was thrown", { a: 1 }, "Object"],
    [
      "a deadline of the runtime was missed",
      new DOMException("late", "TimeoutError"),
      "TimeoutError",
    ],
    [
      "the class is the plugin's own",
      Object.assign(new Error("a"), { name: "Lot7Error" }),
      "[REDACTED]Error",
    ],
  ])(
    "PH-105: a type that everybody knows stays whatever the configuration says, if %s",
    async (_why, thrown, type) => {
      verifies("audit:redacted-request");
      const events: AuditEvent[] = [];
      const thrower = plugin("thrower", {
        happened: (_: unknown) => {
          throw thrown;
        },
      });
      const config = { lot: "Lot7", words: ["string", "object", "timeout"] };
      const audit = { sink: (event: AuditEvent) => events.push(event) };
      const manager = await managerOf([{ plugin: thrower, config }], { logger: {}, audit });
      await manager.invoke("happened", {});
      await manager.close();
      expect(events.at(-1)?.metadata.error_type).toBe(type);
    },
  );

  it("a function's name is escaped in messages", async () => {
    verifies("plugins:failure");
    const forged = Object.defineProperty((_: unknown) => 3, "name", {
      value: "x' failed for hook 'audit_emit': disk full; handler 'core\\",
    });
    const manager = await managerOf([plugin("voter", { vote: forged })]);
    const error = await rejection(manager.invoke("vote", {}));
    expect(error.message).toBe(
      "handler 'voter.x\\u{27} failed for hook \\u{27}audit_emit\\u{27}: disk full; handler \\u{27}core\\u{5c}' returned number; expected Allow or Deny",
    );
  });

  it("a handler's error goes to the host's onHandlerError, as on message hooks", async () => {
    const thrown: unknown[] = [];
    const error = new Error("oops");
    const manager = await managerOf(
      [
        plugin("aaa", {
          happened: (_) => {
            throw error;
          },
        }),
      ],
      { onHandlerError: (what, at) => thrown.push([what, at]) },
    );
    await manager.invoke("happened", {}, { request: "r-1" });
    const at = { plugin: "aaa", hook: "happened", request: "r-1", code: "handler_error" };
    expect(thrown).toEqual([[error, at]]);
  });

  it("PH-103: all reports of overlapping runs arrive", async () => {
    const events: AuditEvent[] = [];
    const manager = await managerOf(
      [
        plugin("aaa", {
          happened: async (_) => {
            await new Promise((resolve) => setTimeout(resolve, 1));
            throw new Error("late");
          },
        }),
      ],
      {
        audit: {
          sink: async (event) => {
            await new Promise((resolve) => setTimeout(resolve, 2));
            events.push(event);
          },
        },
      },
    );
    await Promise.all([manager.invoke("happened", {}), manager.invoke("happened", {})]);
    await manager.close();
    expect(events.filter(({ eventType }) => eventType === "plugin.handler_error")).toHaveLength(2);
  });
});

describe("message hooks", () => {
  it("a RejectError denies there, too", async () => {
    const manager = await managerOf([
      plugin("aaa", {
        message_pre_invoke: (_: unknown) => {
          throw new RejectError("not this way");
        },
      } as never),
    ]);
    const result = await manager.invoke("cmf.llm_input", { role: "user" });
    expect(result.violation).toEqual({ plugin: "aaa", code: "denied", reason: "not this way" });
    expect(result.errors).toEqual([]);
  });

  it("PH-045: a plugin that is not asyncSafe has one handler at a time across all hooks", async () => {
    let running = 0;
    let peak = 0;
    const work = async (_: unknown) => {
      running += 1;
      peak = Math.max(peak, running);
      await new Promise((resolve) => setTimeout(resolve, 3));
      running -= 1;
      return allow();
    };
    const manager = await managerOf([
      plugin("aaa", { message_pre_invoke: work, vote: work } as never, { asyncSafe: false }),
    ]);
    await Promise.all([
      manager.invoke("cmf.llm_input", { role: "user" }),
      manager.invoke("vote", {}),
      manager.invoke("cmf.tool_pre_invoke", { role: "user" }),
    ]);
    expect(peak).toBe(1);
    expect(manager.counts()).toMatchObject({ started: 3, allowed: 3 });
  });

  it("the first halting handler in plugin order decides how a concurrent run ends", async () => {
    const voter = (name: string, act: () => unknown) =>
      plugin(name, {
        message_pre_invoke: { handler: (_: unknown) => act(), mode: "concurrent" },
      } as never);
    const manager = await managerOf([
      voter("aaa", () => deny("no")),
      voter("bbb", () => {
        throw new Error("oops");
      }),
    ]);
    const { violation } = await manager.invoke("cmf.llm_input", { role: "user" });
    expect(violation).toMatchObject({ plugin: "aaa", reason: "no" });
    expect(manager.counts()).toMatchObject({ started: 1, denied: 1, errored: 0 });
  });

  it("a plugin that is not asyncSafe and misses its deadline fails like any other", async () => {
    const manager = await managerOf([
      plugin(
        "aaa",
        {
          message_pre_invoke: {
            handler: () => new Promise(() => undefined),
            extensions: false,
            timeoutMs: 20,
          },
        } as never,
        { asyncSafe: false },
      ),
    ]);
    const result = await manager.invoke("cmf.llm_input", { role: "user" });
    expect(result.violation?.code).toBe("handler_timeout");
    expect(result.executions[0]?.status).toBe("timeout");
  });
});

type Behaviour = "allow" | "deny" | "throw" | "later" | "hang" | "odd";
const behaviours: readonly Behaviour[] = ["allow", "deny", "throw", "later", "hang", "odd"];

function act(behaviour: Behaviour): unknown {
  if (behaviour === "allow") return allow();
  if (behaviour === "deny") return deny("no");
  if (behaviour === "throw") throw new Error("no");
  if (behaviour === "later") return Promise.resolve(allow());
  if (behaviour === "hang") return new Promise(() => undefined);
  return 3;
}

describe("laws", () => {
  it("started = allowed + denied + errored + aborted, whatever handlers do", async () => {
    const law = defineHost({
      hooks: { ballot: { semantic: "voting", description: "", payload: z.looseObject({}) } },
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            vote: fc.constantFrom(...behaviours),
            message: fc.constantFrom(...behaviours),
          }),
          { maxLength: 4 },
        ),
        fc.array(
          fc.record({ hook: fc.constantFrom("ballot", "cmf.llm_input"), abort: fc.boolean() }),
          { maxLength: 6 },
        ),
        async (plugins, calls) => {
          const manager = await law.createPluginManager({
            logger: {},
            timeoutMs: 5,
            plugins: plugins.map(({ vote, message }, i) =>
              law.definePlugin({
                name: `plugin-${i}`,
                version: "1.0.0",
                hooks: {
                  ballot: (_facts: unknown) => act(vote) as never,
                  "cmf.llm_input": (_message: unknown) => act(message) as never,
                },
              }),
            ),
          });
          const ends = calls.map(async ({ hook, abort }) => {
            const signal = abort ? AbortSignal.abort() : undefined;
            const payload = hook === "ballot" ? {} : { role: "user" };
            await (manager.invoke as (...args: unknown[]) => Promise<unknown>)(hook, payload, {
              signal,
            }).catch(() => undefined);
          });
          await Promise.all(ends);
          const { started, allowed, denied, errored, aborted, inFlight } = manager.counts();
          expect(started).toBe(calls.length);
          expect(allowed + denied + errored + aborted).toBe(started);
          expect(inFlight).toBe(0);
          await manager.close();
        },
      ),
    );
  });

  it("a denial wins at every position, among any number of votes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 4 }), fc.nat({ max: 4 }), async (before, after) => {
        const names = Array.from({ length: before + after + 1 }, (_, i) => `plugin-${i}`);
        const manager = await managerOf(
          names.map((name, i) =>
            plugin(name, { vote: (_) => (i === before ? deny(`by ${name}`) : allow()) }),
          ),
        );
        expect(await manager.invoke("vote", {})).toMatchObject({
          allow: false,
          plugin: `plugin-${before}`,
          reason: `by plugin-${before}`,
        });
      }),
      { numRuns: 25 },
    );
  });

  it("no handler sees another plugin's configuration", async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z-]{2,5}[a-z]$/), {
      minLength: 2,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(names, async (all) => {
        const seen: Record<string, unknown> = {};
        const schema = z.object({ secret: z.string() });
        const manager = await managerOf(
          all.map((name) =>
            plugin(
              name,
              {
                vote: (_, { config }: PluginContext) => {
                  seen[name] = config;
                  return allow();
                },
              },
              { configSchema: schema },
            ),
          ),
          {
            env: Object.fromEntries(
              all.map((name) => [
                `GLASSINE_PLUGIN_${name.toUpperCase().replaceAll("-", "_")}_SECRET`,
                `of ${name}`,
              ]),
            ),
          },
        );
        await manager.invoke("vote", {});
        expect(seen).toEqual(
          Object.fromEntries(all.map((name) => [name, { secret: `of ${name}` }])),
        );
      }),
      { numRuns: 50 },
    );
  });
});
