/** What happens when the engine of a plugin inside QuickJS starts again. It runs in this thread. */
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { violationOf } from "../../../src/core/hooks/index.ts";
import { protocolVersion } from "../../../src/operate/isolate/protocol.ts";
import { loadInQuickJs } from "../../../src/operate/isolate/quickjs/load.ts";
import { serve } from "../../../src/operate/isolate/serve.ts";
import { pluginText, saying } from "../../isolate/quickjs-support.ts";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";

const text = `
import { definePlugin, deny } from "glassine";
export default () => {
  if (Date.now() > 1000) throw new Error("The licence has ended.");
  return definePlugin({
    name: "licensed",
    version: "1.0.0",
    hooks: {
      "cmf.llm_input": (message) => {
        if (message.spends) throw null;
        return deny("here");
      },
    },
  });
};`;

it("says why the plugin cannot be made again, and tries it at the next turn", async () => {
  verifies("isolation:failure");
  const now = vi.spyOn(Date, "now").mockReturnValue(1_000);
  afterTest(() => now.mockRestore());
  const file = join(await realpath(await folderWith({ "plugin.mjs": text })), "plugin.mjs");
  const { manifest, ready } = await loadInQuickJs({
    type: "load",
    protocol: protocolVersion,
    file,
    exportName: "default",
  });
  const context = {
    plugin: { name: "licensed", version: "1.0.0" },
    hook: "cmf.llm_input",
    capabilities: [],
    request: "r",
  };
  const turn = (payload: object) => manifest.hooks["cmf.llm_input"]?.handler(payload, context);
  expect(() => turn({ spends: true })).toThrow(/It starts again/);
  now.mockReturnValue(2_000);
  await expect(ready?.()).rejects.toThrow("The licence has ended.");
  now.mockReturnValue(1_000);
  await ready?.();
  expect(violationOf(turn({}))?.reason).toBe("here");
});

it("fails only the turn that spends the engine, and not those that wait for it", async () => {
  verifies("isolation:failure");
  const text = pluginText('if (said === "spend") throw null; return deny("here");');
  const file = join(await realpath(await folderWith({ "plugin.mjs": text })), "plugin.mjs");
  const answers = new Map<string, string>();
  const handle = serve(
    (line) => {
      const [document = "", said = ""] = line.split("\t");
      answers.set(JSON.parse(document).id, said);
    },
    { loadPlugin: loadInQuickJs },
  );
  const load = { type: "load", file, exportName: "default" };
  handle(JSON.stringify({ ...load, protocol: protocolVersion }));
  const hook = "cmf.llm_input";
  const turns = { first: "spend", second: "spend", third: "go on" };
  for (const [id, said] of Object.entries(turns)) {
    const context = { request_id: id };
    const config = { name: "hostile-plugin", version: "1.0.0", capabilities: [] };
    const task = JSON.stringify({ hook, payload: saying(said), context, config });
    handle(`${JSON.stringify({ type: "turn", id, hook })}\t${task}`);
  }
  await expect.poll(() => answers.size, { timeout: 5_000 }).toBe(4);
  expect(answers.get("first")).toMatch(/needs more memory/);
  expect(answers.get("second")).toMatch(/needs more memory/);
  expect(answers.get("third")).toMatch(/"here"/);
});
