/** A plugin's dependencies, as npm installs them: trusted with it, shown, and in the lock. */
// Only in test:all: it runs whole commands in processes of their own.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { newWorkspace, pluginSource, unsigned, type Workspace } from "./support.ts";

const timeout = 300_000;
const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };

let workspace: Workspace;
beforeAll(async () => {
  workspace = await newWorkspace();
  const numbers = (name: string, more: object = {}) =>
    JSON.stringify({ name, version: "6.0.0", main: "index.js", ...more });
  const name = "number-guard";
  await workspace.install({
    name,
    fields: {
      dependencies: { "is-odd": "6.0.0" },
      bundleDependencies: ["is-odd"],
    },
    files: {
      "plugin.js": `import isOdd from "is-odd";\nif (!isOdd(3)) throw new Error("broken");\n${pluginSource({ name })}`,
      "node_modules/is-odd/package.json": numbers("is-odd", {
        dependencies: { "is-number": "6.0.0" },
      }),
      "node_modules/is-odd/index.js":
        'const isNumber = require("is-number");\nmodule.exports = (n) => isNumber(n) && n % 2 === 1;\n',
      "node_modules/is-number/package.json": numbers("is-number"),
      "node_modules/is-number/index.js": 'module.exports = (n) => typeof n === "number";\n',
    },
  });
}, timeout);

describe("a plugin that bundles a package which needs another one", () => {
  it(
    "is trusted with both, and refused once either is changed",
    async () => {
      verifies("closure:members", "lockfile:dependencies", "cli:dependencies-shown");
      const { run, packageAt } = workspace;
      const trust = ["plugins", "trust", "number-guard", "--reason", "reviewed"];
      const trusted = await run(trust, { env: unsigned });
      expect([trusted.code, trusted.stderr]).toEqual([0, ""]);
      expect(trusted.stdout).toContain("  needs:   is-number==6.0.0, is-odd==6.0.0\n");
      expect(await workspace.read("plugins.lock")).toMatch(
        /\ndependencies = \[\n {2}"is-number@6\.0\.0 sha256:[0-9a-f]{64}",\n {2}"is-odd@6\.0\.0 sha256:[0-9a-f]{64}",\n\]\n$/,
      );
      const described = await run(["plugins", "describe", "number-guard"], production);
      expect(described.stdout).toContain("status: loaded\n");
      expect(described.stdout).toMatch(
        /\ndependencies \(2\):\n {2}is-number 6\.0\.0 sha256:\S+\n {2}is-odd 6\.0\.0 sha256:\S+\n/,
      );

      const inner = join(packageAt("number-guard"), "node_modules/is-number/index.js");
      const before = await readFile(inner, "utf8");
      await writeFile(inner, `${before}// changed\n`);
      const verified = await run(["plugins", "verify"], { env: unsigned });
      expect(verified.code).toBe(1);
      expect(verified.stdout).toMatch(
        /\n {2}number-guard: dependency \(expected='is-number==6\.0\.0 sha256:\w+', actual='is-number==6\.0\.0 sha256:\w+'\)\n/,
      );
      expect((await run(["plugins", "list"], production)).stdout).toMatch(
        /\n {2}number-guard: (dependency|hash)_mismatch: /,
      );
      expect((await run(trust, { env: unsigned })).code).toBe(0);
      expect((await run(["plugins", "verify", "--strict-journal"], { env: unsigned })).code).toBe(
        0,
      );
    },
    timeout,
  );
});
