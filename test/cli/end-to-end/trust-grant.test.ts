/** `plugins trust`: what it writes, what it prints, and what it refuses without any trace. */
// Only in test:all: it runs whole commands in processes of their own.
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { newWorkspace, pluginSource, unsigned, type Workspace } from "./support.ts";
import { marked, placeIn, valuesOf } from "./trust-support.ts";

const timeout = 300_000;
const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };
const noLock =
  "no plugins.lock found\nCreate one with `plugins lock`, and trust the reviewed plugins.\n";
const needsReason = "trust: --reason is required (recorded in audit journal)\n";
/** The end of a journal line, which differs from run to run. */
const tail = /\tactor=[^\t]+\tlock=[0-9a-f]{64}\tprev=(?:-|[0-9a-f]{64})$/;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await newWorkspace();
  await workspace.install(
    marked("egress-guard", workspace),
    { name: "pii-scan", glassine: { plugin: "./plugin.js", capabilities: ["read_labels"] } },
    { name: "@acme/twin" },
    { name: "@evil/twin" },
    { name: "unsafe-guard" },
    { name: "no-plugin", files: { "plugin.js": "export default {};\n" } },
  );
  await symlink("/etc/hostname", join(workspace.packageAt("unsafe-guard"), "host.txt"));
}, timeout);

/** Every available id, as a refusal lists them. */
const available = "egress-guard, no-plugin, pii-scan, twin, unsafe-guard";

describe("the lock that is in effect", () => {
  it("CLI-005: one that is named and absent is refused, but list goes on and trust makes it", async () => {
    verifies("cli:lock-named");
    const { done, refused, names, folder } = await placeIn(workspace);
    const path = join(folder, "named.lock");
    const named = ["--plugins-lock", "named.lock"];
    const absent = `plugins.lock not found: ${path}\n`;
    expect(await refused(["verify", ...named])).toBe(absent);
    expect(await refused(["untrust", "pii-scan", "--reason", "r", ...named])).toBe(absent);
    expect(await refused(["lock", "--check", ...named])).toBe(absent);
    const list = await workspace.run(["plugins", "list", ...named], { cwd: folder, ...production });
    expect([list.code, list.stdout.split("\n")[1]]).toEqual([
      0,
      "plugins.lock: (none — production mode requires one to gate trust)",
    ]);
    expect(list.stderr).toBe(`warning: ${absent}`);
    expect(await names()).toEqual([]);
    const trusted = await done(["trust", "pii-scan", "--reason", "r", ...named]);
    expect(trusted).toContain(`\n  lock:    ${path}\n  journal: ${path}.journal\n`);
    expect(await names()).toEqual(["named.lock", "named.lock.journal"]);
  });

  it("CLI-005: with no lock at all untrust and verify are refused, and nothing is made", async () => {
    const { refused, names } = await placeIn(workspace);
    expect(await refused(["verify"])).toBe(`verify: ${noLock}`);
    expect(await refused(["untrust", "pii-scan", "--reason", "r"])).toBe(`untrust: ${noLock}`);
    for (const argv of [["--check"], ["--prune", "--reason", "r"]])
      expect(await refused(["lock", ...argv])).toBe(`lock: ${noLock}`);
    expect(await names()).toEqual([]);
  });

  it("CLI-005: a folder that is not there is not made", async () => {
    const { refused, names, folder } = await placeIn(workspace);
    const argv = ["trust", "pii-scan", "--reason", "r", "--plugins-lock", "none/x.lock"];
    expect(await refused(argv)).toBe(
      `trust: Cannot find ${folder}/none/x.lock: ENOENT: no such file or directory. Its folder has to be there: create it.\n`,
    );
    expect(await names()).toEqual([]);
  });

  it("CLI-006: where only the user's is there, that one is changed", async () => {
    verifies("lockfile:location");
    const { done, run, names, folder } = await placeIn(workspace);
    const XDG_CONFIG_HOME = join(folder, "config");
    const path = join(XDG_CONFIG_HOME, "glassine/plugins.lock");
    await mkdir(join(XDG_CONFIG_HOME, "glassine"), { recursive: true });
    await writeFile(path, "version = 1\n");
    const trusted = await done(["trust", "pii-scan", "--reason", "r"], {
      env: { ...unsigned, XDG_CONFIG_HOME },
    });
    expect(trusted).toContain(`\n  lock:    ${path}\n`);
    expect(valuesOf("id", await readFile(path, "utf8"))).toEqual(["pii-scan"]);
    expect(await readFile(`${path}.journal`, "utf8")).toContain("\ttrust\tpii-scan\t");
    expect(await names()).toEqual(["config"]);
    const { stdout } = await run(["verify"], { env: { XDG_CONFIG_HOME } });
    expect(stdout).toContain(`plugins.lock: ${path} (schema v1)\n`);
  });
});

