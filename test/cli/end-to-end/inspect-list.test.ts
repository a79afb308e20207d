/** `plugins list`: the buckets, the lines and the document. */
// Only in test:all: it runs whole commands in processes of their own.
import { rm } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { documentOf, linesOf } from "./documents.ts";
import {
  commandOf,
  exampleOfMemoryNode,
  installTime,
  made,
  memoryNode,
  procedure,
} from "./fixtures.ts";
import { newPublisher } from "./publisher.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";

const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };
const dev = { env: unsigned };

describe("with one plugin of each outcome", () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await newWorkspace();
    await workspace.install(
      procedure({ package: "own-host", id: "host.sweep" }),
      procedure({ package: "trusted-one", id: "acme.trusted" }),
      procedure({ package: "untrusted-one", id: "acme.untrusted" }),
      procedure({ package: "faulty-one", id: "acme.faulty", members: { run: undefined } }),
      procedure({ package: "drifted-one", id: "acme.drifted" }),
    );
    const { run, write, packageAt } = workspace;
    await write(
      "command.mjs",
      commandOf({ builtins: [packageAt("own-host")], reserved: ["host."] }),
    );
    for (const id of ["acme.trusted", "acme.faulty", "acme.drifted"])
      await run(["plugins", "trust", id, "--reason", "reviewed"], dev);
    await workspace.install(
      procedure({ package: "drifted-one", id: "acme.drifted", version: "2.0.0" }),
    );
  }, installTime);

  it("CLI-012: each is in the right list in production", async () => {
    verifies("cli:list-document");
    const { code, stdout } = await workspace.node(
      ["command.mjs", "plugins", "list", "--json"],
      production,
    );
    expect(code).toBe(0);
    const { loaded, rejected, drift, lock } = JSON.parse(stdout);
    expect(loaded.map(({ id, builtin }: Record<string, unknown>) => [id, builtin])).toEqual([
      ["host.sweep", true],
      ["acme.trusted", false],
    ]);
    expect(
      rejected.map(({ id, code, reason }: Record<string, unknown>) => [id, code, reason]),
    ).toEqual([
      ["acme.drifted", "version_mismatch", "expected '1.0.0', actual '2.0.0'"],
      ["acme.faulty", "contract_check_failed", "missing async run()"],
      ["acme.untrusted", "missing_from_lock", "untrusted-one==1.0.0 has no entry in plugins.lock"],
    ]);
    expect(drift.map(({ id, kind }: Record<string, unknown>) => [id, kind])).toEqual([
      ["acme.drifted", "version_mismatch"],
      ["acme.drifted", "hash_mismatch"],
      ["acme.untrusted", "missing_from_lock"],
    ]);
    expect(lock).toEqual({
      path: `${workspace.root}/plugins.lock`,
      schema_version: 1,
      entries: 3,
    });
  });

  it("CLI-012: and the lines say the same, the host's own first", async () => {
    verifies("cli:list-head", "cli:list-table", "cli:list-sections", "cli:list-drift");
    const { code, stdout, stderr } = await workspace.node(
      ["command.mjs", "plugins", "list"],
      production,
    );
    expect([code, stderr]).toEqual([0, ""]);
    const hash = /sha256:[0-9a-f]{64}/g;
    expect(
      stdout.replaceAll(hash, "HASH").replaceAll(/sha256:[0-9a-f]{12}…/g, "SHORT"),
    ).toBe(`plugin mode: production
plugins.lock: ${workspace.root}/plugins.lock (schema v1)

id                                        package               version     hash
host.sweep                                own-host              1.0.0       SHORT
acme.trusted                              trusted-one           1.0.0       SHORT

Rejected:
  acme.drifted: version_mismatch: expected '1.0.0', actual '2.0.0'
  acme.faulty: contract_check_failed: missing async run()
  acme.untrusted: missing_from_lock: untrusted-one==1.0.0 has no entry in plugins.lock

Drift vs plugins.lock:
  acme.drifted: version (expected='1.0.0', actual='2.0.0')
  acme.drifted: hash (expected='HASH', actual='HASH')
  acme.untrusted: missing_from_lock (expected=None, actual='untrusted-one==1.0.0')

What to do next:
  version_mismatch: Compare \`plugins describe\` with what was reviewed, then trust it again or reinstall the pinned version.
  missing_from_lock: Review it, then run \`plugins trust ID --reason …\`.
  contract_check_failed: Report it to the authors of the plugin, or remove it.
`);
  });

  it("CLI-013: with every plugin rejected it ends with 0", async () => {
    verifies("cli:list-empty");
    const options = { env: { ...production.env, XDG_CONFIG_HOME: workspace.above } };
    const { code, stdout } = await workspace.run(
      ["plugins", "list", "--plugins-lock", "nowhere.lock"],
      options,
    );
    expect([code, linesOf(stdout)]).toEqual([0, expect.arrayContaining(["(no plugins loaded)"])]);
    expect(linesOf(stdout).filter((line) => line.endsWith("a plugins.lock"))).toHaveLength(5);
  });
});

