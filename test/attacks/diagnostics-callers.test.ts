// A process of its own: it compares the realm with what it was.
/** Logs, errors and diagnostics: values that run code when printed, and what reaches a caller. */
import process from "node:process";
import { inspect } from "node:util";
import { deny, detectTampering, mergeExtensions } from "glassine";
import { expect, it } from "vitest";
import { Watch } from "../../property-tests/support/hostile.ts";
import { settle } from "../adapters/mcp/support/fake-manager.ts";
import { rawGuard, toolCall } from "../adapters/mcp/support/raw.ts";
import { codeOf } from "../data/support.ts";
import { call, hook, labelled, manage, plugin, type Run, runOnce } from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

// The stack first: V8 reads the message to build it.
const keys = [
  "stack",
  "message",
  "name",
  "code",
  "cause",
  "toString",
  "toJSON",
  "valueOf",
  inspect.custom,
  Symbol.toStringTag,
  Symbol.toPrimitive,
  Symbol.hasInstance,
];

/** An object, or an error, that records when any of these is read or called. */
function noticing(watch: Watch, target: object, as: "getter" | "method"): object {
  const descriptor = as === "getter" ? { get: watch.run } : { value: watch.run };
  for (const key of keys) Object.defineProperty(target, key, { ...descriptor, configurable: true });
  return target;
}

attack(
  "A-182",
  "Throw or return a value that runs code when printed: `inspect.custom`, `toStringTag`, a getter named `message`",
  "none of it runs, not even when results are printed; the host's sink receives the original value",
  () => {
    const makers: Readonly<Record<string, (watch: Watch) => object>> = {
      "an error with getters": (watch) => noticing(watch, new Error("e"), "getter"),
      "an error with methods": (watch) => noticing(watch, new Error("e"), "method"),
      "an object with getters": (watch) => noticing(watch, {}, "getter"),
      "a function with methods": (watch) => noticing(watch, () => 1, "method"),
      "an object of a class with a tag": (watch) =>
        Object.create(noticing(watch, {}, "getter")) as object,
    };
    const cases = Object.entries(makers).flatMap(([what, make]) =>
      (["sequential", "audit", "concurrent", "fire_and_forget"] as const).map((mode) => ({
        what,
        mode,
        make,
      })),
    );

    it.each(cases)("$what, thrown in $mode", async ({ mode, make }) => {
      verifies("dispatch:thrown-to-host");
      const watch = new Watch();
      const thrown = make(watch);
      const reported: unknown[] = [];
      const throws: Run = (_p, _c) => {
        throw thrown;
      };
      const manager = await manage([plugin("throws", throws, { mode, extensions: false })], {
        onHandlerError: (value) => reported.push(value),
      });
      const result = await manager.invoke(hook, call);
      await manager.close();
      inspect([result, manager], { depth: null, showHidden: true });
      JSON.stringify(result);
      expect(reported).toHaveLength(1);
      expect(reported[0] === thrown).toBe(true);
      expect(watch.ran).toBe(0);
    });

    it.each(Object.entries(makers))("%s, returned", async (_what, make) => {
      const watch = new Watch();
      const value = make(watch);
      const returned = [value, { metadata: value }, { modifiedExtensions: { custom: { value } } }];
      for (const each of returned) {
        const result = await runOnce([plugin("returns", (_p, _c) => each)]);
        inspect(result, { depth: null, showHidden: true });
        expect(result.continueProcessing).toBe(false);
      }
      const details = () => deny({ code: "no", reason: "no", details: { value } });
      expect(codeOf(details)).toBe("rejected");
      expect(codeOf(() => mergeExtensions(labelled("PII"), { custom: { value } }, []))).toMatch(
        /^snapshot_/,
      );
      expect(watch.ran).toBe(0);
    });
  },
);

/** The response to a tool call over an MCP transport. */
async function answerOf(run: Run): Promise<string> {
  const manager = await manage([plugin("answers", run, { extensions: false })]);
  const { peer, sent } = await rawGuard(manager);
  peer(toolCall(1));
  await settle();
  await settle();
  expect(sent()).toHaveLength(1);
  return JSON.stringify(sent()[0]);
}

/** Marks of a stack, a path or a package list. */
const internals = [process.cwd(), "node_modules", "file:", "    at ", "\\n", ".ts", ".js", "node:"];

attack(
  "A-183",
  "Read paths, stacks and packages of the host from the answer to a caller",
  "a caller receives a code, a reason and the plugin's name; a host correlates by the request's id",
  () => {
    const inside: Readonly<Record<string, Run>> = {
      "a handler that throws": (_p, _c) => {
        throw new Error(`${process.cwd()}/secret.ts`);
      },
      "a handler that breaks": (_p, _c) => (undefined as unknown as { a: { b: 1 } }).a.b,
      "a handler that fills the stack": function fill(p, c, e): unknown {
        return [fill(p, c, e)];
      },
      "a refused result": (_p, _c) => ({ modifiedExtensions: new (class Hidden {})() }),
    };
    it.each(Object.entries(inside))("%s", async (_what, run) => {
      const failing = await manage([plugin("failing", run, { extensions: false })]);
      const result = await failing.invoke(hook, call, { request: "r-17" });
      expect(result.context.request).toBe("r-17");
      const { violation, errors, rejections, executions } = result;
      const text = JSON.stringify({ violation, errors, rejections, executions });
      for (const mark of internals) expect(text).not.toContain(mark);
      expect(text).not.toContain("Hidden");
      const answer = await answerOf(run);
      for (const mark of [...internals, "Hidden"]) expect(answer).not.toContain(mark);
    });
  },
);

attack(
  "A-184",
  "Put secrets or markup into the text of a denial, which reaches the caller",
  "one line of limited length under the plugin's name; description and details stay with the host",
  () => {
    const markup = `<img src=x onerror=alert(1)>\u001b]8;;https://evil.example\u0007 \u202e${"x".repeat(9000)}`;
    const denies: Run = (_p, _c) =>
      deny({ code: "no", reason: markup, description: markup, details: { token: "s3cret" } });

    it("in the result", async () => {
      const { violation } = await runOnce([plugin("answers", denies)]);
      expect(violation).toMatchObject({ plugin: "answers", code: "no" });
      // Markup is text: whoever displays it escapes it, like any string from a plugin.
      expect(violation?.reason).toMatch(/^<img src=x onerror=alert\(1\)> ]8;;https:\S+ +x+…$/);
      expect(violation?.reason).toHaveLength(501);
      expect(violation?.description).toHaveLength(2001);
      expect(`${violation?.reason}${violation?.description}`).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    });

    it("in the answer to a caller", async () => {
      const answer = JSON.parse(await answerOf(denies)) as {
        error: { message: string; data: object };
      };
      expect(answer.error.message.length).toBeLessThanOrEqual(501);
      expect(answer.error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(answer.error.data).toEqual({ code: "no", plugin: "answers" });
      expect(JSON.stringify(answer)).not.toContain("s3cret");
    });

    it("in a patched realm, without the names of the patches", async () => {
      const manager = await manage([plugin("answers", denies)], { tampering: "deny" });
      Object.defineProperty(Math, "hidden", { value: 1, configurable: true });
      const running = manager.invoke(hook, call);
      const { length } = detectTampering();
      Reflect.deleteProperty(Math, "hidden");
      const { violation } = await running;
      expect(length).toBe(1);
      expect(violation?.code).toBe("realm_tampered");
      expect(violation?.reason).not.toContain("hidden");
    });
  },
);
