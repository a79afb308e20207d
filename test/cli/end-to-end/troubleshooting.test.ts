/**
 * The troubleshooting table, row by row: brings about each symptom, and does what the command says
 * about it, until `doctor --strict` has nothing left to report.
 *
 * npm installs every package once, in two runs; each scenario copies those that it needs.
 */
// Only in test:all: it runs whole commands in processes of their own.
import { appendFile, cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, expect, it } from "vitest";
import { documentOf, linesOf } from "./documents.ts";
import { hostProgram, installTime, made, memoryNode, procedure } from "./fixtures.ts";
import { newPublisher, type Publisher } from "./publisher.ts";
import { type Fixture, newWorkspace, pluginSource, signFolder, type Workspace } from "./support.ts";

let workspace: Workspace;
let builder: Publisher;
let stranger: Publisher;
/** Settings under which the builder's packages are trusted. */
let env: Readonly<Record<string, string>>;

const plain = (name: string, more = "", version = "1.0.0") =>
  `definePlugin({ name: "${name}", version: "${version}", ${more} })`;

beforeAll(async () => {
  workspace = await newWorkspace();
  builder = await newPublisher(workspace, "builder@example.com");
  stranger = await newPublisher(workspace, "stranger@example.com");
  const both = [builder, stranger].map(async ({ env: own }) =>
    JSON.parse(await readFile(own.GLASSINE_PLUGIN_PUBLISHER_KEYS ?? "", "utf8")),
  );
  const publishers = (await Promise.all(both)).flatMap((each) => each.publishers);
  const keys = join(workspace.above, "publishers.json");
  await writeFile(keys, JSON.stringify({ schema: 1, publishers }));
  env = {
    GLASSINE_PLUGIN_PUBLISHER_KEYS: keys,
    GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: builder.identity,
  };
  await workspace.write("host.mjs", hostProgram);
  const signedBy = builder;
  const twin = (name: string): Fixture => ({
    name,
    signedBy,
    glassine: { plugins: { "acme-twin": "./plugin.js" } },
    files: { "plugin.js": pluginSource({ name: "acme-twin" }) },
  });
  const one = (name: string, more: string, version = "1.0.0") =>
    made(name, plain(name, more, version), { signedBy, version });
  await installAndKeep(
    { name: "acme-guard", signedBy },
    { name: "foreign-guard", signedBy: stranger },
    { name: "no-plugin", fields: { glassine: undefined, keywords: [] } },
    twin("twin-one"),
    twin("twin-two"),
    one("dependent-one", 'dependsOn: ["base-one"]'),
    one("cycle-one", 'dependsOn: ["cycle-two"]'),
    one("cycle-two", 'dependsOn: ["cycle-one"]'),
    one("ailing-one", 'healthCheck: () => health("unhealthy", "no disk")'),
    { name: "liar-one", signedBy, files: { "plugin.js": pluginSource({ name: "other-one" }) } },
    { ...procedure({ package: "acme-sweep", id: "acme.sweep" }), signedBy },
    prying("1.0.0", []),
  );
  await installAndKeep(
    { name: "acme-guard", version: "1.1.0" },
    { name: "base-one", signedBy },
    one("cycle-two", "", "1.0.1"),
    one("ailing-one", 'healthCheck: () => health("healthy")', "1.0.1"),
    { name: "liar-one", version: "1.0.1", signedBy },
    { ...procedure({ package: "acme-sweep", id: "acme.sweep", version: "2.0.0" }), signedBy },
    { ...procedure({ package: "sweep-taker", id: "acme.sweep" }), signedBy },
    prying("1.0.1", ["facts.read"]),
  );
}, installTime);

/** A plugin that asks for a service that its manifest does not allow. */
function prying(version: string, capabilities: readonly string[]): Fixture {
  const source = `import { definePlugin } from "glassine/memory-node";
export default () => definePlugin({
  name: "prying-one", version: "${version}", capabilities: ${JSON.stringify(capabilities)},
  hooks: {
    migration_register: (migrations, context) => {
      context.getFactsReader();
      return migrations;
    },
  },
});
`;
  return { name: "prying-one", version, field: "stigmem", files: { "plugin.js": source } };
}

/** The paths of what was installed, by name and version. */
const kept = new Map<string, string>();

