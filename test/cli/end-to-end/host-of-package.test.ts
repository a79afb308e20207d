/** `--host glassine/memory-node` in a project that has the package installed, and in one that has not. */
// Only in test:all: it runs whole commands in processes of their own.
import { expect, it } from "vitest";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { newWorkspace } from "./support.ts";

it("plugins of a memory node are checked against it without a custom module", async () => {
  verifies("cli:host-module");
  const { install, run } = await newWorkspace();
  const code = (requires: string) => `import { allow } from "glassine";
import { definePlugin } from "glassine/memory-node";
export default () => definePlugin({ name: "guard", version: "1.0.0", requiresHost: "${requires}", hooks: { pre_assert_authorize: (_) => allow() } });
`;
  await install({ name: "guard", field: "stigmem", files: { "plugin.js": code("==0.9.0a10") } });
  const env = {
    STIGMEM_PLUGIN_SIGNING_REQUIRED: "false",
    STIGMEM_PLUGIN_UNSIGNED_ACK: "i-understand-plugins-are-unsigned",
  };
  const listed = await run(["plugins", "list", "--host", "glassine/memory-node"], { env });
  expect([listed.code, listed.stdout]).toEqual([
    0,
    expect.stringMatching(/^guard 1\.0\.0 hooks=1 /m),
  ]);
  const elsewhere = await folderWith();
  const empty = await run(["plugins", "list", "--host", "glassine/memory-node"], {
    env,
    cwd: elsewhere,
  });
  expect([empty.code, empty.stdout]).toEqual([0, expect.stringContaining("No plugins registered")]);
});