describe("a reason", () => {
  it.each<readonly [string, readonly string[]]>([
    ["absent", []],
    ["empty", ["--reason", ""]],
    ["blank", ["--reason", " \t\n "]],
  ])("CLI-026: %s is refused, and nothing is made or touched", async (_, reason) => {
    verifies("journal:reason", "journal:refused");
    const empty = await placeIn(workspace);
    expect(await empty.refused(["trust", "egress-guard", ...reason])).toBe(needsReason);
    expect(await empty.names()).toEqual([]);
    const { trust, refused, state } = await placeIn(workspace);
    await trust("egress-guard");
    const before = await state();
    expect(await refused(["trust", "egress-guard", ...reason])).toBe(needsReason);
    expect(await refused(["untrust", "egress-guard", ...reason])).toBe(
      needsReason.replace("trust:", "untrust:"),
    );
    expect(await refused(["lock", "--all", ...reason])).toBe(
      needsReason.replace("trust:", "lock:"),
    );
    expect(await state()).toEqual(before);
  });

  it("CLI-026: the document of a refusal says the same", async () => {
    const { run, names } = await placeIn(workspace);
    const { code, stdout, stderr } = await run(["trust", "egress-guard", "--json"]);
    expect([code, stderr]).toEqual([2, needsReason]);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: "reason_invalid", message: needsReason.trimEnd() },
    });
    expect(await names()).toEqual([]);
  });

  it("CLI-039: with a tab and a line feed is one field of one line, and comes back as it was", async () => {
    verifies("journal:escapes", "journal:unescapes");
    const { trust, lines } = await placeIn(workspace);
    await trust("egress-guard");
    await trust("egress-guard", "a\tb\nc");
    const all = await lines();
    expect(all).toHaveLength(2);
    expect(all[1]?.[5]).toBe("a\\tb\\nc");
    expect(JSON.parse(`"${all[1]?.[5]}"`)).toBe("a\tb\nc");
  });

  it("CLI-040: of 2,001 characters is refused, of 2,000 taken", async () => {
    const { refused, trust, lines, names } = await placeIn(workspace);
    for (const character of ["x", "👍"]) {
      const reason = character.repeat(2_001);
      expect(await refused(["trust", "egress-guard", "--reason", reason])).toBe(
        "trust: --reason is too long (max 2000 characters)\n",
      );
    }
    expect(await names()).toEqual([]);
    await trust("egress-guard", "👍".repeat(2_000));
    expect((await lines())[0]?.[5]).toBe("👍".repeat(2_000));
  });

  it("CLI-040: with what ends a line or moves a cursor is escaped, and nothing is printed of it", async () => {
    const { trust, lines, journalText } = await placeIn(workspace);
    const reason = "a\r\u0001\u001b[2J\u0085\u2028\u2029\\x\ufffdb";
    await trust("egress-guard", reason);
    expect((await journalText()).split(/[\n\r\u0085\u2028\u2029]/)).toHaveLength(2);
    expect((await lines())[0]?.[5]).toBe("a\\r\\x01\\x1b[2J\\x85\\u{2028}\\u{2029}\\\\x\ufffdb");
  });
});

