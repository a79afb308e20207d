/** The catalog: `search`, `enable`, `disable`, and what `doctor` says about its variables. */
// Only in test:all: it runs whole commands in processes of their own.
import { readdir } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { documentOf, linesOf } from "./documents.ts";
import { catalog, commandOf, installTime, made } from "./fixtures.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";

const given = ["--catalog", catalog];
const tombstones = "STIGMEM_TOMBSTONES_ENABLED";

let workspace: Workspace;
/** The command of the host that the catalog belongs to. */
const ofHost = (args: readonly string[]) => workspace.node(["command.mjs", ...args]);
beforeAll(async () => {
  workspace = await newWorkspace();
  const more = { bin: "memory-node", catalogUrl: "https://plugins.example.com" };
  await workspace.write("command.mjs", commandOf({}, more, "memoryNode"));
});

const block = `stigmem-plugin-multi-tenant - Opt-in tenant scoping and default-tenant collapse.
  install: npm install 'stigmem-plugin-multi-tenant@>=0.1.0 <2.0.0'
  enable: export STIGMEM_MULTI_TENANT_ENABLED=1
`;

describe("plugins search", () => {
  it.each(["tenant", "TENANT", " tenant "])("CLI-060: %j finds the block", async (query) => {
    verifies("cli:search");
    const { code, stdout, stderr } = await workspace.run(["plugins", "search", query, ...given]);
    expect([code, stdout, stderr]).toEqual([0, block, ""]);
  });

  it("CLI-060: what is not there is a line, with the address that the host gives", async () => {
    const { code, stdout } = await workspace.run(["plugins", "search", "zzz", ...given]);
    expect([code, stdout]).toEqual([0, "No catalog matches for 'zzz'.\n"]);
    expect(await documentOf(workspace, ["plugins", "search", "zzz", ...given])).toMatchObject({
      code: 0,
      data: [],
    });
    expect((await ofHost(["plugins", "search", "zzz", ...given])).stdout).toBe(
      "No catalog matches for 'zzz'. See https://plugins.example.com.\n",
    );
  });

  it.each(["", "  "])("CLI-060: the query %j is a usage error", async (query) => {
    const { code, stdout, stderr } = await workspace.run(["plugins", "search", query, ...given]);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining("Usage: ")]);
  });

  it("CLI-069: plugin finds each of the eleven once, in the order of the catalogue", async () => {
    const { stdout } = await workspace.run(["plugins", "search", "plugin", ...given]);
    const names = linesOf(stdout).flatMap(
      (line) => /^(stigmem-plugin-\S+) - /.exec(line)?.[1] ?? [],
    );
    expect(names.map((name) => name.replace("stigmem-plugin-", ""))).toEqual([
      "lazy-instruction-discovery",
      "time-travel",
      "tombstones",
      "memory-garden-acl",
      "source-attestation",
      "multi-tenant",
      "cognee-adapter",
      "gemini-adapter",
      "letta-adapter",
      "openai-tools-adapter",
      "zep-adapter",
    ]);
  });
});

describe("plugins enable and disable", () => {
  it("CLI-061: a slug, a package and a name without its prefix say the same, and change nothing", async () => {
    verifies("cli:enable", "cli:catalog-names");
    const before = await readdir(workspace.root);
    const names = ["multi-tenant", "stigmem-plugin-multi-tenant"];
    for (const name of names) {
      const enabled = await workspace.run(["plugins", "enable", name, ...given]);
      expect([name, enabled.code, enabled.stdout]).toEqual([
        name,
        0,
        `npm install 'stigmem-plugin-multi-tenant@>=0.1.0 <2.0.0'
export STIGMEM_MULTI_TENANT_ENABLED=1
Restart the glassine node after changing plugin packages or gates.
`,
      ]);
      const disabled = await ofHost(["plugins", "disable", name, ...given]);
      expect([disabled.code, disabled.stdout]).toEqual([
        0,
        "unset STIGMEM_MULTI_TENANT_ENABLED\nRestart the stigmem node after changing plugin gates.\n",
      ]);
    }
    expect(await readdir(workspace.root)).toEqual(before);
  });

  it("CLI-061: without a variable the second line says who enables it", async () => {
    const { stdout } = await workspace.run(["plugins", "enable", "zep-adapter", ...given]);
    expect(linesOf(stdout)[1]).toBe(
      "# no enable variable: stigmem-plugin-zep-adapter is enabled by the host application",
    );
  });

  it.each(["enable", "disable"])(
    "CLI-061: %s of an unknown name ends with 1, on stderr",
    async (command) => {
      const ended = await workspace.run(["plugins", command, "nope", ...given]);
      expect(ended).toMatchObject({ code: 1, stdout: "", stderr: "error: unknown plugin: nope\n" });
    },
  );
});