async function installAndKeep(...fixtures: readonly Fixture[]): Promise<void> {
  await workspace.install(...fixtures);
  for (const { name, version = "1.0.0" } of fixtures) {
    const path = join(workspace.above, "kept", `${name}@${version}`);
    await mkdir(join(path, ".."), { recursive: true });
    await rename(workspace.packageAt(name), path);
    kept.set(`${name}@${version}`, path);
  }
}

/** Replaces what is installed with exactly these packages. */
async function present(...names: readonly string[]): Promise<void> {
  await rm(join(workspace.root, "node_modules"), { recursive: true, force: true });
  for (const name of names) {
    const at = workspace.packageAt(name.replace(/@[^@]*$/, ""));
    await cp(kept.get(name) ?? `no ${name}`, at, { recursive: true });
  }
}

afterEach(async () => {
  for (const end of ["", ".journal", ".lck", ".pending"])
    await rm(join(workspace.root, `plugins.lock${end}`), { force: true });
});

const production = (more: Readonly<Record<string, string>> = {}) => ({
  env: { ...env, GLASSINE_PLUGIN_MODE: "production", ...more },
});
const dev = (more: Readonly<Record<string, string>> = {}) => ({ env: { ...env, ...more } });
type Options = ReturnType<typeof dev>;

const trust = async (id: string, stderr: unknown = "") => {
  const ended = await workspace.run(["plugins", "trust", id, "--reason", "reviewed"], dev());
  expect([ended.code, ended.stderr]).toEqual([0, stderr]);
};

/** Signs a package again, as a publisher does after building the same version anew. */
const signAgain = (name: string) => signFolder(workspace.packageAt(name), builder);

/** Starts the host, which must be refused with `symptom`. */
async function startFails(options: Options, symptom: string): Promise<void> {
  const { code, stdout, stderr } = await workspace.node(["host.mjs"], options);
  expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(symptom)]);
}

/** Expects that `doctor --strict` fails, and recommends `texts`. */
async function recommends(options: Options, ...texts: readonly string[]): Promise<void> {
  const { code, stdout } = await workspace.run(["doctor", "--strict"], options);
  expect(code).toBe(1);
  const recommendations = linesOf(stdout).flatMap(
    (line) => /^ +recommendation: (.*)$/.exec(line)?.[1] ?? [],
  );
  for (const text of texts) expect(recommendations).toContainEqual(expect.stringContaining(text));
}

/** Expects that nothing is left to do, and that the host starts. */
async function isWell(options: Options, starts = true): Promise<void> {
  const { code, stdout } = await workspace.run(["doctor", "--strict"], options);
  expect([code, linesOf(stdout)[0]]).toEqual([0, "status: ok"]);
  expect((await workspace.run(["plugins", "doctor", "--strict"], options)).code).toBe(0);
  if (starts) expect(await workspace.node(["host.mjs"], options)).toMatchObject({ code: 0 });
}

it("CLI-079: No plugins registered: the package is not there, or has no field", async () => {
  await present("no-plugin@1.0.0");
  const list = () => workspace.run(["plugins", "list"], dev());
  expect(linesOf((await list()).stdout)).toContain("No plugins registered.");
  await present("no-plugin@1.0.0", "acme-guard@1.0.0");
  expect((await list()).stdout).not.toContain("No plugins registered.");
  await isWell(dev());
});

it("CLI-079: is unsigned: a signed package of a trusted publisher helps", async () => {
  await present("acme-guard@1.1.0");
  await startFails(dev(), "plugin 'acme-guard' is unsigned; ");
  await recommends(dev(), "unsigned: Use a signed package of a trusted publisher.");
  await present("acme-guard@1.0.0");
  await isWell(dev());
});

it("CLI-079: signed by untrusted identity: after review it goes on one of the two lists", async () => {
  await present("foreign-guard@1.0.0");
  await startFails(
    dev(),
    "plugin 'foreign-guard' is signed by untrusted identity 'stranger@example.com'; ",
  );
  await recommends(dev(), "untrusted_identity: After review, add the identity to the trusted list");
  const trusted = "builder@example.com, stranger@example.com";
  await isWell(dev({ GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: trusted }));
  await isWell(dev({ GLASSINE_PLUGIN_TRUST_OVERRIDE_PUBLISHERS: "stranger@example.com" }));
});

