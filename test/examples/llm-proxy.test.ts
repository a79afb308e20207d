/** Runs the example like a user, but compiled to a separate folder. */
// Only in test:all: it runs example programs.
import process from "node:process";
import { expect, it } from "vitest";
import { compile, run } from "../docs/support/compile.ts";

const example = "examples/llm-proxy";

it("cuts a telephone number out of a stream, and refuses a password", async () => {
  const { out, problems } = await compile("llm-proxy", [example]);
  expect(problems).toEqual([]);
  const ran = await run(process.execPath, [`${out}${example}/main.js`], 240_000);
  expect(ran).toMatchObject({ code: 0, complaints: "" });
  expect(ran.output.trimEnd().split("\n")).toEqual([
    '200 "content":"Call [phone]."',
    '403 "message":"No password may leave"',
  ]);
}, 180_000);
