/** Runs the example like a user, on the build: an isolated plugin needs an installed library. */
// Only in test:all: it runs example programs.
import { mkdir, writeFile } from "node:fs/promises";
import process from "node:process";
import { expect, it } from "vitest";
import { run } from "../docs/support/compile.ts";
import { root } from "../docs/support/pages.ts";
import { noSandbox } from "../isolate/support.ts";

const example = "examples/unreviewed-plugin";
const folder = `${root}build/unreviewed-plugin`;

it.skipIf(noSandbox !== undefined)(
  "a plugin that nobody reviewed does its work, and nothing else",
  async () => {
    await mkdir(folder, { recursive: true });
    const config = {
      extends: "../../tools/tsconfig/examples.json",
      compilerOptions: { rootDir: "../..", outDir: "out" },
      include: [`../../${example}`],
    };
    await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config));
    const compiler = `${root}node_modules/typescript/bin/tsc`;
    const compiled = await run(process.execPath, [compiler, "-p", folder], 240_000);
    expect(compiled).toMatchObject({ code: 0, output: "" });
    const ran = await run(process.execPath, [`${folder}/out/${example}/main.js`], 240_000);
    expect(ran.code).toBe(0);
    expect(ran.output.trim().split("\n")).toEqual([
      "hello passes [ 'EU', 'SUMMARIZED' ]",
      "    An isolated plugin may not do this: FileSystemRead /etc/passwd. A folder that it needs can be named in readable.",
      "read a secret is refused: handler_error [ 'EU' ]",
      "    fetch failed",
      "call home is refused: handler_error [ 'EU' ]",
      "    The isolated plugin ended with code 1.",
      "exit is refused: handler_error [ 'EU' ]",
      "hang is refused: handler_timeout [ 'EU' ]",
      "hello again passes [ 'EU', 'SUMMARIZED' ]",
    ]);
  },
  480_000,
);
