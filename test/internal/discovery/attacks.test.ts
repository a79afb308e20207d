/** Installed packages that try to run before the check, or in place of what was checked. */
import { cp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  loadStage,
  readDiscoverOptions,
  staticStage,
} from "../../../src/operate/discovery/index.ts";
import { attack } from "../../attacks/attack.ts";
import {
  codesOf,
  discover,
  install,
  newRoot,
  ran,
  source,
  trust,
  unsigned,
} from "../../discovery/support.ts";

/** A root with a trusted plugin that is fully checked and not yet loaded. */
async function checked(files: Readonly<Record<string, string>> = {}) {
  const root = await newRoot();
  const marker = join(root, "ran");
  const path = await install(root, "guard", {
    files: { "plugin.js": source("guard"), "lib/part.js": "export const a = 1;\n", ...files },
  });
  await trust(root, path, "guard");
  const options = await readDiscoverOptions({ root, env: unsigned, mode: "production" });
  const report = await staticStage(options);
  expect(report.accepted).toHaveLength(1);
  return { root, marker, path, load: () => loadStage(options, report) };
}

attack(
  "A-207",
  "Replace a file of a package between check and import (time of check to time of use)",
  "hashed again while it is copied to where it is imported from: refused as `hash_mismatch`, and nothing of the replacement runs",
  () => {
    type Checked = Awaited<ReturnType<typeof checked>>;
    const replacements: Readonly<Record<string, (of: Checked) => Promise<unknown>>> = {
      "its entry point": ({ path, marker }) =>
        writeFile(join(path, "plugin.js"), source("guard", {}, marker)),
      "a file that it imports": ({ path }) => writeFile(join(path, "lib/part.js"), "x();\n"),
      "a file that was not there": ({ path }) => writeFile(join(path, "lib/late.node"), ""),
      "a file that is gone": ({ path }) => rm(join(path, "lib/part.js")),
      "its package.json": async ({ path }) => {
        const text = await readFile(join(path, "package.json"), "utf8");
        await writeFile(join(path, "package.json"), text.replace("}", ',"main":"./evil.js"}'));
      },
      "a file, by a link": async ({ root, path, marker }) => {
        await writeFile(join(root, "evil.js"), source("guard", {}, marker));
        await rm(join(path, "plugin.js"));
        await symlink(join(root, "evil.js"), join(path, "plugin.js"));
      },
      "its whole folder, by a link": async ({ root, path, marker }) => {
        const other = join(root, "other");
        await cp(path, other, { recursive: true });
        await writeFile(join(other, "plugin.js"), source("guard", {}, marker));
        await rename(path, join(root, "away"));
        await symlink(other, path);
      },
    };

    it.each(Object.keys(replacements))("%s", async (what) => {
      const at = await checked();
      await replacements[what]?.(at);
      const { loaded, refused } = await at.load();
      expect(loaded).toEqual([]);
      expect(refused).toMatchObject([{ id: "guard", code: "hash_mismatch" }]);
      expect(ran(at.marker)).toBe(false);
    });

    it("by a plugin that is loaded first", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const victim = await install(root, "zzz-guard");
      const file = JSON.stringify(join(victim, "plugin.js"));
      const evil = JSON.stringify(source("zzz-guard", {}, marker));
      const code = `import { writeFileSync } from "node:fs";\nwriteFileSync(${file}, ${evil});\n`;
      await install(root, "aaa-guard", { code: `${code}${source("aaa-guard")}` });
      const discovery = await discover(root);
      expect(codesOf(discovery)).toEqual(["zzz-guard: hash_mismatch"]);
      expect(ran(marker)).toBe(false);
    });
  },
);
