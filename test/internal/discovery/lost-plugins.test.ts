/** Plugins in the lock whose package is still installed but no longer declares a plugin. */
import { join } from "node:path";
import { readLockfile } from "glassine/node";
import { expect, it } from "vitest";
import { lostPlugins } from "../../../src/operate/discovery/lost-plugins.ts";
import { findPackages } from "../../../src/operate/packages/index.ts";
import { install, newRoot, source, trust } from "../../discovery/support.ts";

it("counts as found when it was looked for, though everything is restored afterwards", async () => {
  const root = await newRoot();
  const code = `try { await import("zod"); } catch {}\n${source("guard")}`;
  await trust(root, await install(root, "guard", { code }), "guard");
  const { entries = [] } = (await readLockfile(join(root, "plugins.lock"))) ?? {};
  const { packages } = await findPackages({
    root,
    field: "other",
    kinds: [],
    commands: [],
    own: [],
    local: [],
  });
  const seen = { root, packages, ids: new Set<string>() };
  const found = await lostPlugins(entries, { ...seen, field: "glassine" });
  expect(found.changed.map(({ id, hash }) => [id, hash])).toEqual([["guard", undefined]]);
  const others = await lostPlugins(entries, { ...seen, field: "other" });
  expect([...others.ofOthers]).toEqual(["guard"]);
});
