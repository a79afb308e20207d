/** A failure is in the host's log, once; the result only says where to find what was thrown. */
import {
  createExtensions,
  createPluginManager,
  definePlugin,
  isGlassineError,
  RejectError,
} from "glassine";
import { defineHook, defineHost } from "glassine/host";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";

const hook = "tool_pre_invoke";
const fails = (thrown: unknown, settings: object = {}) =>
  definePlugin({
    name: "fails",
    version: "1.0.0",
    hooks: {
      [hook]: {
        handler: () => {
          throw thrown;
        },
        ...settings,
      },
    },
  });

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (thrown) {
    return thrown;
  }
}

/** Returns a run's result, and the errors in the host's own log. */
async function loggedBy(plugin: ReturnType<typeof fails>, invoke: object = {}) {
  const error = vi.fn();
  const manager = await createPluginManager({ plugins: [plugin], logger: { error } });
  const result = await manager.invoke(hook, { name: "add" }, invoke);
  await manager.close();
  return { result, lines: error.mock.calls.map(([line]) => line as string) };
}

const otherSemantics = ["voting", "filter_chain", "score_delta"] as const;

/** Returns what a run logs on a hook of another semantic that has only this handler. */
async function loggedOn(
  semantic: (typeof otherSemantics)[number] | "fire_and_forget",
  handler: () => unknown,
  settings: { onHandlerError?: (thrown: unknown) => void; timeoutMs?: number } = {},
): Promise<{ readonly error: readonly string[]; readonly warn: readonly string[] }> {
  const host = defineHost({
    hooks: {
      other: defineHook({
        semantic,
        description: "Of a test.",
        payload: semantic === "score_delta" ? z.array(z.object({ id: z.string() })) : z.object({}),
      } as never),
    } as never,
  });
  const plugin = host.definePlugin({
    name: "fails",
    version: "1.0.0",
    hooks: { other: handler } as never,
  });
  const error = vi.fn();
  const warn = vi.fn();
  const options = { plugins: [plugin], logger: { error, warn }, ...settings };
  const manager = await host.createPluginManager(options);
  const payload = semantic === "score_delta" ? [] : {};
  await manager.invoke("other" as never, payload as never).catch(() => {});
  await manager.close();
  const linesOf = (calls: readonly unknown[][]) => calls.map(([line]) => line as string);
  return { error: linesOf(error.mock.calls), warn: linesOf(warn.mock.calls) };
}

