/** The module of `--host`, which is the operator's own code and may never finish loading. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { importHost } from "../../../src/operate/cli/import-host.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";

it("is refused if it takes too long to load", async () => {
  verifies("cli:host-module");
  const folder = await folderWith({ "waits.mjs": "await new Promise(() => {});" });
  const value = join(folder, "waits.mjs");
  await expect(importHost({ value, from: "--host" }, folder, 50)).rejects.toMatchObject({
    failure: {
      exitCode: 2,
      message: `--host: cannot use the module '${value}': it takes longer than 0.05 seconds to load`,
    },
  });
});
