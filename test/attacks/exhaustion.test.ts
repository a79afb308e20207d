/** Exhaustion: huge values, patterns and strings; floods of work, records and plugins. */
// Only in test:all: it handles input of every large size.
import { createExtensions, decodeExtensions, deny, mergeExtensions } from "glassine";
import { defineHost } from "glassine/host";
import { createMessage, matchesPattern } from "glassine/messages";
import { expect, it } from "vitest";
import * as z from "zod";
import { codeOf } from "../data/support.ts";
import {
  call,
  hook,
  labelled,
  later,
  manage,
  plugin,
  type Run,
  runOnce,
  tagger,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";
import { largeValues } from "./large-values.ts";

attack(
  "A-172",
  "Return a string of a hundred million characters, or an object with a million keys",
  "refused with `snapshot_limit` before more than the limit is read",
  () => {
    it.each(largeValues)("%s", async (_what, value) => {
      const extensions = labelled("PII");
      const big = { custom: { big: value } };
      expect(codeOf(() => mergeExtensions(extensions, big, []))).toBe("snapshot_limit");
      const returns: Run = (_p, _c) => ({ modifiedExtensions: big });
      const result = await runOnce([plugin("floods", returns)], { extensions });
      expect(result.violation?.code).toBe("snapshot_limit");
      expect(result.extensions).toBe(extensions);
    });
  },
);

attack(
  "A-173",
  "Cause catastrophic backtracking: `(a+)+$`, ten thousand stars, `**/` over and over",
  "matched by the library's own matcher, which reads each code unit once",
  () => {
    const texts = ["a".repeat(65_536), "/".repeat(65_536), "a/".repeat(32_768)];
    it.each<[string, string, readonly boolean[]]>([
      ["(a+)+$", "(a+)+$", [false, false, false]],
      ["(a|a)*$", "(a|a)*$", [false, false, false]],
      ["**/ ten thousand times", "**/".repeat(10_000), [false, true, true]],
      ["ten thousand stars", "*".repeat(10_000), [true, true, true]],
      [
        "*a ten thousand times, with no such end",
        `${"*a".repeat(10_000)}*b`,
        [false, false, false],
      ],
      [
        "**a ten thousand times, with no such end",
        `${"**a".repeat(10_000)}**b`,
        [false, false, false],
      ],
    ])("%s", (_name, pattern, fits) => {
      expect(texts.map((text) => matchesPattern(pattern, text))).toEqual(fits);
    });

    it("as a plugin's condition on the name of a tool", async () => {
      const conditions = { tools: [`${"*a".repeat(1000)}*b`] };
      const name = "a".repeat(8_000);
      const waits = plugin("waits", (_p, _c) => undefined, { conditions });
      const { executions } = await (await manage([waits])).invoke(hook, { name });
      expect(executions).toMatchObject([{ plugin: "waits", status: "skipped" }]);
    });
  },
);

attack(
  "A-175",
  "Flood the background with work that never ends",
  "work over the limit is dropped, recorded as `skipped` and counted",
  () => {
    it("one more than the limit, over many runs", async () => {
      verifies("dispatch:background-bounded");
      const mode = "fire_and_forget";
      const hangs = plugin("hangs", () => new Promise(() => {}), {
        mode,
        extensions: false,
        timeoutMs: 30,
      });
      const manager = await manage([hangs], { maxBackground: 3 });
      const statuses: unknown[] = [];
      for (let i = 0; i < 10; i++) {
        const { executions } = await manager.invoke(hook, call);
        statuses.push(executions[0]?.status);
      }
      expect(statuses).toEqual([...Array(3).fill("started"), ...Array(7).fill("skipped")]);
      const { background } = await manager.close();
      expect(background).toMatchObject({ started: 3, timedOut: 3, dropped: 7, pending: 0 });
    });

    it("without a deadline: the others keep their share of the capacity", async () => {
      verifies("dispatch:background-bounded");
      const mode = "fire_and_forget";
      const hangs = plugin("hangs", () => new Promise(() => {}), {
        mode,
        extensions: false,
        timeoutMs: null,
      });
      const ships = plugin("ships", () => undefined, { mode, extensions: false, priority: 200 });
      const manager = await manage([hangs, ships], { maxBackground: 4 });
      const statuses: unknown[] = [];
      for (let i = 0; i < 5; i++) {
        const { executions } = await manager.invoke(hook, call);
        statuses.push(executions.map(({ status }) => status));
        await later(2);
      }
      expect(statuses).toEqual([
        ["started", "started"],
        ["started", "started"],
        ["skipped", "started"],
        ["skipped", "started"],
        ["skipped", "started"],
      ]);
      const { background } = await manager.close({ timeoutMs: 10 });
      expect(background).toMatchObject({ completed: 5, dropped: 3, pending: 2 });
    });
  },
);

attack(
  "A-176",
  "Cause a hundred thousand records of ignored changes, dropped fields or problems",
  "the first hundred are listed, and the others counted",
  () => {
    const names = Array.from({ length: 300 }, (_, i) => `own${i}`);
    const schema = z.object({ a: z.number() });
    const host = defineHost({
      slots: Object.fromEntries(
        names.map((name) => [
          name,
          { tier: "immutable", read: "everyone", description: name, schema } as const,
        ]),
      ),
    });
    const flood = Object.fromEntries(names.map((name) => [name, { a: 1 }]));

    it("changes of one result", async () => {
      verifies("dispatch:rejections-bounded");
      const current = host.createExtensions({});
      const { rejections, extensions } = host.mergeExtensions(current, flood, [], { plugin: "p" });
      expect(extensions).toBe(current);
      expect(rejections).toHaveLength(101);
      const rest = "200 more changes were rejected.";
      const last = { plugin: "p", path: "(result)", code: "tier_immutable", reason: rest };
      expect(rejections.at(-1)).toEqual(last);

      const floods = host.definePlugin({
        name: "floods",
        version: "1.0.0",
        hooks: { tool_pre_invoke: (_payload) => ({ modifiedExtensions: flood }) as never },
      });
      const manager = await host.createPluginManager({ plugins: [floods] });
      const result = await manager.invoke("tool_pre_invoke", { name: "add" });
      expect(result.rejections).toHaveLength(101);
      expect(result.rejections.at(-1)).toEqual({ ...last, plugin: "floods" });
      expect(result.executions[0]?.refused).toEqual(result.rejections);
    });

    it("at most a hundred are listed", () => {
      const some = Object.fromEntries(names.slice(0, 100).map((name) => [name, { a: 1 }]));
      const { rejections } = host.mergeExtensions(host.createExtensions({}), some, []);
      expect(rejections.map(({ path }) => path)).toEqual(names.slice(0, 100));
    });

    it("unknown slots and fields from the wire", () => {
      verifies("envelope:unknown-dropped");
      const unknown = Object.fromEntries(Array.from({ length: 19_000 }, (_, i) => [`s${i}`, 1]));
      for (const input of [unknown, JSON.stringify(unknown)]) {
        const { dropped, droppedCount } = decodeExtensions(input);
        expect(dropped).toEqual(Object.keys(unknown).slice(0, 100));
        expect(droppedCount).toBe(19_000);
      }
    });

    it("problems in the host's input", () => {
      const labels = Array.from({ length: 200 }, (_, i) => ` ${i}`);
      for (const make of [
        () => createExtensions({ security: { labels } }),
        () => createMessage({ role: "user", content: labels as never }),
      ]) {
        const { problems, text } = problemsOf(make);
        expect(problems).toBeLessThanOrEqual(100);
        expect(text.length).toBeLessThan(2000);
        expect(text).toMatch(/; and \d+ more\.$/);
      }
    });
  },
);

function problemsOf(make: () => unknown): { problems: number; text: string } {
  try {
    make();
  } catch (thrown) {
    const { data, message } = thrown as { data: { problems: readonly unknown[] }; message: string };
    return { problems: data.problems.length, text: message };
  }
  throw new Error("The call went through.");
}

attack(
  "A-177",
  "Deny with ten million characters, or put as many into metadata",
  "strings are truncated and details left out; the request is denied in spite of the code; metadata is refused with `snapshot_limit`",
  () => {
    const big = "x".repeat(10_000_000);

    it("the strings of a denial", async () => {
      verifies("dispatch:violation");
      const guard: Run = (_p, _c) => deny({ code: "no", reason: big, description: big });
      const { violation, executions } = await runOnce([plugin("guard", guard)]);
      expect(violation?.reason).toHaveLength(501);
      expect(violation?.description).toHaveLength(2001);
      expect(executions[0]?.reason).toHaveLength(501);
    });

    it("its details", async () => {
      const denial = () => deny({ code: "no", reason: "no", details: { big } });
      const { violation } = await runOnce([plugin("guard", denial)]);
      const details = { left_out: "snapshot_limit" };
      expect(violation).toEqual({ plugin: "guard", code: "no", reason: "no", details });
    });

    it("its code", async () => {
      const input = { code: big, reason: "no" };
      expect(codeOf(() => deny(input))).toBe("rejected");
      const result = await runOnce([plugin("guard", (_p, _c) => deny(input))]);
      // The guard meant to deny, and the request is denied.
      expect(result.violation).toMatchObject({ plugin: "guard", code: "denied" });
      expect(JSON.stringify(result).length).toBeLessThan(3000);
    });

    it("metadata", async () => {
      const tells: Run = (_p, _c) => ({ metadata: { big } });
      const result = await runOnce([plugin("tells", tells), tagger("after")]);
      expect(result.violation).toMatchObject({ plugin: "tells", code: "snapshot_limit" });
      expect(result.metadata).toEqual({});
      expect(JSON.stringify(result).length).toBeLessThan(3000);
    });
  },
);
