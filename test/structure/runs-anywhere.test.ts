// Only in test:all: it reads all sources with the compiler.
import { describe, expect, it } from "vitest";
import { checkPortable, sharedGlobals } from "./check-portable.ts";
import { allRooms, roomOf } from "./check-rooms.ts";
import { plan } from "./rooms.ts";
import { readSource } from "./source-file.ts";
import { readTree } from "./source-tree.ts";

describe("what the package's entries reach", () => {
  const files = readTree();

  const entries = [
    ...plan.doors,
    "src/providers/anthropic/index.ts",
    "src/providers/bedrock/index.ts",
    "src/providers/google/index.ts",
    "src/providers/ai-sdk/index.ts",
    "src/providers/http/index.ts",
    "src/providers/mcp/index.ts",
    "src/providers/openai/index.ts",
    "src/plugins/index.ts",
    "src/redis/index.ts",
    "src/testing/index.ts",
  ];
  it.each(entries)("runs anywhere from %s", (entry) => {
    const { problems } = checkPortable(files, entry);
    expect(problems, `\n${problems.join("\n")}\n`).toEqual([]);
  });

  it("is the whole core, from the entries of the core", () => {
    const reached = new Set(plan.doors.flatMap((door) => [...checkPortable(files, door).reached]));
    const core = allRooms(plan).filter((room) => room.startsWith("core/"));
    expect(new Set([...reached].map((path) => roomOf(path, plan)))).toEqual(new Set(["", ...core]));
    expect(reached.size).toBeGreaterThan(35);
  });

  it("uses globals, so the reader sees them", () => {
    const core = files.filter(({ path }) => path.startsWith("src/core/"));
    const names = new Set(core.flatMap(({ globals }) => globals.map(({ name }) => name)));
    expect([...names]).toEqual(expect.arrayContaining(["Object", "Set", "Error"]));
  });
});

describe("the globals that count as shared", () => {
  it("all exist in this runtime", () => {
    const missing = [...sharedGlobals].filter((name) => !(name in globalThis));
    expect(missing).toEqual(["arguments"]);
  });

  it.each(["process", "Buffer", "require", "module", "global", "self", "window", "Deno"])(
    "are without %s",
    (name) => {
      expect(sharedGlobals.has(name)).toBe(false);
    },
  );
});

describe("the checker", () => {
  const check = (...sources: [path: string, text: string][]) =>
    checkPortable(
      sources.map(([path, text]) => readSource(path, text)),
      "src/index.ts",
    ).problems;

  it.each([
    'import fs from "node:fs";',
    'import { readFile } from "fs/promises";',
    'import type { Stats } from "node:fs";',
    'import test from "node:test";',
    'export * from "path";',
    'const os = await import("node:os");',
    'type Stats = import("node:fs").Stats;',
    'const fs = globalThis.process?.getBuiltinModule("node:fs");',
  ])("refuses a builtin: %s", (text) => {
    expect(check(["src/index.ts", text])).toEqual([expect.stringContaining("which only Node has")]);
  });

  it.each([
    ["process", "process.exit(1);"],
    ["process", "const cwd = process?.cwd();"],
    ["process", 'if (typeof process !== "undefined") go(); function go() {}'],
    ["process", "const held = { process };"],
    ["process", "export { process };"],
    ["process", "const { env } = process;"],
    ["process", "const env = (process as { env: object }).env;"],
    ["process", "function late(env = process.env) { return env; }"],
    ["process", "function shadow(process: object) { return process; } process.exit();"],
    ["Buffer", "const bytes = Buffer.from([1]);"],
    ["Buffer", "const isBuffer = (value: unknown) => value instanceof Buffer;"],
    ["Buffer", "class Mine extends Buffer {}"],
    ["Buffer", "const name = `${Buffer}`;"],
    ["Buffer", "const table = { [Buffer.name]: 1 };"],
    ["__dirname", "const here = __dirname;"],
    ["setImmediate", "setImmediate(() => {});"],
    ["self", "self.postMessage(1);"],
    ["name", "const label = name;"],
    ["require", "const load = require;"],
    ["process", "declare const process: { exit(): void }; process.exit();"],
    ["process", "declare global { var process: { exit(): void } } process.exit();"],
    ["process", "globalThis.process.exit(1);"],
    ["process", "const env = (globalThis as { process: any }).process.env;"],
    ["process", "const env = (globalThis.process as { env: object })['env'];"],
    ["setImmediate", "globalThis.setImmediate(() => {});"],
    ["Buffer", "new globalThis.Buffer(1);"],
  ])("refuses the global %s in %s", (name, text) => {
    expect(check(["src/index.ts", text])).toEqual([expect.stringContaining(`uses ${name},`)]);
  });

  it.each([
    "globalThis.process?.emitWarning?.(1);",
    "const now = globalThis.performance.now(); globalThis.setImmediate?.(now);",
    "const has = (globalThis as { process?: object }).process !== undefined;",
    'const util = (globalThis as any).process?.getBuiltinModule?.("node:util")?.types;',
    "const { process } = globalThis as { process?: object }; export const has = process != null;",
    "function local(process: { exit(): void }) { process.exit(); }",
    "const record = { process: 1, Buffer: 2 }; export const one = record.process;",
    "class Job { process = 1; require() { return this.process; } }",
    "type Held = Buffer; interface Shape { process: Buffer } let held: Held | undefined;",
    "class Job implements Runs<Buffer> {}",
    "for (const require of [1]) { label: for (;;) break label; }",
    "const { Buffer: bytes } = record; const record = { Buffer: 1 };",
    "// process.exit() and require('fs')\nconst text = 'Buffer';",
    "export const size = new Map<string, Buffer>().size; void 0; undefined; NaN;",
    "const signal = AbortSignal.timeout(5); setTimeout(() => {}, 1); console.warn(signal);",
    "import process from './process.ts'; process.run();",
  ])("accepts %s", (text) => {
    expect(check(["src/index.ts", text], ["src/process.ts", ""])).toEqual([]);
  });

  it("follows imports of every kind, and only what is reached", () => {
    const problems = check(
      ["src/index.ts", 'export { a } from "./a/index.ts"; import type { B } from "./b.ts";'],
      ["src/a/index.ts", 'const c = await import("../c.ts");'],
      ["src/b.ts", "process.exit(1);"],
      ["src/c.ts", '\nimport "node:fs";'],
      ["src/unreached.ts", 'import "node:os";'],
    );
    expect(problems).toEqual([
      "src/b.ts:1 uses process, which not every runtime has; ask for it as `globalThis.process?.`.",
      'src/c.ts:2 imports "node:fs", which only Node has.',
    ]);
  });

  it("refuses what it cannot follow", () => {
    expect(check(["src/index.ts", 'import "./gone.ts";'])).toEqual([
      "src/gone.ts is imported, but is not there.",
    ]);
    expect(check(["src/index.ts", "const where = './a.ts'; await import(where);"])).toEqual([
      "src/index.ts:1 imports a computed path, which nobody can check.",
    ]);
    expect(checkPortable([], "src/index.ts").problems).toHaveLength(1);
  });
});
