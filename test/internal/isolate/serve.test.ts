/** What the far side of a plugin answers. The plugin is simulated. */
import { expect, it } from "vitest";
import { LoadFailure } from "../../../src/operate/isolate/load.ts";
import { protocolVersion } from "../../../src/operate/isolate/protocol.ts";
import { serve } from "../../../src/operate/isolate/serve.ts";

it.each([
  ["FileSystemRead", "/etc/passwd", " A folder that it needs can be named in readable."],
  ["FileSystemWrite", "/etc/passwd", ""],
  ["ChildProcess", "", ""],
])("says that Node refused %s %s, and the way out", async (permission, resource, todo) => {
  const lines: string[] = [];
  const refusal = { code: "ERR_ACCESS_DENIED", permission, resource };
  const healthCheck = () => {
    throw Object.assign(new Error("Access to this API has been restricted"), refusal);
  };
  const manifest = { name: "tries", version: "1.0.0", capabilities: [], hooks: {}, healthCheck };
  const handle = serve((line) => lines.push(line), {
    loadPlugin: async () => ({ manifest, configOf: () => undefined }),
  });
  const load = { file: "/tries.mjs", exportName: "default" };
  handle(JSON.stringify({ type: "load", protocol: protocolVersion, ...load }));
  handle(JSON.stringify({ type: "health", id: "1" }));
  await expect.poll(() => lines.length).toBe(2);
  const what = `${permission} ${resource}`.trim();
  expect(JSON.parse(lines[1]?.split("\t")[1] ?? "")).toMatchObject({
    message: `An isolated plugin may not do this: ${what}.${todo}`,
  });
});

it("says what to do about TypeScript that Node cannot run", async () => {
  const lines: string[] = [];
  const text = 'Unknown file extension ".ts" for /tries.ts';
  const handle = serve((line) => lines.push(line), {
    loadPlugin: async () => {
      const cause = Object.assign(new TypeError(text), { code: "ERR_UNKNOWN_FILE_EXTENSION" });
      throw new LoadFailure("import", cause);
    },
  });
  const load = { file: "/tries.ts", exportName: "default" };
  handle(JSON.stringify({ type: "load", protocol: protocolVersion, ...load }));
  await expect.poll(() => lines.length).toBe(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    message: `${text}: compile it to a .js file, or use Node 22.18 or newer`,
  });
});

it("says what Node refused while the plugin was loaded", async () => {
  const lines: string[] = [];
  const refusal = { code: "ERR_ACCESS_DENIED", permission: "FileSystemRead", resource: "/words" };
  const handle = serve((line) => lines.push(line), {
    loadPlugin: async () => {
      throw new LoadFailure("import", Object.assign(new Error("restricted"), refusal));
    },
  });
  const load = { file: "/tries.mjs", exportName: "default" };
  handle(JSON.stringify({ type: "load", protocol: protocolVersion, ...load }));
  await expect.poll(() => lines.length).toBe(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    type: "failed",
    step: "import",
    message:
      "An isolated plugin may not do this: FileSystemRead /words. A folder that it needs can be named in readable.",
  });
});