describe("a handler that throws", () => {
  it("is logged in one short line, however much it quotes", async () => {
    const error = vi.fn();
    const plugin = fails(new Error(`cannot parse secret-7 ${"a b".repeat(1_000_000)}`));
    const config = Array.from({ length: 100 }, (_, index) => `secret-${index}`);
    const plugins = [{ plugin, config }];
    const manager = await createPluginManager({ plugins, logger: { error } });
    await manager.invoke(hook, { name: "add" });
    const [[line]] = error.mock.calls as [[string]];
    expect(line).toMatch(/Error: cannot parse \[REDACTED\] a ba ba b/);
    expect(line.endsWith("…")).toBe(true);
  });

  it("is logged once on the console, with plugin, hook and message", async () => {
    const lines: unknown[][] = [];
    const spy = vi.spyOn(console, "warn").mockImplementation((...line) => void lines.push(line));
    try {
      const manager = await createPluginManager({ plugins: [fails(new TypeError("boom"))] });
      await manager.invoke(hook, { name: "add" });
    } finally {
      spy.mockRestore();
    }
    expect(lines).toEqual([["plugin 'fails' threw on tool_pre_invoke: TypeError: boom"]]);
  });

  it("says in the result where to look, and does not repeat what it threw", async () => {
    const { result } = await loggedBy(fails(new Error("boom")));
    const message = `Plugin "fails" threw on ${hook}. What it threw is in the host's log, or went to its onHandlerError.`;
    expect(result.violation?.reason).toBe(message);
    expect(result.errors).toMatchObject([{ message }]);
    expect(JSON.stringify(result)).not.toContain("boom");
  });

  it.each(["sequential", "transform", "audit", "concurrent", "fire_and_forget"])(
    "is logged in mode %s, whatever its error policy",
    async (mode) => {
      for (const onError of ["fail", "ignore", "disable"]) {
        const { lines } = await loggedBy(fails(new Error("boom"), { mode, onError }));
        expect(lines).toEqual([`plugin 'fails' threw on ${hook}: Error: boom`]);
      }
    },
  );

  it("is logged on one line, without the request's secrets", async () => {
    const thrown = new Error("hunter2 \n plugin 'other' threw \u202e\u0007");
    const { lines } = await loggedBy(fails(thrown), { secrets: ["hunter2"] });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^plugin 'fails' threw on tool_pre_invoke: Error: /);
    expect(lines[0]).not.toMatch(/hunter2|[\p{Cc}\p{Cf}]/u);
  });

  it.each([
    ["handler_error", () => new Error("boom")],
    ["handler_error", () => Object.assign(new Error("boom"), { code: "slot_unknown" })],
    ["slot_unknown", () => thrownBy(() => createExtensions({ nope: {} } as never))],
  ])("has the code %s in the log and at onHandlerError, as in the result", async (code, make) => {
    const error = vi.fn();
    const onHandlerError = vi.fn();
    for (const options of [{ logger: { error } }, { onHandlerError }]) {
      const manager = await createPluginManager({ plugins: [fails(make())], ...options });
      const result = await manager.invoke(hook, { name: "add" }, { request: "r-1" });
      expect(result.violation?.code).toBe(code);
    }
    const failure = { plugin: "fails", hook, request: "r-1", code };
    expect(error.mock.calls).toEqual([[expect.any(String), failure]]);
    expect(onHandlerError.mock.calls).toEqual([[expect.anything(), failure, expect.any(String)]]);
  });

  it("is not logged if the host has its own onHandlerError, nor if it denies by throwing", async () => {
    const error = vi.fn();
    const onHandlerError = vi.fn();
    const options = { logger: { error }, onHandlerError };
    const manager = await createPluginManager({ plugins: [fails(new Error("boom"))], ...options });
    await manager.invoke(hook, { name: "add" });
    expect(onHandlerError).toHaveBeenCalledTimes(1);
    expect(error).not.toHaveBeenCalled();
    expect((await loggedBy(fails(new RejectError("no")))).lines).toEqual([]);
  });

  it.each(otherSemantics)("is logged on a %s hook, too", async (semantic) => {
    const lines = await loggedOn(semantic, () => {
      throw new Error("boom");
    });
    expect(lines).toEqual({ error: ["plugin 'fails' threw on other: Error: boom"], warn: [] });
  });

  it("is logged once on a hook of fire and forget, as a warning, or goes to onHandlerError", async () => {
    const throws = () => {
      throw new Error("boom");
    };
    const warn = ["handler 'fails.throws' failed for hook 'other': boom"];
    expect(await loggedOn("fire_and_forget", throws)).toEqual({ error: [], warn });
    const onHandlerError = vi.fn();
    expect(await loggedOn("fire_and_forget", throws, { onHandlerError })).toEqual({
      error: [],
      warn: [],
    });
    expect(onHandlerError).toHaveBeenCalledTimes(1);
  });
});

