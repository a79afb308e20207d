/** The copies that plugins are imported from, and what the command leaves of them. */
// Only in test:all: it runs whole commands in processes of their own.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { installTime, made } from "./fixtures.ts";
import { newWorkspace, unsigned } from "./support.ts";

it(
  "the copies of a process go with it, and those that a killed one left go with the next",
  async () => {
    verifies("discovery:copy-gone");
    const workspace = await newWorkspace();
    const place = join(workspace.root, "place.txt");
    const says = `writeFileSync(${JSON.stringify(place)}, import.meta.url)`;
    const plugin = 'definePlugin({ name: "placed-one", version: "1.0.0" })';
    await workspace.install(
      made("placed-one", `(${says}, ${plugin})`, {
        imports: 'import { writeFileSync } from "node:fs";',
      }),
    );
    const temporary = join(workspace.root, "temporary");
    const left = (name: string) => join(temporary, `glassine-plugins-${name}`);
    const owned = async (name: string, pid: number, host = hostname()) => {
      await mkdir(left(name), { recursive: true });
      await writeFile(join(left(name), "owner"), JSON.stringify({ pid, host }));
    };
    // No process has this id: the largest one on Linux is 2^22.
    await owned("killed", 2 ** 22 + 1);
    await owned("running", process.pid);
    // A host that shares the folder has ids of its own.
    await owned("elsewhere", 2 ** 22 + 1, "elsewhere");
    await mkdir(left("whose"));
    const env = { ...unsigned, TMPDIR: temporary };
    const { code, stdout } = await workspace.run(["plugins", "list"], { env });
    expect([code, stdout]).toEqual([0, expect.stringContaining("placed-one 1.0.0 hooks=0")]);
    expect(await workspace.read("place.txt")).toContain(`${temporary}/glassine-plugins-`);
    expect((await readdir(temporary)).sort()).toEqual([
      "glassine-plugins-elsewhere",
      "glassine-plugins-running",
      "glassine-plugins-whose",
    ]);
  },
  installTime,
);
