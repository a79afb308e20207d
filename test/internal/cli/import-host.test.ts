/** The module of `--host`, which is the operator's own code and may never finish loading. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineHost } from "glassine/host";
import { expect, it } from "vitest";
import { importHost } from "../../../src/operate/cli/import-host.ts";
import { afterTest } from "../../support/cleanup.ts";
import { verifies } from "../../support/verifies.ts";

it("is refused if it takes too long to load", async () => {
  verifies("cli:host-module");
  const folder = await mkdtemp(join(tmpdir(), "host-"));
  const value = join(folder, "waits.mjs");
  await writeFile(value, "await new Promise(() => {});");
  await expect(importHost({ value, from: "--host" }, folder, 50)).rejects.toMatchObject({
    failure: {
      exitCode: 2,
      message: `--host: cannot use the module '${value}': it takes longer than 0.05 seconds to load`,
    },
  });
  await rm(folder, { recursive: true });
});

it.each([
  ["host.mjs", "export default { port: 80 }; export const host = globalThis.testHost;"],
  ["host.cjs", "exports.host = globalThis.testHost;"],
  // As Node imports CommonJS that a compiler made; the test runner would unwrap it.
  ["compiled.mjs", "export default { __esModule: true, default: globalThis.testHost };"],
])("may export its host beside a default that is none: %s", async (name, text) => {
  verifies("cli:host-module");
  const folder = await mkdtemp(join(tmpdir(), "host-"));
  afterTest(() => rm(folder, { recursive: true }));
  const own = defineHost({});
  (globalThis as { testHost?: object }).testHost = own;
  await writeFile(join(folder, name), text);
  const { host } = await importHost({ value: name, from: "--host" }, folder);
  expect(host).toBe(own);
});

it("is to be named by its file if it is in a package for import alone", async () => {
  verifies("cli:host-module");
  const folder = await mkdtemp(join(tmpdir(), "host-"));
  afterTest(() => rm(folder, { recursive: true }));
  const path = join(folder, "node_modules/esm-host");
  await mkdir(path, { recursive: true });
  const exports = { import: "./index.js" };
  await writeFile(join(path, "package.json"), JSON.stringify({ name: "esm-host", exports }));
  await expect(importHost({ value: "esm-host", from: "--host" }, folder)).rejects.toMatchObject({
    failure: {
      message:
        "--host: cannot use the module 'esm-host': the package exports this only to `import`, or not at all: name its file",
    },
  });
});
