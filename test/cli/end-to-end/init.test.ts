/** The package that `glassine init` writes, tested, looked at, started and installed. */
// Only in test:all: it runs whole commands in processes of their own.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { newWorkspace, unsigned } from "./support.ts";

it("passes its own test, and loads as a file, from its folder and as a package", async () => {
  verifies("cli:init");
  const { above, root, run, node, install } = await newWorkspace();
  expect((await run(["init", "../glassine-plugin-mail-guard"])).code).toBe(0);
  const cwd = join(above, "glassine-plugin-mail-guard");
  const text = (name: string) => readFile(join(cwd, name), "utf8");

  // What `npm test` runs.
  const tested = await node(["--test", "--test-reporter=tap"], { cwd });
  expect([tested.code, tested.stdout]).toEqual([0, expect.stringContaining("# pass 2\n")]);

  const described = ["plugins", "describe", "mail-guard", "--local-plugins", "."];
  const { stdout } = await run(described, { cwd });
  expect(stdout).toContain("name: mail-guard\nversion: 0.1.0\n");
  expect(stdout).toContain("status: loaded\n");

  const words = ["gateway", "--plugin", "./plugin.js", "--check", "--", process.execPath];
  expect(await run(words, { cwd })).toMatchObject({ code: 0, stderr: "" });

  // Without the peer, which is in the folder above: npm would try to download it.
  const { name, peerDependencies: _, ...manifest } = JSON.parse(await text("package.json"));
  const files = {
    "package.json": JSON.stringify({ name, ...manifest }),
    "plugin.js": await text("plugin.js"),
    "plugin.test.js": await text("plugin.test.js"),
  };
  await install({ name, files });
  const listed = await run(["plugins", "list"], { cwd: root, env: unsigned });
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  expect(listed.stdout).toContain("mail-guard 0.1.0 hooks=1 health=unknown signed_by=unsigned");
});
