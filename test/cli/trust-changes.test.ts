/** What has changed since a plugin was trusted, and what its trust leaves open. */
// Only in test:all: it races and repeats changes of trust.
import { writeFileSync } from "node:fs";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codesOf, discover, install, newRoot, source, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, linesOf, run, runJson } from "./support/run.ts";

const services = commandServices;
const reason = ["--reason", "reviewed"];

/** Returns functions that run commands in a folder. */
function commandIn(cwd: string) {
  const options = { services, cwd, env: unsigned };
  return {
    at: (...argv: string[]) => run(["plugins", ...argv], options),
    json: async (...argv: string[]) => (await runJson(["plugins", ...argv], options)).document,
  };
}

/** Adds a package that is not a plugin, next to the plugin. */
async function addPackage(cwd: string, name: string, version: string, code: string) {
  const path = join(cwd, "node_modules", name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "package.json"), JSON.stringify({ name, version }));
  await writeFile(join(path, "index.js"), code);
}

describe("a dependency that changed since the plugin was trusted", () => {
  const digits = "\\(sha256:[0-9a-f]{23}…\\)";

  it.each([
    ["trust", "guard"],
    ["lock", "--all"],
  ])("is reported by `%s %s`", async (...argv) => {
    verifies("cli:trust-permissions");
    const cwd = await newRoot();
    const { at, json } = commandIn(cwd);
    const manifest = join(await install(cwd, "guard"), "package.json");
    const needs = async (names: readonly string[]) => {
      const dependencies = Object.fromEntries(names.map((name) => [name, "*"]));
      const data = { ...JSON.parse(await readFile(manifest, "utf8")), dependencies };
      await writeFile(manifest, JSON.stringify(data));
    };
    await needs(["same", "went", "kept"]);
    for (const name of ["same", "went", "kept", "came"])
      await addPackage(cwd, name, "1.0.0", "export default 1;\n");
    const first = await at(...argv, ...reason);
    expect(first.stdout).not.toMatch(/changed:|new:|gone:/);
    await addPackage(cwd, "same", "1.0.0", "export default 2;\n");
    await needs(["same", "kept", "came"]);
    const before = await readFile(join(cwd, "plugins.lock"), "utf8");
    const again = await at(...argv, ...reason);
    const lines = linesOf(again.stdout).filter((line) => line.includes(" dependency "));
    expect([again.code, lines]).toEqual([
      0,
      [
        expect.stringMatching(
          `^ {2}changed: dependency same 1\\.0\\.0 ${digits}, was 1\\.0\\.0 ${digits}$`,
        ),
        expect.stringMatching(`^ {2}new: {5}dependency came 1\\.0\\.0 ${digits}$`),
        expect.stringMatching(`^ {2}gone: {4}dependency went 1\\.0\\.0 ${digits}$`),
      ],
    ]);
    await writeFile(join(cwd, "plugins.lock"), before);
    const document = (await json(...argv, ...reason)) as never as Outcome & { trusted?: Outcome[] };
    const { dependencies, previous } = document.trusted?.[0] ?? document;
    expect(previous.dependencies.map(({ name }) => name)).toEqual(["kept", "same", "went"]);
    expect(dependencies.map(({ name }) => name)).toEqual(["came", "kept", "same"]);
  });

  interface Outcome {
    readonly dependencies: readonly { readonly name: string }[];
    readonly previous: { readonly dependencies: readonly { readonly name: string }[] };
  }
});