it("CLI-079: has an invalid signature: the package is installed anew", async () => {
  await present("acme-guard@1.0.0");
  await appendFile(join(workspace.packageAt("acme-guard"), "plugin.js"), "// changed\n");
  await startFails(dev(), "plugin 'acme-guard' has an invalid signature: ");
  await recommends(dev(), "signature_invalid: Reinstall the package. If it persists, treat it as");
  await present("acme-guard@1.0.0");
  await isWell(dev());
});

it("CLI-079: duplicate plugin name: one of the two goes", async () => {
  await present("twin-one@1.0.0", "twin-two@1.0.0");
  await startFails(
    dev(),
    "duplicate plugin name 'acme-twin' discovered from entry points 'twin-one/plugin.js:default' and 'twin-two/plugin.js:default'\n",
  );
  await recommends(dev(), "duplicate_id: Remove one of them, or upgrade to ids that differ.");
  await present("twin-one@1.0.0");
  await isWell(dev());
});

it("CLI-079: missing plugin dependencies: what is missing is installed, or the dependent removed", async () => {
  await present("dependent-one@1.0.0");
  await startFails(dev(), "missing plugin dependencies: dependent-one missing base-one");
  await recommends(dev(), "dependency_missing: Install it, or remove the dependent.");
  await present("dependent-one@1.0.0", "base-one@1.0.0");
  await isWell(dev());
  await present("base-one@1.0.0");
  await isWell(dev());
});

it("CLI-079: dependency cycle detected: one is removed, or its authors mend it", async () => {
  await present("cycle-one@1.0.0", "cycle-two@1.0.0");
  await startFails(dev(), "plugin dependency cycle detected: cycle-one -> cycle-two -> cycle-one");
  await recommends(
    dev(),
    "dependency_cycle: Report it to the authors of the plugin, or remove it.",
  );
  await present("cycle-one@1.0.0", "cycle-two@1.0.1");
  await isWell(dev());
});

it("CLI-079: requires a plugins.lock: it is made, and what was reviewed is trusted", async () => {
  await present("acme-guard@1.0.0");
  await startFails(production(), "production plugin mode requires a plugins.lock; ");
  await recommends(
    production(),
    "Create it with `plugins lock`, then trust what was reviewed.",
    "lock_missing: ",
  );
  expect((await workspace.run(["plugins", "lock"], production())).code).toBe(0);
  await trust("acme-guard");
  await isWell(production());
});

it("CLI-079: missing_from_lock: it is reviewed and trusted", async () => {
  await present("acme-guard@1.0.0");
  await workspace.run(["plugins", "lock"], production());
  await startFails(production(), "missing_from_lock");
  await recommends(
    production(),
    "missing_from_lock: Review it, then run `plugins trust ID --reason …`.",
  );
  await trust("acme-guard");
  await isWell(production());
});

it("CLI-079: version_mismatch and hash_mismatch: trusted again, or reinstalled as it was", async () => {
  await present("acme-sweep@1.0.0");
  await trust("acme.sweep");
  const answer = "then trust it again or reinstall the pinned version.";
  await present("acme-sweep@2.0.0");
  await startFails(production(), "version_mismatch: expected '1.0.0', actual '2.0.0'");
  await recommends(production(), answer);
  await present("acme-sweep@1.0.0");
  await isWell(production());
  await present("acme-sweep@2.0.0");
  await trust("acme.sweep");
  await isWell(production());
  await appendFile(join(workspace.packageAt("acme-sweep"), "dist/proc.js"), "// rebuilt\n");
  await signAgain("acme-sweep");
  await startFails(production(), "hash_mismatch: expected 'sha256:");
  await recommends(production(), answer);
  await trust("acme.sweep");
  await isWell(production());
});

it("CLI-079: entry_point_mismatch and package_mismatch: looked at before they are trusted", async () => {
  await present("acme-sweep@1.0.0");
  await trust("acme.sweep");
  const at = workspace.packageAt("acme-sweep");
  await rename(join(at, "dist/proc.js"), join(at, "dist/moved.js"));
  const manifest = await readFile(join(at, "package.json"), "utf8");
  await writeFile(join(at, "package.json"), manifest.replace("dist/proc.js", "dist/moved.js"));
  await signAgain("acme-sweep");
  await startFails(
    production(),
    "entry_point_mismatch: expected 'dist/proc.js:MyProcedure', actual 'dist/moved.js:MyProcedure'",
  );
  await recommends(production(), "entry_point_mismatch: Review it before it is trusted again.");
  await trust("acme.sweep");
  await isWell(production());
  await present("sweep-taker@1.0.0");
  await startFails(production(), "package_mismatch: expected 'acme-sweep', actual 'sweep-taker'");
  await recommends(production(), "package_mismatch: Review it before it is trusted again.");
  await trust("acme.sweep");
  await isWell(production());
});

