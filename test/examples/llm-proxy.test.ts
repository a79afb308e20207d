/** Runs the example like a user, but compiled to a separate folder. */
// Only in test:all: it runs example programs.
import { writeFile } from "node:fs/promises";
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

it("ends the provider's answer when its caller goes away", async () => {
  const { out } = await compile("llm-proxy-left", [example]);
  // A model that never stops, and callers who wait for 300 ms.
  await writeFile(
    `${out}${example}/model.js`,
    `const own = fetch;
    globalThis.fetch = (url, init) =>
      own(url, { ...init, signal: AbortSignal.timeout(300) }).catch(() => new Response("left"));
    export async function model() {
      const speaking = setInterval(() => {}, 1000);
      const cancel = () => {
        clearInterval(speaking);
        console.log("ended");
      };
      const headers = { "content-type": "text/event-stream" };
      return new Response(new ReadableStream({ cancel }), { headers });
    }`,
  );
  const ran = await run(process.execPath, [`${out}${example}/main.js`], 20_000);
  expect(ran).toMatchObject({ code: 0, complaints: "" });
  expect(ran.output).toContain("ended");
}, 60_000);
