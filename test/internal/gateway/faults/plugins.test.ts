// Only in test:all: it loads plugins that hang.
/** Plugins that fail while they are loaded, by path and as packages. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { configSchema } from "../../../../src/gateway/config/index.ts";
import { resolvePlugins } from "../../../../src/gateway/config/resolve-plugins.ts";
import { install, unsigned } from "../../../discovery/support.ts";
import { folderWith } from "../../../support/folder.ts";

const plugin = 'globalThis.testDefinePlugin({ name: "bad", version: "1.0.0" })';
const never = "new Promise(() => {})";
const late = "new Promise((_, no) => setTimeout(no, 1300, new Error('late')))";

/** Long enough for code that does not wait, even on a busy machine. */
const loadTimeoutMs = 1000;
const tooLate = /1000 ms|timed out/;

const failing: readonly (readonly [what: string, code: string, text: RegExp])[] = [
  ["an import that throws", "throw new Error('broken');", /broken/],
  ["an import that hangs", `await ${never}; export default () => ${plugin};`, tooLate],
  ["an import that throws late", `await ${late}; export default () => ${plugin};`, tooLate],
  ["code that is no code", "export default (", /Unexpected|cannot be loaded|failed/],
  ["a factory that throws", "export default () => { throw new Error('broken'); };", /broken/],
  ["a factory that hangs", `export default () => ${never};`, tooLate],
  ["a factory that rejects late", `export default () => ${late};`, tooLate],
];

/** Loads a working plugin, and after it one that fails. */
async function resolving(kind: "path" | "package", code: string) {
  const folder = await folderWith({
    "good.mjs": `export default globalThis.testDefinePlugin({ name: "good", version: "1.0.0" });`,
    "bad.mjs": code,
  });
  if (kind === "package") await install(folder, "bad", { code });
  const bad = kind === "package" ? { package: "bad" } : join(folder, "bad.mjs");
  const audit = { file: join(folder, "audit.jsonl") };
  const config = configSchema.parse({
    servers: { files: { command: "mcp-server-files" } },
    audit,
    plugins: [join(folder, "good.mjs"), bad],
  });
  const logger = { warn: () => {}, error: () => {} };
  const options = { env: unsigned, stock: {}, logger, loadTimeoutMs };
  const [refused] = await Promise.allSettled([resolvePlugins({ config, folder }, options)]);
  const records = await readFile(audit.file, "utf8").catch(() => "");
  return { refused, records };
}

describe("F-16: a plugin that fails while it is loaded stops the start, and none is registered", () => {
  describe.each(["path", "package"] as const)("by %s", (kind) => {
    it.each(failing)("%s", async (_what, code, text) => {
      const { refused, records } = await resolving(kind, code);
      expect(refused).toMatchObject({
        reason: {
          code: kind === "path" ? "config_unreadable" : "discovery_failed",
          message: expect.stringMatching(text),
        },
      });
      expect(refused).toHaveProperty("reason.message", expect.stringContaining("bad"));
      expect(records).not.toContain("plugin.registered");
      // Errors after the deadline must not surface; the test runner fails if one does.
      await delay(500);
    });
  });
});
