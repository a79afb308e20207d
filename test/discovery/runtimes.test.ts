/** Other runtimes, and packages in archives, are refused by name, before anything is read. */
import process from "node:process";
import { isolatePlugin } from "glassine/isolate";
import { createCommand, discoverPlugins } from "glassine/node";
import { afterEach, describe, expect, it } from "vitest";
import { newRoot } from "./support.ts";

const versions: Record<string, string | undefined> = process.versions;

describe.each([
  ["deno", "need Node.js, and this is Deno: run it with `node`."],
  ["bun", "need Node.js, and this is Bun: run it with `node`."],
  ["pnp", "set `nodeLinker: node-modules` in .yarnrc.yml, and install again."],
])("under %s", (name, message) => {
  afterEach(() => {
    delete versions[name];
  });

  const refused = { code: "setting_invalid", message: expect.stringContaining(message) };

  it("discovery is refused", async () => {
    const root = await newRoot();
    versions[name] = "1.0.0";
    await expect(discoverPlugins({ root, mode: "dev" })).rejects.toMatchObject(refused);
  });

  it("isolation is refused", async () => {
    versions[name] = "1.0.0";
    const isolated = isolatePlugin("/nowhere/plugin.js", { isolate: "process" });
    await expect(isolated).rejects.toMatchObject(refused);
  });

  it("the command is refused, but for its help", async () => {
    const shown: string[] = [];
    const stderr = {
      write: (text: string, done: () => void) => {
        shown.push(text);
        done();
        return true;
      },
      on: () => {},
    };
    versions[name] = "1.0.0";
    const { run } = createCommand({ bin: "glassine" });
    const io = { stdout: stderr, stderr };
    expect(await run(["plugins", "list", "--help"], io)).toBe(0);
    shown.length = 0;
    expect(await run(["plugins", "list"], io)).toBe(2);
    expect(shown.join("")).toContain(message);
  });
});