it("CLI-079: missing_from_install: the entry is taken out", async () => {
  for (const way of [
    ["untrust", "acme.sweep"],
    ["lock", "--prune"],
  ]) {
    await present("acme-sweep@1.0.0", "acme-guard@1.0.0");
    await trust("acme.sweep");
    await trust("acme-guard");
    await present("acme-guard@1.0.0");
    const { stdout } = await workspace.run(["plugins", "list"], production());
    expect(linesOf(stdout)).toContain(
      "  acme.sweep: missing_from_install (expected='acme-sweep==1.0.0', actual=None)",
    );
    await startFails(
      production(),
      "missing_from_install: plugins.lock trusts acme-sweep==1.0.0, and it is not installed",
    );
    await recommends(
      production(),
      "missing_from_install: Install what was trusted, or run `plugins untrust acme.sweep` or `plugins lock --prune`.",
    );
    const ended = await workspace.run(["plugins", ...way, "--reason", "gone"], production());
    expect([way, ended.code]).toEqual([way, 0]);
    await isWell(production());
  }
});

it("CLI-079: id_mismatch: a mistake of the plugin, or an impersonation", async () => {
  await present("liar-one@1.0.0");
  await startFails(
    dev(),
    "plugin entry point 'liar-one' declares name 'other-one'; they must match",
  );
  await recommends(dev(), "id_mismatch: Report it to the authors of the plugin, or remove it.");
  await present("liar-one@1.0.1");
  await isWell(dev());
});

it("CLI-079: CapabilityError: the manifest lacks it, and an upgrade has it", async () => {
  await workspace.write(
    "node.mjs",
    `import { createPluginManager, memoryNode } from "glassine/memory-node";
import { discoverPlugins } from "glassine/node";

const discovered = await discoverPlugins({ host: memoryNode });
const logger = { warn: console.log, error: console.log };
const manager = await createPluginManager({ plugins: [], discovered, logger });
const operation = { dbPath: "node.db", migrationsDir: "migrations", settings: {} };
try {
  await manager.invoke("migration_register", [], { operation });
} catch (error) {
  console.log(error.data.type + ": " + error.message);
}
await manager.close();
`,
  );
  const unsigned = {
    env: {
      STIGMEM_PLUGIN_SIGNING_REQUIRED: "false",
      STIGMEM_PLUGIN_UNSIGNED_ACK: "i-understand-plugins-are-unsigned",
    },
  };
  await present("prying-one@1.0.0");
  const before = await workspace.node(["node.mjs"], unsigned);
  expect([before.code, linesOf(before.stdout).at(-1)]).toEqual([
    0,
    expect.stringMatching(/^CapabilityError: .* capability 'facts\.read' not declared$/),
  ]);
  await present("prying-one@1.0.1");
  const after = await workspace.node(["node.mjs"], unsigned);
  expect([after.code, after.stdout]).toEqual([0, expect.not.stringContaining("CapabilityError")]);
  const strict = ["doctor", "--strict", "--host", memoryNode];
  expect((await workspace.run(strict, unsigned)).code).toBe(0);
});

it("CLI-079: unhealthy: describe has the message", async () => {
  await present("ailing-one@1.0.0");
  const { stdout } = await workspace.run(["plugins", "list"], dev());
  expect(linesOf(stdout).at(-1)).toMatch(/^ailing-one 1\.0\.0 hooks=0 health=unhealthy /);
  await recommends(dev(), "Run `plugins describe ailing-one --json`, and read its health.");
  const { data } = await documentOf(workspace, ["plugins", "describe", "ailing-one"], dev());
  expect(data.health).toMatchObject({ status: "unhealthy", message: "no disk" });
  await present("ailing-one@1.0.1");
  await isWell(dev());
});

