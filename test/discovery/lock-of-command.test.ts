/** The lockfile of a user: a host and its command look for the same one. */
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { defineHost } from "glassine/host";
import { expect, it } from "vitest";
import { commandServices, runJson } from "../cli/support/run.ts";
import { verifies } from "../support/verifies.ts";
import { codesOf, discover, install, newRoot, trust } from "./support.ts";

const profile = { hostName: "stigmem", envPrefix: "STIGMEM_" };

it("the lockfile is that of the command that the host names", async () => {
  verifies("lockfile:location-host");
  const root = await newRoot();
  const home = await newRoot();
  const host = defineHost({ profile });
  await trust(root, await install(root, "guard"), "guard");
  const folder = join(home, ".config/memory-node");
  await mkdir(folder, { recursive: true });
  const lock = join(folder, "plugins.lock");
  await rename(join(root, "plugins.lock"), lock);
  const env = { HOME: home, STIGMEM_PLUGIN_MODE: "production" };
  const options = { services: commandServices, cwd: root, env, host: { bin: "memory-node", host } };
  const { document } = await runJson(["plugins", "list"], options);
  expect(document.lock.path).toBe(lock);
  const discovery = await discover(root, { env, host, bin: "memory-node" });
  expect([discovery.lock, codesOf(discovery)]).toEqual([lock, []]);
  await expect(discover(root, { env, host })).rejects.toMatchObject({
    code: "lockfile_missing",
    data: { candidates: [join(root, "plugins.lock"), join(home, ".config/stigmem/plugins.lock")] },
  });
});

it.each(["", "../x", "a/b", "Memory", "x".repeat(65), 3])(
  "the command name %j is refused",
  async (bin) => {
    const refused = discover(await newRoot(), { bin: bin as string });
    await expect(refused).rejects.toMatchObject({ code: "options_invalid" });
  },
);
