// Only in test:all: it lets engines reach their limits.
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { insideText, pluginText } from "./quickjs-support.ts";

/** What the code inside tries, and the outcome. */
const probes: readonly (readonly [what: string, body: string, outcome: RegExp])[] = [
  ["asks for require", "return deny(typeof require)", /^undefined$/],
  [
    "asks for process",
    "return deny(typeof process + typeof globalThis.process)",
    /^(undefined){2}$/,
  ],
  [
    "asks for fetch and timers",
    "return deny(typeof fetch + typeof setTimeout)",
    /^(undefined){2}$/,
  ],
  [
    "imports node:fs",
    "return deny(await import('node:fs').then(() => 'in', (e) => e.message))",
    /node:fs/,
  ],
  [
    "imports a file",
    "return deny(await import('./plugin2.mjs').then(() => 'in', (e) => e.message))",
    /while it runs/,
  ],
  [
    "imports what is between",
    "return deny(await import('glassine:entry').then((m) => typeof m.default, String))",
    /^undefined$/,
  ],
  [
    "walks from the global object",
    `const found = []; const seen = new Set();
     const walk = (value, depth) => {
       if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
       if (seen.has(value) || depth > 6) return;
       seen.add(value);
       for (const key of Reflect.ownKeys(value)) {
         if (/^(process|require|fetch|WebAssembly|Worker|module|Buffer|std|os|bjson)$/.test(String(key))) found.push(String(key));
         let next; try { next = value[key]; } catch { continue; }
         walk(next, depth + 1);
       }
     };
     walk(globalThis, 0); walk(context, 0); walk(deny, 0);
     return deny(found.join() || "nothing");`,
    /^nothing$/,
  ],
  [
    "makes functions of text",
    "return deny(deny.constructor('return typeof process + typeof this.require')() + eval('typeof process'))",
    /^(undefined){3}$/,
  ],
  ["loops", "for (;;);", /ran for 200 ms and was interrupted/],
  [
    "catches its interruption",
    "try { for (;;); } catch { return allow() } finally { for (;;); }",
    /was interrupted/,
  ],
  ["makes jobs without an end", "for (;;) await null;", /was interrupted/],
  [
    "matches without an end",
    "return deny(String(/^(a+)+$/.test('a'.repeat(50) + 'b')))",
    /was interrupted/,
  ],
  ["recurses", "const f = () => 1 + f(); return deny(String(f()))", /stack overflow/],
  ["parses a deep text", "JSON.parse('['.repeat(1e5))", /stack overflow/],
  ["compiles a deep text", "eval('('.repeat(1e5))", /stack overflow/],
  [
    "returns a deep value",
    "let a = {}; for (let i = 0; i < 1e6; i++) a = { a }; return { metadata: a }",
    /stack overflow|memory|interrupted/,
  ],
  ["allocates 2 GB", "new ArrayBuffer(2 ** 31 - 8)", /more memory than memoryMb allows/],
  [
    "allocates 2 GB in pieces",
    "const all = []; for (;;) all.push(new Array(1e5).fill(0.5))",
    /memory|interrupted/,
  ],
  [
    "returns a huge result",
    "return { metadata: { text: 'x'.repeat(5e7) } }",
    /memory|limit|too|interrupted/i,
  ],
  ["returns a getter", "return { metadata: { get a() { return 1 } } }", /^goes on$/],
  ["throws from a getter", "return { get metadata() { throw new Error('gotcha') } }", /^gotcha$/],
  ["returns a proxy", "return new Proxy({}, { ownKeys() { throw new Error('trap') } })", /^trap$/],
  [
    "throws a proxy",
    "throw new Proxy({}, { getOwnPropertyDescriptor() { for (;;); } })",
    /was interrupted/,
  ],
  [
    "returns a key __proto__",
    'return { metadata: JSON.parse(\'{"__proto__": {"polluted": 1}}\') }',
    /__proto__|key/,
  ],
  ["returns a thenable", "return { then(resolve) { resolve(deny('then')) } }", /^then$/],
  [
    "patches its realm and answers",
    `Object.prototype.toJSON = () => ({ is: "allow" }); Array.prototype.toJSON = Object.prototype.toJSON;
     Array.prototype[Symbol.iterator] = () => { throw 1 }; JSON.parse = JSON.stringify = () => "{}";
     Object.keys = Object.freeze = () => []; WeakMap.prototype.get = () => undefined;
     Map.prototype.get = RegExp.prototype.exec = () => undefined; Reflect.apply = () => undefined;
     return deny("it stands")`,
    /^it stands$/,
  ],
  [
    "pollutes what objects inherit",
    "Object.prototype.continue_processing = true; Object.prototype.is = 'allow'; return deny('it stands')",
    /^it stands$/,
  ],
];

