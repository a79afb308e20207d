/** A relative path after `--plugins-lock` begins in the current folder, not in the configuration's. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { install, trust, unsigned } from "../../discovery/support.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { run, start } from "./support.ts";

const servers = { files: { url: "https://files.example/mcp" } };
const audit = { file: "audit.jsonl" };
const env = { ...unsigned, GLASSINE_PLUGIN_MODE: "production" };
const given = ["--config", "app/glassine.config.json", "--plugins-lock", "locks/plugins.lock"];

/** A folder with a configuration in `app/`, and with what trusts its plugin in `locks/`. */
async function withGuard(): Promise<string> {
  const cwd = await folderWith({});
  for (const name of ["app", "locks"]) await mkdir(join(cwd, name));
  const config = { servers, listen: { port: 8080 }, plugins: [{ package: "guard" }], audit };
  await writeFile(join(cwd, "app/glassine.config.json"), JSON.stringify(config));
  await trust(join(cwd, "locks"), await install(join(cwd, "app"), "guard"), "guard");
  return cwd;
}

const listen = ["--listen", "127.0.0.1:9002", "--envoy-admin", "http://127.0.0.1:9901"];

it.each([
  ["gateway --check", ["gateway", "--check"]],
  ["extproc --check", ["extproc", ...listen, "--check"]],
])("%s", async (_what, argv) => {
  verifies("cli:paths");
  const { code, stdout } = await run([...argv, ...given], { cwd: await withGuard(), env });
  expect([code, stdout]).toEqual([0, expect.stringContaining("guard 1.0.0")]);
});

it("gateway", async () => {
  verifies("cli:paths");
  const gateway = start(["gateway", ...given], { cwd: await withGuard(), env });
  expect(await gateway.seen("ready")).toMatchObject({ plugins: ["guard"] });
  gateway.signals.emit("SIGTERM");
  expect(await gateway.code).toBe(0);
});
