// Only in test:all: it starts processes.
/** What befalls a host and the other turns when an isolated plugin fails in an unusual way. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import process from "node:process";
import { createPluginManager } from "glassine";
import { type Isolation, isolatePlugin } from "glassine/isolate";
import { hashPackage } from "glassine/node";
import { describe, expect, it } from "vitest";
import { run } from "../docs/support/compile.ts";
import { afterTest } from "../support/cleanup.ts";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { fixture, noSandbox, pluginFile, saying } from "./support.ts";

/** A plugin whose handler has this body; `said` is what the message says. */
const sourceOf = (body: string) => `import { definePlugin } from "glassine";
  export default definePlugin({ name: "unusual", version: "1.0.0", hooks: {
    "cmf.llm_input": async ({ content: [{ text: said }] }) => { ${body} } } });`;

async function managed(isolate: Isolation, body: string) {
  const { plugin, counts } = await isolatePlugin(await pluginFile(sourceOf(body)), { isolate });
  const thrown: string[] = [];
  const manager = await createPluginManager({
    plugins: [plugin],
    onHandlerError: (error) => void thrown.push((error as Error).message),
  });
  afterTest(() => manager.close());
  const says = async (text: string) => (await manager.invoke("cmf.llm_input", saying(text))).errors;
  return { says, counts, thrown };
}

const kinds: readonly Isolation[] = noSandbox === undefined ? ["worker", "process"] : ["worker"];

describe.each(kinds)("%s", (isolate) => {
  it.each(["null", "undefined", "7", "{ get code() { throw 1; } }"])(
    "that throws %s outside its handler fails its turn, and not the host",
    async (value) => {
      verifies("isolation:failure");
      const body = `if (said === "throw") {
        setTimeout(() => { throw ${value}; });
        await new Promise(() => {});
      }`;
      const { says, counts } = await managed(isolate, body);
      expect(await says("throw")).toMatchObject([{ code: "handler_error" }]);
      expect([await says("go on"), counts().starts]).toEqual([[], 2]);
    },
  );
});

it.skipIf(noSandbox !== undefined)("a turn that is too long for a line fails alone", async () => {
  verifies("isolation:length");
  const { says, counts, thrown } = await managed("process", "");
  expect(await says("\u0001".repeat(6_000_000))).toMatchObject([{ code: "handler_error" }]);
  expect(thrown).toEqual([
    expect.stringMatching(/has 360\d+ characters, and at most 33488896 can cross/),
  ]);
  expect([await says("go on"), counts().starts]).toEqual([[], 1]);
});

it.skipIf(noSandbox !== undefined)("a result that is too long for a line fails alone", async () => {
  verifies("isolation:length");
  const long = '{ metadata: { long: Array(8).fill("\\u0001".repeat(800_000)) } }';
  const { says, counts, thrown } = await managed(
    "process",
    `return said === "long" ? ${long} : {}`,
  );
  expect(await says("long")).toMatchObject([{ code: "result_shape" }]);
  expect(thrown).toEqual([expect.stringMatching(/has 38\d+ characters, and at most 33488896 can/)]);
  expect([await says("go on"), counts().starts]).toEqual([[], 1]);
});

it("a turn in a thread may be longer", async () => {
  verifies("isolation:length");
  const { says } = await managed("worker", "");
  expect(await says("\u0001".repeat(6_000_000))).toEqual([]);
});

it.each<Isolation>([...kinds, "quickjs"])(
  "a package whose folder is a relative link is found by a %s",
  async (isolate) => {
    verifies("isolation:start");
    const path = await folderWith();
    await mkdir(join(path, "real"));
    const manifest = { name: "linked", version: "1.0.0", type: "module" };
    await writeFile(join(path, "real", "package.json"), JSON.stringify(manifest));
    await writeFile(join(path, "real", "index.js"), sourceOf(""));
    await symlink("real", join(path, "link"));
    const { hash } = await hashPackage(join(path, "real"));
    const link = relative(process.cwd(), join(path, "link"));
    const options = { isolate, package: { folder: link, hash } };
    const { plugin, close } = await isolatePlugin(join(link, "index.js"), options);
    expect(plugin.name).toBe("unusual");
    await close();
  },
);

describe.each(kinds)("a turn in a %s", (isolate) => {
  it.each(["{ get code() { throw 1; } }", "new Proxy({}, { get() { throw 1; } })"])(
    "that throws %s fails alone",
    async (value) => {
      verifies("isolation:alike");
      const { says, counts } = await managed(isolate, `if (said === "throw") throw ${value};`);
      expect(await says("throw")).toMatchObject([{ code: "handler_error" }]);
      expect([await says("go on"), counts().starts]).toEqual([[], 1]);
    },
  );
});

it.skipIf(noSandbox !== undefined).each([
  ["without a spare", "alone", "failed"],
  ["with a spare, which takes its place,", "spare", "works"],
])("a process %s can end while its host has no file descriptors left", async (_, how, then) => {
  verifies("isolation:failure", "isolation:platform");
  const program = [process.execPath, fixture("no-descriptors.mjs"), how];
  const ran = await run("sh", ["-c", 'ulimit -n 256 && exec "$@"', "sh", ...program]);
  expect(ran).toEqual({ code: 0, output: `isolation_refused\n${then}\nworks\n`, complaints: "" });
});