describe("a package that does not list what it asks for", () => {
  const plain = { plugin: "./plugin.js" };

  it("has unknown capabilities and hooks, and is trusted with a warning", async () => {
    verifies("cli:trust-unlimited");
    const cwd = await newRoot();
    await install(cwd, "guard", { glassine: plain });
    const { at, json } = commandIn(cwd);
    const { stdout } = await at("describe", "guard", "--no-load");
    expect(stdout).toContain("\ncapabilities: unknown\nhooks (unknown): -\n");
    expect(stdout).toContain("\nhigh_impact: unknown\n");
    const described = await json("describe", "guard", "--no-load");
    expect(described).toMatchObject({ capabilities: null, hooks: null });
    const trusted = await at("trust", "guard", ...reason);
    expect(trusted.stderr).toMatch(
      /^warning: nothing limits the capabilities and hooks of 'guard'.* --check.* package\.json\.\n$/,
    );
    const all = await newRoot();
    await install(all, "guard", { glassine: plain });
    const { warnings } = (await commandIn(all).json("lock", "--all", ...reason)) as {
      warnings: readonly string[];
    };
    expect(warnings.filter((each) => each.startsWith("nothing limits"))).toHaveLength(1);
  });

  it("causes a warning only for the missing list, and none with --check", async () => {
    verifies("cli:trust-unlimited", "cli:trust-check");
    const notesOf = async (asks: object, ...options: string[]) => {
      const cwd = await newRoot();
      await install(cwd, "guard", { glassine: { ...plain, ...asks } });
      return (await commandIn(cwd).at("trust", "guard", ...options, ...reason)).stderr;
    };
    expect(await notesOf({ capabilities: [] })).toContain("nothing limits the hooks of 'guard'");
    expect(await notesOf({ hooks: [] })).toContain("nothing limits the capabilities of 'guard'");
    expect(await notesOf({ capabilities: [], hooks: [] })).toBe("");
    expect(await notesOf({}, "--check")).toBe("");
  });

  it("is limited to the hooks granted with --check", async () => {
    verifies("cli:trust-check");
    const cwd = await newRoot();
    const { at } = commandIn(cwd);
    // From its second start on, the plugin has one more hook.
    const code = `const hooks = {};
export default () => {
  hooks["cmf.llm_input" in hooks ? "cmf.llm_output" : "cmf.llm_input"] = () => undefined;
  return globalThis.testDefinePlugin({ name: "guard", version: "1.0.0", hooks });
};
`;
    await install(cwd, "guard", { glassine: plain, code });
    expect(await at("trust", "guard", "--check", ...reason)).toMatchObject({ code: 0, stderr: "" });
    const lock = await readFile(join(cwd, "plugins.lock"), "utf8");
    expect(lock).toContain('hooks = ["cmf.llm_input"]');
    expect(codesOf(await discover(cwd, { mode: "production" }))).toEqual(["guard: hooks_mismatch"]);
  });
});

it("names the plugin of a package whose name is given as an id", async () => {
  verifies("cli:trust-refused");
  const cwd = await newRoot();
  await install(cwd, "@acme/guard");
  const { code, stderr } = await commandIn(cwd).at("trust", "@acme/guard", ...reason);
  expect([code, stderr]).toEqual([
    2,
    "trust: plugin '@acme/guard' not found among installed plugins. Available: guard\n@acme/guard is the name of a package; its plugin is 'guard'.\n",
  ]);
});

describe("plugins untrust", () => {
  it("warns if the package is still installed", async () => {
    verifies("cli:untrust-lines");
    const cwd = await newRoot();
    const path = await install(cwd, "guard");
    const { at } = commandIn(cwd);
    await at("trust", "guard", ...reason);
    const { code, stderr } = await at("untrust", "guard", ...reason);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^warning: plugin 'guard' is still installed at .*guard: a production host does not start there until its package is removed; a running host keeps the plugin until it restarts\n$/,
      ),
    ]);
    const refused = await discover(cwd, { mode: "production" });
    expect(codesOf(refused)).toEqual(["guard: missing_from_lock"]);
    await at("trust", "guard", ...reason);
    await rm(path, { recursive: true });
    expect((await at("untrust", "guard", ...reason)).stderr).toBe("");
  });
});

it("trusting again keeps the entry optional, and warns of no end that it takes away", async () => {
  verifies("cli:trust-optional", "cli:trust-until");
  const cwd = await newRoot();
  const { at, json } = commandIn(cwd);
  await install(cwd, "guard");
  await install(cwd, "other");
  const soon = ["--until", new Date().toISOString().slice(0, 10)];
  await at("trust", "guard", "--optional", ...soon, ...reason);
  await at("trust", "other", ...soon, ...reason);
  const { warnings } = await json("trust", "guard", ...reason);
  const ends = (warnings as string[]).filter((each) => each.includes("ends after"));
  expect(ends).toEqual([expect.stringMatching(/^trust in 'other' ends after/)]);
  const optional = async () =>
    (await readFile(join(cwd, "plugins.lock"), "utf8")).match(/^optional = .*$/gm);
  expect(await optional()).toEqual(["optional = true"]);
  await at("untrust", "guard", ...reason);
  await at("trust", "guard", ...reason);
  expect(await optional()).toBeNull();
});