describe("trusting", () => {
  it("CLI-027: an id that is not there is refused with those that are", async () => {
    verifies("cli:trust-refused");
    const { refused, names, folder } = await placeIn(workspace);
    expect(await refused(["trust", "nope", "--reason", "r"])).toBe(
      `trust: plugin 'nope' not found among installed plugins. Available: ${available}\n`,
    );
    await mkdir(join(folder, "..", "..", "empty"), { recursive: true });
    const empty = ["--root", join(folder, "..", "..", "empty")];
    expect(await refused(["trust", "egress-guard", "--reason", "r", ...empty])).toBe(
      "trust: plugin 'egress-guard' not found among installed plugins. Available: <none>\n",
    );
    expect(await names()).toEqual([]);
  });

  it("CLI-028: in a new folder lock and journal are made, and production loads the plugin", async () => {
    verifies("cli:trust-lines", "cli:lock-shown", "journal:fields");
    const { trust, run, text, lines, names, lock } = await placeIn(workspace);
    const before = await run(["list"], production);
    expect(before.stdout).toContain("pii-scan: lock_missing");
    const printed = await trust("pii-scan", "approved by GB, ticket OPS-1284");
    const [hash = ""] = valuesOf("distribution_hash", await text());
    expect(printed).toBe(
      `trusted: pii-scan 1.0.0 (${hash.slice(0, 30)}…)\n  lock:    ${lock}\n  journal: ${lock}.journal\n  granted: read_labels\n`,
    );
    expect(await text()).toBe(`version = 1

[[plugins]]
id = "pii-scan"
package = "pii-scan"
version = "1.0.0"
entry_point = "plugin.js:default"
distribution_hash = "${hash}"
capabilities = ["read_labels"]
signer = "unsigned"
`);
    expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    const [line = []] = await lines();
    expect(line[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(line.slice(1, 6)).toEqual([
      "trust",
      "pii-scan",
      "1.0.0",
      hash,
      "approved by GB, ticket OPS-1284",
    ]);
    expect(line.join("\t")).toMatch(tail);
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    const after = await run(["list"], production);
    expect(after.stdout).toContain("pii-scan 1.0.0 hooks=0 health=unknown signed_by=unsigned\n");
  });

  it("CLI-028: the document has what was trusted, and where it was written", async () => {
    const { json, text, lock, journal } = await placeIn(workspace);
    const argv = ["trust", "pii-scan", "--reason", "r"];
    const first = await json(argv);
    const [hash] = valuesOf("distribution_hash", await text());
    const facts = { package: "pii-scan", version: "1.0.0", entry_point: "plugin.js:default" };
    const entry = {
      ...facts,
      distribution_hash: hash,
      until: null,
      isolate: null,
      accept: [],
      capabilities: ["read_labels"],
      hooks: null,
      signer: "unsigned",
      dependencies: [],
    };
    const places = {
      lock: { path: lock, schema_version: 1, entries: 1 },
      journal_path: journal,
      signer_change: null,
      hook_change: { added: [], removed: [] },
      warnings: [expect.stringMatching(/^nothing limits the hooks of .pii-scan./)],
    };
    expect(first).toEqual({
      code: 0,
      data: {
        action: "trust",
        id: "pii-scan",
        ...entry,
        previous: null,
        ...places,
        permission_change: { added: [], removed: [] },
      },
    });
    expect((await json(argv)).data).toEqual({
      action: "trust",
      id: "pii-scan",
      ...entry,
      previous: entry,
      ...places,
      permission_change: { added: [], removed: [] },
    });
  });

  it("the same again changes no byte of the lock, and adds a line", async () => {
    verifies("journal:renewed");
    const { trust, state, lines } = await placeIn(workspace);
    await trust("egress-guard", "first");
    const { "plugins.lock": before } = await state();
    const printed = await trust("egress-guard", "renewed");
    expect(printed).toMatch(/\n {2}was: {5}1\.0\.0 \(sha256:[0-9a-f]{23}…\)\n/);
    expect((await state())["plugins.lock"]).toBe(before);
    expect((await lines()).map((line) => line[5])).toEqual(["first", "renewed"]);
  });

  it("CLI-030: runs nothing of the package, unless it is to be checked", async () => {
    const { trust, done, run, refused, names } = await placeIn(workspace);
    await trust("egress-guard");
    await done(["lock", "--check"]);
    await run(["verify"]);
    await done(["untrust", "egress-guard", "--reason", "r"]);
    await run(["lock", "--all", "--reason", "r"], { env: unsigned });
    expect(existsSync(workspace.marker)).toBe(false);
    await done(["trust", "egress-guard", "--reason", "r", "--check"], { env: unsigned });
    expect(existsSync(workspace.marker)).toBe(true);
    await rm(workspace.marker);
    expect(
      await refused(["trust", "no-plugin", "--reason", "r", "--check"], { env: unsigned }),
    ).toBe(
      "trust: plugin 'no-plugin' is rejected: factory_failed: it loaded object; expected a function that returns what definePlugin made\nReport it to the authors of the plugin, or remove it.\n",
    );
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
  });
});

describe("what cannot be trusted", () => {
  it("is a package that cannot be hashed, one of several with an id, and what is no plugin", async () => {
    verifies("cli:trust-refused");
    const { refused, names } = await placeIn(workspace);
    expect(await refused(["trust", "unsafe-guard", "--reason", "r"])).toBe(
      `trust: cannot hash package 'unsafe-guard': "host.txt" is a link with an absolute target.\nReinstall the package. If it persists, treat it as tampering.\n`,
    );
    expect(await refused(["trust", "twin", "--reason", "r"])).toBe(
      "trust: plugin 'twin' is rejected: duplicate_id: duplicate plugin id (entry point plugin.js:default) of @acme/twin, @evil/twin\nRemove one of them, or upgrade to ids that differ.\n",
    );
    expect(await refused(["trust", "@acme/twin", "--reason", "r"])).toContain(
      `Available: ${available}\n`,
    );
    expect(await names()).toEqual([]);
  });

  it("is a plugin that is a link or in a folder of its own", async () => {
    const { refused, names, folder } = await placeIn(workspace);
    const elsewhere = join(folder, "elsewhere/own-guard");
    await mkdir(elsewhere, { recursive: true });
    const manifest = {
      name: "own-guard",
      version: "1.0.0",
      type: "module",
      glassine: { plugin: "./plugin.js" },
    };
    await writeFile(join(elsewhere, "package.json"), JSON.stringify(manifest));
    await writeFile(join(elsewhere, "plugin.js"), pluginSource({ name: "own-guard" }));
    const text =
      "trust: plugin 'own-guard' is not an installed package and cannot be trusted\nInstall the package from a registry or a tarball.\n";
    const argv = ["trust", "own-guard", "--reason", "r"];
    expect(await refused([...argv, "--local-plugins", "elsewhere"])).toBe(text);
    await mkdir(join(folder, "node_modules"));
    await symlink(elsewhere, join(folder, "node_modules/own-guard"));
    expect(await refused(argv)).toBe(text);
    expect(await names()).toEqual(["elsewhere", "node_modules"]);
  });
});
