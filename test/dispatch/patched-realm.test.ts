import { rmSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile, run } from "../docs/support/compile.ts";
import { patches } from "./realm-program.ts";

let folder = "";

beforeAll(async () => {
  // A folder of this process: two runs of the tests must not pull it away from each other.
  const { out } = await compile(`dispatch-realm-${process.pid}`, [
    "test/dispatch/realm-program.ts",
  ]);
  folder = out;
}, 60_000);
afterAll(() => rmSync(dirname(folder), { recursive: true, force: true }));

describe("a run in which a plugin patches", () => {
  it.concurrent.each(Object.keys(patches))("%s comes out as without", async (what) => {
    const program = `${folder}test/dispatch/realm-program.js`;
    const { code, output, complaints } = await run(process.execPath, [program, what], 10_000);
    expect(complaints).toBe("");
    expect(output).toBe("");
    expect(code).toBe(0);
  });
});