describe("plugins lock --prune", () => {
  it("keeps optional entries and says so", async () => {
    verifies("cli:lock-prune");
    const cwd = await newRoot();
    const { at, json } = commandIn(cwd);
    const paths = [await install(cwd, "guard"), await install(cwd, "other")];
    await at("trust", "guard", "--optional", ...reason);
    await at("trust", "other", ...reason);
    for (const path of paths) await rm(path, { recursive: true });
    const { stdout, stderr } = await at("lock", "--prune", ...reason);
    expect([linesOf(stdout)[0], stderr]).toEqual([
      "untrusted: other",
      expect.stringMatching(/^warning: the entry of 'guard' is kept .* optional/),
    ]);
    const again = await json("lock", "--prune", ...reason);
    expect(again).toMatchObject({ untrusted: [], lock: { entries: 1 } });
    expect(again).toMatchObject({ warnings: [expect.stringContaining("'guard' is kept")] });
    expect((await at("verify")).code).toBe(0);
  });

  it("removes nothing where nothing is installed, as after `git clone`", async () => {
    verifies("cli:lock-prune");
    const cwd = await newRoot();
    const { at, json } = commandIn(cwd);
    await install(cwd, "guard");
    await at("trust", "guard", ...reason);
    await rm(join(cwd, "node_modules"), { recursive: true });
    const { code, stderr } = await at("lock", "--prune", ...reason);
    expect([code, stderr]).toEqual([2, expect.stringContaining("install them first")]);
    expect(await json("lock", "--check")).toMatchObject({ lock: { entries: 1 } });
  });
});

it("`lock --prune` keeps an entry that is trusted anew while it looks, and says so", async () => {
  verifies("cli:lock-prune");
  const cwd = await newRoot();
  const lock = join(cwd, "plugins.lock");
  await install(cwd, "other");
  const path = await install(cwd, "guard");
  await commandIn(cwd).at("trust", "guard", ...reason);
  await rm(path, { recursive: true });
  const trustedAnew = (await readFile(lock, "utf8")).replace("1.0.0", "2.0.0");
  // What is installed is known by the time that packages are hashed.
  const progress = ({ what }: { readonly what: string }) => {
    if (what === "hashing") writeFileSync(lock, trustedAnew);
  };
  const lockWhile: typeof services.lock = (request) => services.lock({ ...request, progress });
  const argv = ["plugins", "lock", "--prune", ...reason];
  const options = { services: { ...services, lock: lockWhile }, cwd, env: unsigned };
  expect(await run(argv, options)).toEqual({
    code: 0,
    stdout: expect.stringContaining("nothing"),
    stderr: "warning: the entry of 'guard' is kept: it was changed while the command ran\n",
  });
  expect(await readFile(lock, "utf8")).toBe(trustedAnew);
});

describe("plugins verify", () => {
  it("counts an id that two installed packages claim", async () => {
    verifies("cli:verify-counts");
    const cwd = await newRoot();
    await install(cwd, "guard");
    const { at, json } = commandIn(cwd);
    await at("trust", "guard", ...reason);
    expect((await at("verify")).code).toBe(0);
    await install(cwd, "@other/guard", { code: source("guard") });
    const { code, stdout } = await at("verify");
    expect(code).toBe(1);
    const text = "duplicate_id: duplicate plugin id (entry point plugin.js:default)";
    expect(stdout).toContain(
      `\nRejected:\n  guard: ${text} of @other/guard\n  guard: ${text} of guard\n`,
    );
    expect(stdout).toContain("duplicate_id: Remove one of them");
    expect(await json("verify")).toMatchObject({
      ok: false,
      rejected: [
        { id: "guard", package: "@other/guard", code: "duplicate_id" },
        { id: "guard", package: "guard", code: "duplicate_id" },
      ],
    });
  });
});

describe("a host in dev mode beside a lockfile", () => {
  it("warns how many entries differ from what is installed", async () => {
    verifies("discovery:dev-drift");
    const cwd = await newRoot();
    const { at } = commandIn(cwd);
    for (const name of ["changed", "gone", "kept", "optional"]) {
      const path = await install(cwd, name);
      const optional = name === "optional" ? ["--optional"] : [];
      await at("trust", name, ...optional, ...reason);
      if (name === "changed") await appendFile(join(path, "plugin.js"), "// changed\n");
      if (name === "gone" || name === "optional") await rm(path, { recursive: true });
    }
    const warning =
      "plugin mode is dev: plugins.lock is not enforced; 2 of its 4 entries differ from what is installed, which production refuses";
    expect((await discover(cwd, { mode: "dev" })).warnings).toContain(warning);
    expect((await at("list")).stderr).toContain(`warning: ${warning}\n`);
    expect((await discover(cwd, { mode: "production" })).warnings).not.toContain(warning);
    expect((await at("verify")).stderr).toBe("");
    await at("untrust", "gone", ...reason);
    const one = await discover(cwd, { mode: "dev" });
    expect(one.warnings).toContain(
      warning.replace("2 of its 4 entries differ", "1 of its 3 entries differs"),
    );
    for (const name of ["kept", "optional"]) await at("untrust", name, ...reason);
    const only = await discover(cwd, { mode: "dev" });
    expect(only.warnings).toContain(
      warning.replace("2 of its 4 entries differ", "its only entry differs"),
    );
    await at("lock", "--all", ...reason);
    expect((await discover(cwd, { mode: "dev" })).warnings).toEqual([]);
  });
});