describe("a handler that fails and does not throw", () => {
  const failing = (handler: () => unknown, settings: object) =>
    definePlugin({
      name: "fails",
      version: "1.0.0",
      hooks: { [hook]: { handler: handler as () => undefined, ...settings } },
    });
  const late = `plugin 'fails' did not settle before its deadline on ${hook}: timeoutMs is 5`;

  it.each(["fail", "ignore", "disable"])(
    "is logged with what was refused, onError: %s",
    async (onError) => {
      const { lines } = await loggedBy(failing(() => ({ nope: "secret" }), { onError }));
      expect(lines).toEqual([
        `plugin 'fails' returned something that was refused at (result) on ${hook}: A result may have modifiedPayload, modifiedExtensions and metadata, and nothing else. To refuse, return deny(REASON).`,
      ]);
    },
  );

  it.each(["sequential", "transform", "audit", "concurrent", "fire_and_forget"])(
    "is logged when its deadline has passed in mode %s",
    async (mode) => {
      const never = () => new Promise(() => {});
      const settings = { mode, onError: "ignore", timeoutMs: 5 };
      expect((await loggedBy(failing(never, settings))).lines).toEqual([late]);
    },
  );

  it.each(otherSemantics)("is logged on a %s hook, too", async (semantic) => {
    const never = () => new Promise(() => {});
    expect(await loggedOn(semantic, never, { timeoutMs: 5 })).toEqual({
      error: ["plugin 'fails' did not settle before its deadline on other: timeoutMs is 5"],
      warn: [],
    });
  });

  it("is logged once on a hook of fire and forget, as a warning, with onHandlerError or without", async () => {
    const late = /^handler 'fails.never' failed for hook 'other': .* timed out .* after 0.005s$/;
    const never = () => new Promise(() => {});
    for (const settings of [{}, { onHandlerError: vi.fn() }]) {
      const { error, warn } = await loggedOn("fire_and_forget", never, {
        timeoutMs: 5,
        ...settings,
      });
      expect(error).toEqual([]);
      expect(warn).toEqual([expect.stringMatching(late)]);
    }
  });

  it.each(["voting", "filter_chain", "score_delta"] as const)(
    "is logged on a %s hook that does not take what it returned",
    async (semantic) => {
      expect(await loggedOn(semantic, () => 7)).toEqual({
        error: ["plugin 'fails' returned something that was refused on other"],
        warn: [],
      });
    },
  );

  it.each([
    ["handler_timeout", () => new Promise(() => {}), { timeoutMs: 5 }],
    ["result_shape", () => 7, {}],
  ])("is logged with plugin, hook, request and the code %s", async (code, handler, settings) => {
    const error = vi.fn();
    const plugins = [failing(handler, settings)];
    const manager = await createPluginManager({ plugins, logger: { error } });
    await manager.invoke(hook, { name: "add" }, { request: "r-1" });
    const failure = { plugin: "fails", hook, request: "r-1", code };
    expect(error.mock.calls).toEqual([[expect.any(String), failure]]);
  });

  it.each(["sequential", "concurrent", "fire_and_forget"])(
    "is logged as switched off, once, in mode %s with onError disable",
    async (mode) => {
      const warn = vi.fn();
      const handler = () => new Promise(() => {});
      const plugins = [failing(handler, { mode, onError: "disable", timeoutMs: 5 })];
      const manager = await createPluginManager({ plugins, logger: { warn } });
      for (let i = 0; i < 2; i += 1) {
        await manager.invoke(hook, { name: "add" });
        await vi.waitFor(() => expect(warn).toHaveBeenCalled());
      }
      await manager.close();
      const text = `plugin 'fails' is switched off because it failed and has onError "disable": this manager no longer runs its handlers on message hooks`;
      const request = expect.any(String) as string;
      const failure = { plugin: "fails", hook, request, code: "handler_timeout" };
      expect(warn.mock.calls).toEqual([[text, failure]]);
    },
  );

  it("is logged as switched off once, even if it fails in two runs at a time", async () => {
    const warn = vi.fn();
    const handler = () => Promise.reject(new Error("broken"));
    const plugins = [failing(handler, { onError: "disable" })];
    const manager = await createPluginManager({ plugins, logger: { warn } });
    await Promise.all([1, 2].map(() => manager.invoke(hook, { name: "add" })));
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it("is logged whether or not the host has its own onHandlerError", async () => {
    const error = vi.fn();
    const onHandlerError = vi.fn();
    const plugins = [failing(() => 7, {})];
    const manager = await createPluginManager({ plugins, logger: { error }, onHandlerError });
    await manager.invoke(hook, { name: "add" });
    expect(onHandlerError).not.toHaveBeenCalled();
    expect(error).toHaveBeenCalledTimes(1);
  });
});

it("isGlassineError does not throw in onHandlerError, whatever a handler threw", async () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const trapped = new Proxy(new Error("proxied"), {
    getPrototypeOf: () => {
      throw new Error("a trap ran");
    },
  });
  const own = thrownBy(() => createExtensions({ secruity: {} } as never));
  const verdicts: boolean[] = [];
  const onHandlerError = (thrown: unknown) => void verdicts.push(isGlassineError(thrown));
  for (const thrown of [revoked.proxy, trapped, own]) {
    const plugins = [fails(thrown)];
    const manager = await createPluginManager({ plugins, onHandlerError });
    await manager.invoke(hook, { name: "add" });
    await manager.close();
  }
  expect(verdicts).toEqual([false, false, true]);
});
