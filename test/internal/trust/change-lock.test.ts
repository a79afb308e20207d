/** An empty lock that is made, and edits of one that fail. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { trustPlugins } from "glassine/node";
import { describe, expect, it } from "vitest";
import { changeLock } from "../../../src/operate/trust/change/change-lock.ts";
import { createLock } from "../../../src/operate/trust/change/trust-plugins.ts";
import { verifies } from "../../support/verifies.ts";
import { entryOf, lockFolder, refusalOf } from "../../trust/change-support.ts";

const pii = entryOf("acme.pii");
const commented = `# what we trust
version = 1

# the first one
[[plugins]]
id = "acme.first"
package = "@acme/first" # ours
version = "1.0.0"
entry_point = "dist/plugin.js:default"
distribution_hash = "${entryOf("acme.first").hash}"

# to be refreshed
[[plugins]]
version = '1.0.0'
id = "acme.pii"
# inside
package = "@acme/acme.pii"
entry_point = "dist/plugin.js:default"
distribution_hash = "${pii.hash}"

[[plugins]]
id = "acme.last"
package = "@acme/last"
version = "1.0.0"
entry_point = "dist/plugin.js:default"
distribution_hash = "${entryOf("acme.last").hash}"
`;

describe("making a lock", () => {
  it("CLI-038: creates an empty one, and only reads an existing one", async () => {
    const { path, text, names } = await lockFolder();
    expect(await createLock(path)).toMatchObject({ isCreated: true, lock: { entries: [] } });
    expect(await text()).toBe("version = 1\n");
    await trustPlugins(path, [pii], "r");
    const before = await stat(path);
    const second = await createLock(path);
    expect(second).toMatchObject({ isCreated: false, lock: { entries: [pii] } });
    expect((await stat(path)).mtimeMs).toBe(before.mtimeMs);
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
  });

  it("needs its folder", async () => {
    const { folder } = await lockFolder();
    const path = join(folder, "missing", "plugins.lock");
    for (const work of [() => createLock(path), () => trustPlugins(path, [pii], "r")]) {
      expect(await refusalOf(work)).toMatchObject({
        code: "lockfile_failed",
        data: { path, systemCode: "ENOENT" },
      });
    }
  });
});

describe("changeLock", () => {
  it("leaves everything as it was when the edit throws", async () => {
    verifies("journal:refused");
    const { path, text, names } = await lockFolder(commented);
    const edit = () => {
      throw new Error("no");
    };
    await expect(changeLock(path, edit)).rejects.toThrow("no");
    expect(await text()).toBe(commented);
    expect(await names()).toEqual(["plugins.lock"]);
  });

  it("never writes an invalid lock", async () => {
    verifies("journal:refused");
    const { path, text, names } = await lockFolder(commented);
    const { code } = await refusalOf(() => changeLock(path, () => ({ text: "", lines: [] })));
    expect(code).toBe("lockfile_invalid");
    expect(await text()).toBe(commented);
    expect(await names()).toEqual(["plugins.lock"]);
  });
});
