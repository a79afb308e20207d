/** What a plugin is granted when it is trusted, and what cannot be granted. */
// Only in test:all: it runs whole command flows.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { discover, install, newRoot, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, linesOf, run, runJson } from "./support/run.ts";

const services = commandServices;
const reason = ["--reason", "reviewed"];

describe("trust --check", () => {
  const manifest = { capabilities: ["read_labels"] };

  /** Trusts the plugin, and returns what was granted. */
  async function granted(capabilities?: readonly string[]): Promise<string | undefined> {
    const cwd = await newRoot();
    const asks = capabilities === undefined ? {} : { capabilities };
    await install(cwd, "guard", { manifest, glassine: { plugin: "./plugin.js", ...asks } });
    const at = (argv: readonly string[]) =>
      run(["plugins", ...argv], { services, cwd, env: unsigned });
    expect(await at(["trust", "guard", "--check", ...reason])).toMatchObject({ code: 0 });
    expect(await at(["verify"])).toMatchObject({ code: 0 });
    const { plugins, rejected } = await discover(cwd, { mode: "production" });
    expect([plugins.map(({ name }) => name), rejected]).toEqual([["guard"], []]);
    return /^capabilities = (.*)$/m.exec(await readFile(join(cwd, "plugins.lock"), "utf8"))?.[1];
  }

  it("grants what package.json lists, so that the next start takes it", async () => {
    verifies("cli:trust-check");
    expect(await granted(["read_labels", "append_labels"])).toBe(
      '["append_labels", "read_labels"]',
    );
  });

  it("grants what the plugin says itself where package.json lists nothing", async () => {
    verifies("cli:trust-check");
    expect(await granted()).toBe('["read_labels"]');
  });
});

describe("a misspelt capability", () => {
  it("is granted with a warning that names what was meant", async () => {
    verifies("cli:trust-misspelt");
    const warning =
      /^warning: 'guard' asks for 'read_lables', which this host does not know: it grants nothing, and code that asks for it is not loaded; did you mean read_labels\?$/m;
    for (const argv of [
      ["trust", "guard"],
      ["lock", "--all"],
    ]) {
      const cwd = await newRoot();
      const capabilities = ["read_lables", "read_headers", "wholly.other"];
      await install(cwd, "guard", { glassine: { plugin: "./plugin.js", capabilities, hooks: [] } });
      const options = { services, cwd, env: unsigned };
      const { code, stderr } = await run(["plugins", ...argv, ...reason], options);
      expect([code, stderr]).toEqual([0, expect.stringMatching(warning)]);
      expect(linesOf(stderr)).toHaveLength(1);
    }
  });
});

describe("an invalid capability name", () => {
  it.each(["x y", "", "1st", "x".repeat(129), "é", "a\nb"])("is skipped: %j", async (name) => {
    verifies("discovery:field-form", "cli:lock-actions", "cli:next");
    const cwd = await newRoot();
    await install(cwd, "good");
    await install(cwd, "bad-one", { glassine: { plugin: "./plugin.js", capabilities: [name] } });
    const at = (argv: readonly string[]) =>
      run(["plugins", ...argv], { services, cwd, env: unsigned });
    const all = await at(["lock", "--all", ...reason]);
    expect([all.code, linesOf(all.stdout).filter((line) => !line.startsWith(" "))]).toEqual([
      1,
      [
        expect.stringMatching(/^trusted: good 1\.0\.0 /),
        "skipped: bad-one: invalid_metadata",
        "",
        "What to do next:",
      ],
    ]);
    expect(linesOf(all.stdout).at(-1)).toBe(
      "  invalid_metadata: Report it to the authors of the plugin, or remove it.",
    );
    const one = await at(["trust", "bad-one", ...reason]);
    expect([one.code, one.stdout]).toEqual([2, ""]);
  });

  it("is the reason why `trust` refuses the plugin, unless another package has its id", async () => {
    verifies("cli:trust-refused");
    const cwd = await newRoot();
    await install(cwd, "@acme/guard", { glassine: { plugin: "./plugin.js", hooks: ["a b"] } });
    const argv = ["plugins", "trust", "guard", ...reason];
    const { code, stderr } = await run(argv, { services, cwd, env: unsigned });
    expect([code, linesOf(stderr)[0]]).toEqual([
      2,
      "trust: plugin 'guard' is rejected: invalid_metadata: package '@acme/guard' has an invalid glassine field: hooks[0]: expected the name of a hook",
    ]);
    await install(cwd, "guard");
    expect(await run(argv, { services, cwd, env: unsigned })).toMatchObject({ code: 0 });
  });
});

describe("what package.json asks for and the code does not declare outside of production", () => {
  const more = ["read_headers", "append_labels", "read_labels"];

  async function described(manifest: object, glassine: object) {
    const cwd = await newRoot();
    await install(cwd, "guard", { manifest, glassine: { plugin: "./plugin.js", ...glassine } });
    const options = { services, cwd, env: unsigned };
    const argv = ["plugins", "describe", "guard"];
    const { stdout } = await run(argv, options);
    await run(["plugins", "trust", "guard", ...reason], options);
    const { document } = await runJson(argv, options);
    return { lines: linesOf(stdout), document };
  }

  it("is shown by describe, and in what it says of permissions, as trust grants it", async () => {
    verifies("cli:describe-undeclared");
    const manifest = { capabilities: ["read_labels"] };
    const asked = { capabilities: more, hooks: ["cmf.llm_input"] };
    const { lines, document } = await described(manifest, asked);
    expect(lines).toEqual(
      expect.arrayContaining([
        "capabilities: read_labels",
        "package.json asks for more than the code declares here: append_labels, read_headers",
        "package.json names more hooks than the code declares here: cmf.llm_input",
        "high_impact: append_labels, read_headers",
        expect.stringMatching(/^ {2}read_headers: /),
        expect.stringMatching(/^ {2}Runs on cmf\.llm_input: /),
      ]),
    );
    const sorted = [...more].sort();
    expect(document).toMatchObject({
      capabilities: ["read_labels"],
      undeclared_capabilities: ["append_labels", "read_headers"],
      undeclared_hooks: ["cmf.llm_input"],
      high_impact: ["append_labels", "read_headers"],
      granted_capabilities: sorted,
      permission_change: { added: [], removed: [] },
      hook_change: { added: [], removed: [] },
    });
    expect(Object.keys(document.plain_words)).toEqual(sorted);
  });

  it("is nothing where both say the same, or package.json lists nothing", async () => {
    verifies("cli:describe-undeclared");
    for (const asked of [{ capabilities: ["read_labels"], hooks: [] }, {}]) {
      const { lines, document } = await described({ capabilities: ["read_labels"] }, asked);
      expect(lines.filter((line) => line.startsWith("package.json"))).toEqual([]);
      expect([document.undeclared_capabilities, document.undeclared_hooks]).toEqual([[], []]);
    }
  });
});
