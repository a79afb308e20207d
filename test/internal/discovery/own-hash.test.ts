/** Two packages that claim the same name, one of them an impostor. */
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readDiscoverOptions, staticStage } from "../../../src/operate/discovery/index.ts";
import { install, newRoot, source, trust, unsigned } from "../../discovery/support.ts";

it("each is reported with its own hash", async () => {
  const root = await newRoot();
  const path = await install(root, "guard");
  await trust(root, path, "guard");
  const impostor = join(root, "node_modules", "aaa");
  await cp(path, impostor, { recursive: true });
  await writeFile(join(impostor, "plugin.js"), source("guard", {}, join(root, "ran")));
  const { refused } = await staticStage(await readDiscoverOptions({ root, env: unsigned }));
  const hashes = refused.map((each) => each.source?.hash?.hash);
  expect(new Set(hashes).size).toBe(2);
});
