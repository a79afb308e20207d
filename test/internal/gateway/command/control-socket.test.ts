/** How long a command waits for the gateway that it asks to reload. */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  askReload,
  placeOf,
  serveReloads,
} from "../../../../src/gateway/command/control-socket.ts";
import { afterTest } from "../../../support/cleanup.ts";
import { folderWith } from "../../../support/folder.ts";

it("a reload that takes long is not taken for a gateway that does not run", async () => {
  const cwd = await folderWith({});
  const file = join(cwd, "glassine.config.json");
  const env = { XDG_RUNTIME_DIR: cwd };
  await chmod(cwd, 0o700);
  const place = await placeOf(file, env);
  expect(await askReload(place, 60_000)).toBeUndefined();
  const stop = await serveReloads(file, env, () => new Promise(() => {}));
  afterTest(stop);
  expect(await askReload(place, 10)).toBe("timeout");
});
