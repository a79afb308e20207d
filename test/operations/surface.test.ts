/** The behaviour of hooks of every semantic except `message`. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { bands, defineHook, defineHost } from "../../src/host.ts";
import { addLabels, allow, deny, type Extensions, type PluginContext } from "../../src/index.ts";
import { verifies } from "../support/verifies.ts";
import { host, managerOf, plugin, rejection } from "./support.ts";

describe("the hooks of a host", () => {
  it("PH-039: are the only ones: any other name is refused", async () => {
    verifies("plugins:surface");
    const manager = await managerOf([]);
    const unknown = { code: "hook_unknown", message: "unknown hook 'nope'" };
    await expect(manager.invoke("nope" as never, {} as never)).rejects.toMatchObject(unknown);
    expect(() => manager.handles("nope" as never)).toThrow("unknown hook 'nope'");
    expect(() => manager.handlersFor("nope" as never)).toThrow("unknown hook 'nope'");
    expect(() => plugin("aaa", { nope: () => allow() } as never)).toThrow(
      "unknown plugin hooks: nope",
    );
    const core = { hook: "nope", name: "core.001.none", handler: (_: unknown) => allow() };
    expect(() => host.defineCoreHandler(core as never)).toThrow("unknown hook 'nope'");
  });

  const payload = z.object({});
  it.each([
    [{ semantic: "voting", strict: true }, 'The setting "strict" applies to'],
    [{ semantic: "filter_chain", required: true }, 'The setting "required" applies to'],
    [{ semantic: "fire_and_forget", keeps: () => undefined }, 'The setting "keeps" applies to'],
    [{ semantic: "message", band: "AUTHZ" }, 'The setting "band" applies to'],
    [
      { semantic: "voting", bands: "AUTHZ" },
      'Unknown setting "bands" of this hook. Did you mean "band"?',
    ],
    [{ semantic: "voting", band: "AUTH" }, "The band of this hook must be one of"],
    [{ semantic: "voting", ordering: "first" }, "The ordering of this hook must be one of"],
    [{ semantic: "vote" }, "The semantic of this hook must be one of"],
    [{ semantic: "score_delta" }, "z.array"],
    [{ semantic: "voting", payload: z.array(z.string()) }, "z.object"],
  ])("have the settings of their semantic (%#)", (given, text) => {
    verifies("plugins:hook-settings");
    const define = () => defineHook({ description: "A hook.", payload, ...given } as never);
    expect(define).toThrow(text);
    expect(define).toThrow(expect.objectContaining({ code: "hook_invalid" }));
  });

  it("have a band with a number", () => {
    verifies("plugins:bands");
    expect(bands).toEqual({
      AUTHN: 10,
      AUTHZ: 20,
      VALIDATE: 30,
      TRANSFORM: 40,
      FILTER: 50,
      RANK: 60,
      PERSIST: 70,
      AUDIT: 80,
      OBSERVE: 90,
    });
  });
});

describe("a run", () => {
  it("waits for each handler before the next, and for no other run", async () => {
    verifies("plugins:one-by-one");
    const steps: string[] = [];
    const slow = (name: string, delayMs: number) =>
      plugin(name, {
        happened: async (facts: { run: string }) => {
          steps.push(`${facts.run} ${name} begins`);
          await new Promise((resolve) => setTimeout(resolve, delayMs));
          steps.push(`${facts.run} ${name} ends`);
        },
      });
    const manager = await managerOf([slow("aaa", 15), slow("bbb", 1)]);
    await Promise.all([
      manager.invoke("happened", { run: "1" }),
      manager.invoke("happened", { run: "2" }),
    ]);
    const of = (run: string) => steps.filter((step) => step.startsWith(run));
    for (const run of ["1", "2"]) {
      const order = ["aaa begins", "aaa ends", "bbb begins", "bbb ends"];
      expect(of(run)).toEqual(order.map((step) => `${run} ${step}`));
    }
    expect(steps.indexOf("2 aaa begins")).toBeLessThan(steps.indexOf("1 aaa ends"));
  });

  it("has its facts in context.operation, with their defaults and frozen", async () => {
    verifies("plugins:operation");
    const seen: unknown[] = [];
    const manager = await managerOf([
      plugin("aaa", {
        typed: (_facts, { operation }: PluginContext) => {
          seen.push(operation, Object.isFrozen(operation));
          return allow();
        },
      }),
    ]);
    await manager.invoke("typed", { source: "a" });
    await manager.invoke("typed", { source: "a" }, { operation: { depth: 5, weight: 0.5 } });
    expect(seen).toEqual([{ depth: 3 }, true, { depth: 5, weight: 0.5 }, true]);
    const unfit = { operation: { depth: "five" } } as never;
    const error = await rejection(manager.invoke("typed", { source: "a" }, unfit));
    expect(error.code).toBe("options_invalid");
    expect(error.message).toMatch(/^The operation of typed is not readable\. depth: expected /);
    expect(seen).toHaveLength(4);
  });

  it.each([
    ["recheck", { recheck: true }],
    ["recheck", { recheck: "only" }],
    ["stream", { stream: { done: true } }],
  ] as const)("refuses %s, which is for message hooks: %j", async (name, options) => {
    const manager = await managerOf([]);
    const error = await rejection(manager.invoke("vote", {}, options));
    expect(error.code).toBe("options_invalid");
    expect(error.message).toBe(`${name} is for message hooks, and 'vote' is not one.`);
    expect(await manager.invoke("vote", {}, { recheck: false })).toBe(allow());
  });

  it("shows its extensions by capability, and ignores returned ones", async () => {
    verifies("plugins:views");
    const seen: unknown[] = [];
    const sees = (name: string, capabilities: readonly string[]) =>
      plugin(
        name,
        {
          value: (value: unknown, _context, extensions: Extensions) => {
            seen.push(extensions.security?.labels, Object.isFrozen(extensions));
            return value;
          },
          happened: (_facts, _context, extensions: Extensions) => ({
            modifiedExtensions: addLabels(extensions as never, "FORGED"),
          }),
        },
        { capabilities },
      );
    const manager = await managerOf([sees("aaa", ["append_labels"]), sees("bbb", [])]);
    const extensions = host.createExtensions({ security: { labels: ["PII"] } });
    expect(await manager.invoke("value", 1, { extensions })).toBe(1);
    expect(seen).toEqual([["PII"], true, undefined, true]);
    expect(await manager.invoke("happened", {}, { extensions })).toBeUndefined();
    expect(extensions.security?.labels).toEqual(["PII"]);
  });
});

describe("a failure", () => {
  it("reports what was thrown on one line, without secrets", async () => {
    verifies("plugins:failure-redacted");
    const leaky = host.definePlugin({
      name: "leaky",
      version: "1.0.0",
      configSchema: z.object({ url: z.string() }),
      hooks: {
        vote: (_facts, { config }) => {
          throw new Error(
            `cannot reach ${(config as { url: string }).url}\nAuthorization: Bearer abc123`,
          );
        },
      },
    });
    const manager = await managerOf([leaky], { config: { leaky: { url: "db.internal:5432" } } });
    const error = await rejection(manager.invoke("vote", {}));
    expect(error.message).toMatch(/^handler 'leaky.vote' failed for hook 'vote': cannot reach/);
    expect(error.message).not.toMatch(/db\.internal|abc123|\n/);
    expect(error.message).toContain("[REDACTED]");
  });

  it.each([
    [0, "handler timeout must be positive"],
    [-1, "handler timeout must be positive"],
    [30_001, "handler timeout cannot exceed 30 seconds"],
    [Number.NaN, "timeoutMs must be a number"],
    ["5", "timeoutMs must be a number"],
  ])("PH-040: a deadline of %s is refused", async (timeoutMs, text) => {
    verifies("plugins:deadline-limits");
    const short = defineHost({
      hooks: { vote: { semantic: "voting", description: "May it be?", payload: z.object({}) } },
      profile: { maxTimeoutMs: 30_000 },
    });
    const handler = (_facts: unknown) => allow();
    const entry = { handler, timeoutMs: timeoutMs as number };
    expect(() =>
      short.definePlugin({ name: "aaa", version: "1.0.0", hooks: { vote: entry } }),
    ).toThrow(text);
    expect(() =>
      short.defineCoreHandler({ hook: "vote", name: "core.001.vote", ...entry }),
    ).toThrow(text);
    await expect(
      short.createPluginManager({ plugins: [], timeoutMs: timeoutMs as number }),
    ).rejects.toThrow(text);
    for (const fit of [30_000, null]) {
      const fine = { handler, timeoutMs: fit };
      short.definePlugin({ name: "aaa", version: "1.0.0", hooks: { vote: fine } });
    }
  });
});

describe("the counts", () => {
  it("count each run once: started is the sum of the others", async () => {
    verifies("plugins:counts");
    const ways: Readonly<Record<string, () => unknown>> = {
      allowed: allow,
      denied: () => deny("no"),
      errored: () => "no vote",
      aborted: () => new Promise(() => undefined),
    };
    const manager = await managerOf([
      plugin("aaa", { vote: ({ way }: { way: string }) => ways[way]?.() }),
    ]);
    const { signal } = aborting();
    const given = ["allowed", "denied", "errored", "errored", "aborted", "allowed", "allowed"];
    const runs = given.map((way) =>
      manager.invoke("vote", { way }, way === "aborted" ? { signal } : {}),
    );
    expect(manager.counts()).toMatchObject({ started: 7, inFlight: 7 });
    await Promise.allSettled(runs);
    expect(manager.counts()).toEqual({
      started: 7,
      allowed: 3,
      denied: 1,
      errored: 2,
      aborted: 1,
      inFlight: 0,
    });
  });
});

function aborting(): { readonly signal: AbortSignal } {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 5);
  return controller;
}
