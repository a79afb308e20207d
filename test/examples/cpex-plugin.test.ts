/** Runs the example like a user, but compiled to a separate folder; the page shows its output. */
// Only in test:all: it runs example programs.
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { compile, run } from "../docs/support/compile.ts";
import { hasCpex, python } from "../isolate/cpex/support/real-venv.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const example = "examples/cpex-plugin";

it.skipIf(!hasCpex)("plugins of CPEX do what docs/cpex.md shows", async () => {
  const { out, problems } = await compile("cpex-plugin", [example]);
  expect(problems).toEqual([]);
  const program = [`${out}${example}/main.js`, `${root}${example}/config.yaml`, python];
  const { code, output } = await run(process.execPath, program, 240_000);
  expect(code).toBe(0);
  expect(readFileSync(`${root}docs/cpex.md`, "utf8")).toContain(
    `\`\`\`text\n${output.trim()}\n\`\`\``,
  );
});