describe("plugins doctor", () => {
  const doctor = (env: Readonly<Record<string, string>>, more: readonly string[] = []) =>
    workspace.run(["plugins", "doctor", ...given, ...more], { env: { ...unsigned, ...env } });

  it("CLI-062: a variable that is on without its package is a problem, with its two ways out", async () => {
    const { code, stdout } = await doctor({ [tombstones]: "1" });
    expect(code).toBe(0);
    expect(stdout).toContain(
      `\nstigmem-plugin-tombstones status=enabled-not-installed enabled=true env=${tombstones}\n  recommendation: Install stigmem-plugin-tombstones or unset ${tombstones}.\n`,
    );
    expect((await doctor({ [tombstones]: "1" }, ["--strict"])).code).toBe(1);
    // One of the two ways out: unset the variable.
    const unset = await doctor({}, ["--strict"]);
    expect([unset.code, linesOf(unset.stdout).at(-1)]).toEqual([
      0,
      "Plugin configuration looks consistent.",
    ]);
  });

  it.each([
    ["1", true],
    ["TRUE", true],
    [" on ", true],
    ["0", false],
    ["no", false],
    ["", false],
  ])("CLI-063: the variable as %j counts as %s", async (value, enabled) => {
    verifies("cli:variable");
    const { stdout } = await doctor({ [tombstones]: value });
    const status = enabled ? "enabled-not-installed" : "not-installed";
    expect(stdout).toContain(
      `\nstigmem-plugin-tombstones status=${status} enabled=${enabled} env=${tombstones}\n`,
    );
  });
});

describe("a plugin of the catalogue that is installed", () => {
  beforeAll(async () => {
    const name = "stigmem-plugin-tombstones";
    await workspace.install(made(name, `definePlugin({ name: "${name}", version: "1.0.0" })`));
  }, installTime);

  it("CLI-062: the other way out ends with 0, and list says whether it is enabled", async () => {
    verifies("cli:doctor-rows", "cli:list-document");
    const on = { env: { ...unsigned, [tombstones]: "1" } };
    const strict = await workspace.run(["plugins", "doctor", "--strict", ...given], on);
    expect([strict.code, strict.stdout]).toEqual([
      0,
      expect.stringContaining(" status=installed-enabled enabled=true env="),
    ]);
    const listed = await workspace.run(["plugins", "list", ...given], on);
    expect(linesOf(listed.stdout).at(-1)).toBe(
      "stigmem-plugin-tombstones 1.0.0 hooks=0 enabled=true health=unknown signed_by=unsigned",
    );
  });

  it("CLI-063: with its variable off doctor says which to set, and that leads to exit 0", async () => {
    const off = { env: { ...unsigned, [tombstones]: "off" } };
    const { code, stdout } = await workspace.run(["plugins", "doctor", "--strict", ...given], off);
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining(`\n  recommendation: Set ${tombstones}=1 to enable it.\n`),
    ]);
    const { data } = await documentOf(workspace, ["plugins", "list", ...given], off);
    expect(data.loaded[0]).toMatchObject({ enabled: false, enable_env_var: tombstones });
  });
});
