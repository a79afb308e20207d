import fc from "fast-check";
import { createExtensions, createPluginManager, definePlugin, deny } from "glassine";
import { guardModel } from "glassine/http";
import { createMessage, toolCall } from "glassine/messages";
import { chatCompletions } from "glassine/openai";
import { type RateLimitOptions, rateLimit } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { connect } from "./support/connect.ts";
import { calling, user } from "./support/run.ts";

/** Creates a manager with a rate limit and a clock that the test sets. */
async function limited(options: RateLimitOptions) {
  const clock = { now: 0 };
  const plugin = rateLimit(options, { now: () => clock.now });
  const manager = await createPluginManager({ plugins: [plugin], strict: true });
  /** Returns after how many milliseconds to try again; 0 if the call passed. */
  const call = async (envelope: object = user(), tool = "read") => {
    const { violation } = await manager.invoke(
      "cmf.tool_pre_invoke",
      createMessage(calling(tool)),
      { extensions: createExtensions(envelope) },
    );
    return violation === undefined ? 0 : violation.details?.retry_after_ms;
  };
  return { call, clock, manager };
}

describe("rateLimit", () => {
  it("lets the limit through at once, then says when to try again", async () => {
    const { call, clock } = await limited({ limit: 2, perMs: 1000 });
    expect([await call(), await call(), await call()]).toEqual([0, 0, 500]);
    clock.now = 400;
    expect(await call()).toBe(100);
    clock.now = 500;
    expect([await call(), await call()]).toEqual([0, 500]);
    clock.now = 10_000;
    expect([await call(), await call(), await call()]).toEqual([0, 0, 500]);
  });

  it("lets the whole limit through at whatever fraction of a millisecond", async () => {
    const { call, clock } = await limited({ limit: 3, perMs: 1000 });
    for (let round = 0; round < 50; round++) {
      clock.now += 1000.7 + Math.PI * round;
      expect([await call(), await call(), await call()]).toEqual([0, 0, 0]);
      expect(await call()).not.toBe(0);
    }
  });

  it("says whole seconds, rounded up", async () => {
    const { manager } = await limited({ limit: 1, perMs: 90_500 });
    const once = () => manager.invoke("cmf.tool_pre_invoke", createMessage(calling("read")));
    await once();
    const { violation } = await once();
    expect(violation).toMatchObject({
      code: "rate_limited",
      reason: "Too many requests; try again in 91 s",
    });
  });

  it("counts subjects, sessions and targets apart, as it is asked to", async () => {
    const tries = [
      [user([], "ada"), "read"],
      [user([], "bob"), "read"],
      [user([], "ada"), "write"],
      [{ ...user([], "ada"), agent: { session_id: "s" } }, "read"],
      [{ security: { subject: { id: "ada", type: "service" } } }, "read"],
    ] as const;
    const passed = async (by: RateLimitOptions["by"]) => {
      const { call } = await limited({ limit: 1, ...(by && { by }) });
      const waits = [];
      for (const [envelope, tool] of tries) waits.push(await call(envelope, tool));
      return waits.map((wait) => wait === 0);
    };
    expect(await passed(undefined)).toEqual([true, true, false, false, true]);
    expect(await passed([])).toEqual([true, false, false, false, false]);
    expect(await passed(["subject", "target"])).toEqual([true, true, true, false, true]);
    expect(await passed(["session"])).toEqual([true, false, false, true, false]);
    expect(await passed(["subject", "session", "target"])).toEqual([true, true, true, true, true]);
  });

  describe("for a message with several calls", () => {
    const naming = (...names: readonly string[]) =>
      createMessage({
        role: "assistant",
        content: names.map((name, i) => toolCall({ tool_call_id: String(i), name })),
      });
    const violations = async (options: RateLimitOptions, ...messages: readonly string[][]) => {
      const { manager } = await limited(options);
      const found = [];
      for (const names of messages)
        found.push((await manager.invoke("cmf.tool_pre_invoke", naming(...names))).violation);
      return found;
    };

    it("counts each of them, by its own name", async () => {
      const passed = await violations({ limit: 2, by: ["target"] }, ["a", "b", "b"], ["a"], ["a"]);
      expect(passed.map((each) => each === undefined)).toEqual([true, true, false]);
      const [, after] = await violations({ limit: 2, by: ["target"] }, ["a", "b", "b"], ["b"]);
      expect(after?.code).toBe("rate_limited");
      const together = await violations({ limit: 2 }, ["a", "b"], ["c"]);
      expect(together.map((each) => each === undefined)).toEqual([true, false]);
    });

    it("takes nothing if one of them is too many", async () => {
      const by = ["target"] as const;
      const found = await violations({ limit: 1, by }, ["a"], ["b", "c", "a"], ["b"], ["c"]);
      expect(found.map((each) => each === undefined)).toEqual([true, false, true, true]);
      expect(found[1]?.details).toEqual({ retry_after_ms: 60_000 });
    });

    it("does not say to try again if they are more than the limit", async () => {
      const [violation] = await violations({ limit: 2 }, ["a", "b", "c"]);
      expect(violation).toEqual({
        plugin: "rate-limit",
        code: "rate_limited",
        reason: "The message has more requests than are ever allowed at once",
      });
    });

    it("says so too if only one of them is named more often than the limit", async () => {
      const by = ["target"] as const;
      const [violation] = await violations({ limit: 1, by }, ["a", "a", "b"]);
      expect(violation).not.toHaveProperty("details");
    });

    it("counts a new name once among those that it keeps", async () => {
      const given = { limit: 2, by: ["target"], maxKeys: 2 } as const;
      const found = await violations(given, ["a", "a", "b"], ["a"], ["b"], ["c", "c"]);
      expect(found.map((each) => each === undefined)).toEqual([true, false, true, true]);
      const [, again] = await violations({ ...given, maxKeys: 1 }, ["a", "a"], ["a"]);
      expect(again?.code).toBe("rate_limited");
    });

    it("lets the same calls through as if each came in a message of its own", async () => {
      const names = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 6 });
      const options = fc.record({
        limit: fc.integer({ min: 1, max: 4 }),
        maxKeys: fc.constantFrom(1, 2, 9),
      });
      await fc.assert(
        fc.asyncProperty(options, names, names, async (given, first, second) => {
          const by = ["target"] as const;
          const found = await violations({ ...given, by }, first, second);
          const counted = found.flatMap((each, at) => (each ? [] : at === 0 ? first : second));
          const alone = await violations({ ...given, by }, ...counted.map((name) => [name]));
          expect(alone.every((each) => each === undefined)).toBe(true);
          if (found[0] === undefined && found[1] !== undefined) {
            const all = [...first, ...second].map((name) => [name]);
            const refused = await violations({ ...given, by }, ...all);
            expect(refused.some((each) => each !== undefined)).toBe(true);
          }
        }),
      );
    });
  });

  it("counts those of nobody together, and declares no more than it needs", async () => {
    const { call } = await limited({ limit: 1 });
    expect([await call({}), await call({})]).toEqual([0, 60_000]);
    expect(rateLimit({ limit: 1, by: ["target"] }).capabilities).toEqual([]);
    expect(rateLimit({ limit: 1, by: ["session"] }).capabilities).toEqual(["read_agent"]);
    expect(rateLimit({ limit: 1, count: ["tool", "model"] }).hooks).toEqual([
      "cmf.llm_input",
      "cmf.tool_pre_invoke",
    ]);
  });

  it("keeps no more allowances than it may; the others share one", async () => {
    const { call, clock } = await limited({ limit: 1, perMs: 1000, maxKeys: 2 });
    const of = (id: string) => call(user([], id));
    expect([await of("a"), await of("b"), await of("c"), await of("d")]).toEqual([0, 0, 0, 1000]);
    expect([await of("a"), await of("b")]).toEqual([1000, 1000]);
    clock.now = 1000;
    expect([await of("c"), await of("d"), await of("e")]).toEqual([0, 0, 0]);
  });

  it("leaves those that it keeps their own, however many others come", async () => {
    const { call, clock } = await limited({ limit: 2, perMs: 1000, maxKeys: 2 });
    const of = (id: string) => call(user([], id));
    expect([await of("a"), await of("b")]).toEqual([0, 0]);
    expect([await of("c"), await of("d"), await of("e")]).toEqual([0, 0, 500]);
    expect([await of("a"), await of("b")]).toEqual([0, 0]);
    expect(await of("a")).toBe(500);
    clock.now = 1000;
    expect([await of("a"), await of("b")]).toEqual([0, 0]);
    clock.now = 1400;
    expect(await of("a")).toBe(0);
    // Now `b` is full, and `a` is not: there is room for another.
    clock.now = 1600;
    expect([await of("f"), await of("f"), await of("f")]).toEqual([0, 0, 500]);
    expect(await of("g")).toBe(0);
  });

  it("gives no name more for waiting while another one is not full", async () => {
    const { call, clock } = await limited({ limit: 5, perMs: 1000 });
    for (let i = 0; i < 5; i++) expect(await call(user([], "ada"))).toBe(0);
    expect(await call(user([], "bob"))).toBe(0);
    clock.now = 900;
    for (let i = 0; i < 5; i++) expect(await call(user([], "bob"))).toBe(0);
    expect(await call(user([], "bob"))).toBe(200);
  });

  it("counts a call once, and only if the guards before it let it pass", async () => {
    let isOpen = false;
    const rewriter = definePlugin({
      name: "rewriter",
      version: "1.0.0",
      hooks: {
        "cmf.tool_pre_invoke": (message) =>
          isOpen ? { modifiedPayload: { ...message, content: [...message.content] } } : deny("no"),
      },
    });
    const manager = await createPluginManager({
      plugins: [rateLimit({ limit: 1 }, { now: () => 0 }), rewriter],
    });
    const call = async () => {
      const message = createMessage(calling("read"));
      return (await manager.invoke("cmf.tool_pre_invoke", message, { recheck: true })).violation
        ?.code;
    };
    expect([await call(), await call()]).toEqual(["denied", "denied"]);
    isOpen = true;
    expect([await call(), await call()]).toEqual([undefined, "rate_limited"]);
  });

  it("counts a request to a model once, however many messages it has", async () => {
    const { manager } = await limited({ limit: 2, count: ["model"] });
    const guard = guardModel(chatCompletions, manager);
    const codes = [];
    for (const length of [3, 1, 1]) {
      const exchange = guard.begin();
      const messages = Array.from({ length }, () => ({ role: "user", content: "Ahoy" }));
      const { refusal } = await exchange.judgeRequest({ model: "m", messages });
      exchange.end(refusal);
      codes.push(refusal?.code);
    }
    expect(codes).toEqual([undefined, undefined, "rate_limited"]);
  });

  it("counts the calls of tools in the same request as those of the model, each", async () => {
    const { manager } = await limited({ limit: 2, count: ["tool", "model"], by: [] });
    const asked = createMessage({ role: "user", content: [] });
    const called = createMessage(calling("read"));
    let { context } = await manager.invoke("cmf.tool_pre_invoke", called);
    const codes = [];
    for (const hook of ["cmf.llm_input", "cmf.llm_input", "cmf.tool_pre_invoke"] as const) {
      const message = hook === "cmf.llm_input" ? asked : called;
      const result = await manager.invoke(hook, message, { context });
      codes.push(result.violation?.code);
      context = result.context;
    }
    expect(codes).toEqual([undefined, undefined, "rate_limited"]);
  });

  it("counts each message to a model in an MCP request, which can ask for many", async () => {
    const { manager } = await limited({ limit: 1, count: ["model"] });
    const extensions = createExtensions({ mcp: { tool: { name: "ask" } } });
    const message = createMessage({ role: "user", content: [] });
    const { context } = await manager.invoke("cmf.llm_input", message, { extensions });
    const { violation } = await manager.invoke("cmf.llm_input", message, { extensions, context });
    expect(violation?.code).toBe("rate_limited");
  });

  it("lets no more than the limit and the time that passed allow", async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), steps, async (limit, gaps) => {
        const { call, clock } = await limited({ limit, perMs: 1000 });
        const passed: number[] = [];
        for (const gap of gaps) {
          clock.now += gap;
          const wait = await call();
          if (wait === 0) passed.push(clock.now);
          else {
            // A caller gets through after waiting as long as the plugin says, and not before.
            clock.now += Number(wait) - 1;
            expect(await call()).not.toBe(0);
            clock.now += 1;
            expect(await call()).toBe(0);
            passed.push(clock.now);
          }
        }
        for (const [at, from] of passed.entries()) {
          const within = passed.slice(at).filter((each) => each - from < 1000).length;
          expect(within).toBeLessThanOrEqual(2 * limit);
        }
        const whole = (passed.at(-1) ?? 0) - (passed[0] ?? 0);
        expect(passed.length).toBeLessThanOrEqual(limit + (whole * limit) / 1000 + 1e-6);
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, "soon"])(
    "refuses requests while its clock returns %s, and counts on afterwards",
    async (broken) => {
      const { call, clock, manager } = await limited({ limit: 1, perMs: 1000 });
      expect(await call()).toBe(0);
      clock.now = broken as number;
      const message = createMessage(calling("read"));
      const { violation } = await manager.invoke("cmf.tool_pre_invoke", message);
      expect(violation?.code).toBe("handler_error");
      clock.now = 400;
      expect(await call()).toBe(600);
    },
  );

  it("refuses a clock that is not a function", () => {
    expect(() => rateLimit({ limit: 1 }, { now: "x" as never })).toThrow(
      expect.objectContaining({ code: "options_invalid" }),
    );
  });

  it("guards a server of the SDK", async () => {
    const { call, calls, close } = await connect([rateLimit({ limit: 1 })]);
    expect(await call("echo", { text: "hi" })).toEqual([{ type: "text", text: "hi" }]);
    expect(await call("wipe")).toMatchObject({ code: "rate_limited" });
    expect(calls).toEqual(["echo hi"]);
    await close();
  });
});