it("CLI-014: without any plugin it says so, and the document has empty arrays", async () => {
  const workspace = await newWorkspace();
  const { code, stdout } = await workspace.run(["plugins", "list"]);
  expect([code, linesOf(stdout).filter((line) => /^No plugins registered\./.test(line))]).toEqual([
    0,
    ["No plugins registered."],
  ]);
  expect(await documentOf(workspace, ["plugins", "list"])).toMatchObject({
    code: 0,
    data: { mode: "dev", lock: null, loaded: [], rejected: [], drift: [], warnings: [] },
  });
});

describe("hook plugins", () => {
  let workspace: Workspace;
  let signed: Readonly<Record<string, string>>;
  const long = `x${"-long".repeat(12)}`.slice(0, 60);
  beforeAll(async () => {
    workspace = await newWorkspace();
    const publisher = await newPublisher(workspace, "builder@example.com", "STIGMEM_");
    signed = publisher.env;
    await workspace.install(
      { ...exampleOfMemoryNode, signedBy: publisher },
      { name: "bare-plugin" },
      {
        name: long,
        version: "1.0.0-alpha.20260101",
        manifest: "hooks: { message_pre_invoke: (_message) => undefined },",
      },
      made(
        "aaa-needs-zzz",
        'definePlugin({ name: "aaa-needs-zzz", version: "1.0.0", dependsOn: ["zzz-base"] })',
      ),
      made("zzz-base", 'definePlugin({ name: "zzz-base", version: "1.0.0" })'),
      procedure({ package: "capa_contrib", id: "capa.contrib.my_procedure", version: "0.3.1" }),
    );
  }, installTime);

  it("CLI-015: the example of the memory node is one line, signed by who signed it", async () => {
    const { code, stdout, stderr } = await workspace.run(
      ["plugins", "list", "--host", memoryNode],
      { env: signed },
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(linesOf(stdout)).toContain(
      "example-stigmem-plugin 1.0.0 hooks=2 health=healthy signed_by=builder@example.com",
    );
    const { data } = await documentOf(workspace, ["plugins", "list", "--host", memoryNode], {
      env: signed,
    });
    expect(data.loaded).toEqual([
      {
        isolation: null,
        id: "example-stigmem-plugin",
        name: "example-stigmem-plugin",
        kind: "hooks",
        version: "1.0.0",
        package: "example-stigmem-plugin",
        entry_point: "plugin.js:default",
        builtin: false,
        depends_on: [],
        distribution_hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        capabilities: ["audit.emit"],
        lock_only_dependencies: [],
        hooks: ["post_assert_audit", "pre_assert_authorize"],
        hook_count: 2,
        discovery_source: expect.objectContaining({ type: "npm_package" }),
        signed_by: "builder@example.com",
        trust_decision: "trusted_publisher",
        health: {
          status: "healthy",
          message: "ready",
          error_summary: null,
          checked_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        },
      },
    ]);
  });

  it("CLI-022: a long id widens its row: nothing is cut, the hash is short", async () => {
    const { stdout } = await workspace.run(["plugins", "list"], dev);
    const row = new RegExp(`^${long}  ${long}  1\\.0\\.0-alpha\\.20260101  sha256:[0-9a-f]{12}…$`);
    expect(long).toHaveLength(60);
    expect(linesOf(stdout).filter((line) => row.test(line))).toHaveLength(1);
  });

  it("CLI-024: the version of the package is shown, locked and compared", async () => {
    const { run, read } = workspace;
    const { stdout } = await run(["plugins", "list"], dev);
    expect(stdout).toMatch(/^capa\.contrib\.my_procedure {17}capa_contrib {10}0\.3\.1 {7}sha256:/m);
    const id = "capa.contrib.my_procedure";
    expect((await run(["plugins", "trust", id, "--reason", "r"], dev)).stdout).toMatch(
      /^trusted: capa\.contrib\.my_procedure 0\.3\.1 /,
    );
    expect(await read("plugins.lock")).toContain('version = "0.3.1"');
    const { data } = await documentOf(workspace, ["plugins", "list"], production);
    expect((data.loaded as readonly { id: string }[]).map((row) => row.id)).toEqual([id]);
    await rm(`${workspace.root}/plugins.lock`);
  });

  it("CLI-025: a plugin without hooks and configuration has hooks=0 and is listed", async () => {
    const { stdout } = await workspace.run(["plugins", "list"], dev);
    expect(linesOf(stdout)).toContain(
      "bare-plugin 1.0.0 hooks=0 health=unknown signed_by=unsigned",
    );
  });

  it("has the table by id, and hook plugins in the order in which they register", async () => {
    verifies("cli:list-table", "cli:list-sections");
    const { stdout } = await workspace.run(["plugins", "list"], dev);
    const lines = linesOf(stdout);
    const at = lines.indexOf("Hook plugins:");
    const first = (line: string) => line.split(" ")[0];
    const ids = ["aaa-needs-zzz", "bare-plugin", "capa.contrib.my_procedure"];
    expect(lines.slice(4, at - 1).map(first)).toEqual([...ids, long, "zzz-base"]);
    expect(lines.slice(at + 1, at + 5).map(first)).toEqual([
      "zzz-base",
      "aaa-needs-zzz",
      "bare-plugin",
      long,
    ]);
  });

  it("runs nothing with --no-load, and shows what is unknown", async () => {
    verifies("cli:list-no-load");
    const { stdout } = await workspace.run(["plugins", "list", "--no-load"], dev);
    expect(linesOf(stdout)).toContain(
      "bare-plugin 1.0.0 hooks=unknown health=unknown signed_by=unsigned",
    );
  });
});

it("CLI-023: a hanging health check is unhealthy after five seconds and blocks nothing", async () => {
  const workspace = await newWorkspace();
  const check = (name: string, source: string) =>
    made(name, `definePlugin({ name: "${name}", version: "1.0.0", healthCheck: ${source} })`);
  await workspace.install(
    check("hanging-check", "() => new Promise(() => {})"),
    check("quick-check", '() => health("degraded", "one of two")'),
    check("throwing-check", '() => { throw new Error("no disk"); }'),
  );
  const { code, stdout } = await workspace.run(["plugins", "list"], dev);
  expect(code).toBe(0);
  expect(linesOf(stdout).slice(-3)).toEqual([
    "hanging-check 1.0.0 hooks=0 health=unhealthy signed_by=unsigned",
    "quick-check 1.0.0 hooks=0 health=degraded signed_by=unsigned",
    "throwing-check 1.0.0 hooks=0 health=unhealthy signed_by=unsigned",
  ]);
  const { data } = await documentOf(workspace, ["plugins", "list"], dev);
  expect(data.loaded[0].health.error_summary).toBe("timeout");
});
