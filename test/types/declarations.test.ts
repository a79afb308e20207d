/** Declarations emitted for a user's module can name the package's types. */
// Only in test:all: it compiles programs of users.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { defineHost } from "glassine/host";
import { beforeAll, describe, expect, it } from "vitest";
import { run } from "../docs/support/compile.ts";
import { root } from "../docs/support/pages.ts";

const exported = `${root}test/types/declared.test-d.ts`;
const folder = `${root}build/declared/`;
const installed = `${folder}node_modules/glassine/`;
const timeoutMs = 240_000;
const compile = (version: string, ...args: readonly string[]) =>
  run(process.execPath, [`${root}node_modules/${version}/bin/tsc`, ...args], timeoutMs);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  cpSync(`${root}package.json`, `${installed}package.json`);
  cpSync(`${root}dist`, `${installed}dist`, { recursive: true });
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    lib: ["ES2023"],
    types: [],
    strict: true,
    skipLibCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: ".",
    outDir: "out",
  };
  const config = { compilerOptions, files: ["declared.ts"] };
  writeFileSync(`${folder}package.json`, JSON.stringify({ type: "module" }));
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config));
  cpSync(exported, `${folder}declared.ts`);
}, timeoutMs);

describe("what a user exports", () => {
  it.each(["typescript", "typescript-5.9"])(
    "has declarations, written by %s",
    async (version) => {
      expect(await compile(version, "--pretty", "false", "-p", folder)).toEqual({
        code: 0,
        output: "",
        complaints: "",
      });
    },
    timeoutMs,
  );

  it("covers everything that a host has", () => {
    const source = readFileSync(exported, "utf8");
    for (const name of Object.keys(defineHost({}))) expect(source).toContain(`\n  ${name}: host`);
  });
});
