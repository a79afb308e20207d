/** A host that wants only some of what is installed. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createPluginManager } from "glassine";
import { expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { codesOf, discover, install, newRoot, ran, source, trust } from "./support.ts";

it("loads what is wanted, and runs nothing else", async () => {
  verifies("discovery:only");
  const root = await newRoot();
  const marker = join(root, "ran");
  await install(root, "wanted");
  await install(root, "other", { code: source("other", {}, marker) });
  const { plugins } = await discover(root, { only: ["wanted"] });
  expect(plugins.map(({ name }) => name)).toEqual(["wanted"]);
  expect((await discover(root, { only: [] })).plugins).toEqual([]);
  expect(ran(marker)).toBe(false);
});

it("is stopped by what is wrong with one that is wanted, and by no other", async () => {
  verifies("discovery:only");
  const root = await newRoot();
  await install(root, "fine");
  await install(root, "broken", { code: "throw new Error('broken')" });
  const start = async (only: readonly string[]) => {
    const discovered = await discover(root, { only, onRejected: "fail" });
    const manager = await createPluginManager({ plugins: [], discovered, logger: {} });
    return manager.plugins.map(({ name }) => name);
  };
  expect(await start(["fine"])).toEqual(["fine"]);
  await expect(start(["fine", "broken"])).rejects.toThrow(/import_failed|broken/);
});

it("is not stopped by what the lockfile trusts and nobody wants", async () => {
  verifies("discovery:only");
  const root = await newRoot();
  const gone = await install(root, "gone");
  await trust(root, await install(root, "guard"), "guard");
  await trust(root, gone, "gone");
  await rm(gone, { recursive: true });
  const of = (only: readonly string[]) => discover(root, { only, mode: "production" });
  const found = await of(["guard"]);
  expect([found.plugins.map(({ name }) => name), codesOf(found)]).toEqual([["guard"], []]);
  expect(codesOf(await of(["gone"]))).toEqual(["gone: missing_from_install"]);
});

it.each([
  ["gard", /no installed plugin has the id "gard"\. Did you mean "guard"\?$/],
  ["quite\nanother", /no installed plugin has the id "quite\\u\{a\}another"\.$/],
])("is refused an id that nothing has: %j", async (id, text) => {
  verifies("discovery:only");
  const root = await newRoot();
  await install(root, "guard");
  await expect(discover(root, { only: [id] })).rejects.toMatchObject({
    code: "plugin_missing",
    message: expect.stringMatching(text),
  });
});

it("is refused the name of a package, and suggests the plugin's id", async () => {
  verifies("discovery:only");
  const root = await newRoot();
  await install(root, "@a-long-name-of-a-company/guard");
  await expect(discover(root, { only: ["@a-long-name-of-a-company/guard"] })).rejects.toThrow(
    /Did you mean "guard"\?$/,
  );
});

it("says why nothing is found: discovery is off, or a package cannot be read", async () => {
  verifies("discovery:only");
  const root = await newRoot();
  await install(root, "guard");
  const env = { GLASSINE_PLUGIN_AUTO_DISCOVERY_ENABLED: "false" };
  await expect(discover(root, { only: ["guard"], env })).rejects.toThrow(
    /PLUGIN_AUTO_DISCOVERY_ENABLED=false/,
  );
});