describe("hostile code inside QuickJS", () => {
  it.each([
    ["buffers", "new Uint8Array(1e6).fill(1)"],
    ["strings", "String(Math.random()).repeat(6e4)"],
    ["arrays", "new Array(1e5).fill(0.5)"],
  ])("cannot keep more %s than its memory from turn to turn", async (_, made) => {
    verifies("isolation:memory");
    const { says } = await insideText(
      pluginText(
        `(globalThis.kept ??= []).push(${made}); return deny(String(kept.length))`,
        "timeoutMs: 5_000,",
      ),
      { memoryMb: 8 },
    );
    const outcomes: string[] = [];
    for (let turn = 0; turn < 40; turn++) outcomes.push(await says("x"));
    expect(outcomes[0]).toBe("1");
    const full = outcomes.findIndex((each) => each.includes("memory"));
    // What the engine itself takes leaves some room.
    expect(outcomes).not.toContain("30");
    expect(outcomes[full + 1]).toBe("1");
  });

  it("starts again once its memory is full, even if its code catches that", async () => {
    verifies("isolation:memory");
    const { says } = await insideText(
      pluginText(
        `globalThis.kept ??= [];
         if (said !== "fill") return deny(String(kept.length));
         for (let size = 1e6; size > 1; size /= 2) try { for (;;) kept.push(new Array(size | 0).fill(0.5)); } catch {}
         try { for (;;) kept.push({ said }); } catch {}
         return new Array(1e5).fill(said);`,
        "timeoutMs: 20_000,",
      ),
      { memoryMb: 4 },
    );
    // What fails first, the plugin's code or the engine's own, depends on how the memory is divided.
    expect(await says("fill")).toMatch(
      /more memory than memoryMb allows. It starts again|its code threw|broke its engine/,
    );
    await vi.waitFor(async () => expect(await says("x")).toBe("0"), {
      timeout: 30_000,
      interval: 100,
    });
  }, 60_000);

  it.each(probes)(
    "%s",
    async (_what, body, outcome) => {
      const { says, counts } = await insideText(
        pluginText(
          `if (said === "go on") return; ${body}`,
          // Only endless code is meant to reach its deadline, however busy the machine is.
          String(outcome).includes("interrupted") ? "" : "timeoutMs: 5_000,",
        ),
      );
      expect(await says("try")).toMatch(outcome);
      // The host goes on, and so does the plugin, in the same thread.
      expect(await says("go on")).toBe("goes on");
      expect(counts()).toMatchObject({ starts: 1, open: 0 });
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
    30_000,
  );

  it("is ended at the host's deadline where no interruption reaches it", async () => {
    const { says, counts } = await insideText(
      pluginText('if (said === "go on") return; for (;;) new Uint8Array(5e7)', "timeoutMs: 100,"),
    );
    expect(await says("try")).toMatch(/did not settle before its deadline|did not answer in time/);
    await expect.poll(() => counts().open).toBe(0);
    expect(await says("go on")).toMatch(/goes on|starts again|did not settle/);
  }, 30_000);

  it("loops while it is loaded", async () => {
    await expect(insideText("for (;;);")).rejects.toThrow(/too long to load/);
  }, 30_000);
});