it("CLI-079: being changed by another process: the one that is named is waited for, or gone", async () => {
  await present("acme-sweep@1.0.0");
  const claim = join(workspace.root, "plugins.lock.lck");
  const owner = { pid: 4711, host: "elsewhere", since: "2026-01-01T00:00:00.000Z" };
  await writeFile(claim, JSON.stringify(owner));
  const reason = ["--reason", "reviewed"];
  const refused = await workspace.run(["plugins", "trust", "acme.sweep", ...reason], production());
  expect([refused.code, refused.stdout]).toEqual([2, ""]);
  expect(refused.stderr).toBe(
    `trust: plugins.lock is being changed by another process (pid 4711 on host "elsewhere"). If that process has ended, remove ${claim} and try again.\n`,
  );
  await rm(claim);
  await trust("acme.sweep");
  await isWell(production());
});

it("CLI-079: an unfinished change: any command that writes settles it", async () => {
  await present("acme-sweep@1.0.0");
  for (const way of [
    ["lock"],
    ["lock", "--prune", "--reason", "r"],
    ["lock", "--all", "--reason", "r"],
  ]) {
    await trust("acme.sweep");
    const record = { version: 1, old: null, new: "0".repeat(64), journal: 0, lines: [] };
    await workspace.write("plugins.lock.pending", JSON.stringify(record));
    const verified = await workspace.run(["plugins", "verify"], production());
    expect([verified.code, verified.stdout]).toEqual([
      1,
      expect.stringContaining("A change is unfinished"),
    ]);
    await recommends(production(), "Run any command that writes, such as `plugins lock`: ");
    const { code, stderr } = await workspace.run(["plugins", ...way], production());
    expect([way, code, stderr]).toEqual([
      way,
      0,
      expect.stringContaining("The record of that change is kept as "),
    ]);
    await isWell(production());
  }
});

it("CLI-079: journal_mismatch: the edit by hand is redone with the command", async () => {
  await present("acme-sweep@1.0.0");
  await trust("acme.sweep");
  await workspace.write("plugins.lock", "version = 1\n");
  const verify = ["plugins", "verify", "--strict-journal"];
  const { code, stdout } = await workspace.run(verify, production());
  expect([code, stdout]).toEqual([1, expect.stringContaining("acme.sweep: journal_mismatch")]);
  await recommends(
    production(),
    "Redo the edit with the commands, which record it, or restore both files from version control.",
  );
  await trust("acme.sweep", expect.stringContaining("was edited after the last change"));
  await isWell(production());
  expect((await workspace.run(verify, production())).code).toBe(0);
});

it("CLI-081: rolled back, production refuses it until it is trusted again, and the journal tells it all", async () => {
  const list = async () =>
    (await documentOf(workspace, ["plugins", "list"], production())).data as {
      readonly loaded: readonly { readonly version: string }[];
      readonly rejected: readonly { readonly code: string }[];
    };
  const state = async () => {
    const { loaded, rejected } = await list();
    return [...loaded.map(({ version }) => version), ...rejected.map(({ code }) => code)];
  };
  const trustFor = (reason: string) =>
    workspace.run(["plugins", "trust", "acme.sweep", "--reason", reason], production());

  await present("acme-sweep@1.0.0");
  await trustFor("first review");
  expect(await state()).toEqual(["1.0.0"]);
  await present("acme-sweep@2.0.0");
  expect(await state()).toEqual(["version_mismatch"]);
  await trustFor("upgrade reviewed");
  expect(await state()).toEqual(["2.0.0"]);
  await present("acme-sweep@1.0.0");
  expect(await state()).toEqual(["version_mismatch"]);
  const back = await trustFor("rolled back, OPS-1301");
  expect(back.stdout).toMatch(/^trusted: acme\.sweep 1\.0\.0 .*\n {2}was: {5}2\.0\.0 /);
  expect(await state()).toEqual(["1.0.0"]);

  const journal = linesOf((await workspace.read("plugins.lock.journal")) ?? "");
  const fields = journal.map((line) => line.split("\t"));
  expect(fields.map(([, ...rest]) => [rest[0], rest[1], rest[2], rest[4]])).toEqual([
    ["trust", "acme.sweep", "1.0.0", "first review"],
    ["trust", "acme.sweep", "2.0.0", "upgrade reviewed"],
    ["trust", "acme.sweep", "1.0.0", "rolled back, OPS-1301"],
  ]);
  const [first, second, third] = fields.map((each) => each[4]);
  expect([first === third, first === second]).toEqual([true, false]);
  await isWell(production());
});
