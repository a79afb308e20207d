/** Packages that cannot be hashed safely are refused with a code, and nothing outside is read. */
// Only in test:all: it runs whole commands in processes of their own.
import { execFile } from "node:child_process";
import { cp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { platform } from "node:process";
import { promisify } from "node:util";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { documentOf } from "./documents.ts";
import { installTime } from "./fixtures.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";

const dev = { env: unsigned };
const name = "acme-guard";

let workspace: Workspace;
let at = "";
beforeAll(async () => {
  workspace = await newWorkspace();
  await workspace.install({ name }, { name: "other-guard" });
  at = workspace.packageAt(name);
  await cp(at, join(workspace.above, "kept"), { recursive: true });
}, installTime);

afterEach(async () => {
  await rm(at, { recursive: true });
  await cp(join(workspace.above, "kept"), at, { recursive: true });
});

/** The rejection of the package. The other package must load as usual. */
async function refusal() {
  const { code, data } = await documentOf(workspace, ["plugins", "list"], dev);
  expect([code, data.loaded.map(({ id }: { id: string }) => id)]).toEqual([0, ["other-guard"]]);
  expect(data.rejected).toHaveLength(1);
  return data.rejected[0];
}

describe("CLI-073: links and other kinds of files", () => {
  const plant: Readonly<Record<string, readonly [string, () => Promise<unknown>]>> = {
    "a link to /etc/passwd": ["unsafe_symlink", () => symlink("/etc/passwd", join(at, "x.txt"))],
    "a link to another package": [
      "unsafe_symlink",
      () => symlink("../other-guard/plugin.js", join(at, "x.js")),
    ],
    "a link that leads nowhere": ["unsafe_symlink", () => symlink("nowhere", join(at, "x.js"))],
    "links in a circle": [
      "unsafe_symlink",
      async () => {
        await symlink("b", join(at, "a"));
        await symlink("a", join(at, "b"));
      },
    ],
    "a pipe": ["unsupported_file", () => promisify(execFile)("mkfifo", [join(at, "pipe.js")])],
  };

  it.each(Object.entries(plant))("CLI-073: %s", async (_, [code, make]) => {
    await make();
    const { code: actualCode, reason } = await refusal();
    expect([actualCode, reason]).toEqual([code, expect.not.stringContaining("root:")]);
    const reasons = ["--reason", "r"];
    const trusted = await workspace.run(["plugins", "trust", name, ...reasons], dev);
    expect(trusted).toMatchObject({ code: 2, stdout: "" });
    expect(trusted.stderr).toMatch(/^trust: cannot hash package 'acme-guard': /);
    expect(await workspace.read("plugins.lock")).toBeUndefined();
  });
});

// Only some file systems tell these names apart.
describe.runIf(platform === "linux")("CLI-074: names that are one on some systems", () => {
  it.each([
    ["A.js", "a.js"],
    ["caf\u00e9.js", "cafe\u0301.js"],
  ])("CLI-074: %s and %s", async (one, other) => {
    await writeFile(join(at, one), "1");
    await writeFile(join(at, other), "2");
    expect(await refusal()).toMatchObject({ code: "unsupported_file" });
  });
});

it("CLI-075: a name with a line feed is refused, whatever records it would forge", async () => {
  const forged = `a.js\0${"1"}\0${"0".repeat(64)}\nfile\0b.js`.replaceAll("\0", "\u0001");
  await writeFile(join(at, forged), "");
  const { code, reason } = await refusal();
  expect([code, reason]).toEqual([
    "unsupported_file",
    expect.stringContaining("control character"),
  ]);
});

it("CLI-076: a package of nothing but its package.json has no entry point, and stops nothing", async () => {
  await rm(join(at, "plugin.js"));
  expect(await refusal()).toMatchObject({ id: name, code: "invalid_entry_point" });
});
