/** Procedures that break their contract, and ids that belong to someone else. */
// Only in test:all: it runs whole commands in processes of their own.
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { documentOf } from "./documents.ts";
import { commandOf, installTime, procedure } from "./fixtures.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";

const dev = { env: unsigned };
const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };

interface Row {
  readonly id: string;
  readonly package: string;
  readonly code: string;
  readonly reason: string;
}

/** Faulty classes: what is broken, and the code and detail that report it. */
const faults: Readonly<
  Record<string, Omit<Parameters<typeof procedure>[0], "package" | "id"> & { problem: string }>
> = {
  "an object": {
    source: "export const MyProcedure = {};",
    problem: "contract_check_failed: entry point did not load to a class (got object)",
  },
  "a function": {
    source: "export function MyProcedure() {}",
    problem: "contract_check_failed: entry point did not load to a class (got function)",
  },
  nothing: {
    source: "export const Other = 1;",
    problem: "contract_check_failed: entry point did not load to a class (got undefined)",
  },
  ...Object.fromEntries(
    ["id", "name", "version", "configModel", "requiredCapabilities"].map((key) => [
      `no ${key}`,
      {
        members: { [key]: undefined },
        problem: `contract_check_failed: missing attribute '${key}'`,
      },
    ]),
  ),
  "a configModel that is no schema": {
    members: { configModel: "static configModel = { days: 1 };" },
    problem: "contract_check_failed: configModel must be a schema",
  },
  "no preflight": {
    members: { preflight: undefined },
    problem: "contract_check_failed: missing async preflight()",
  },
  "no run": { members: { run: undefined }, problem: "contract_check_failed: missing async run()" },
  "a run that is not async": {
    members: { run: "run() {}" },
    problem: "contract_check_failed: run must be async",
  },
  "a preflight that is no function": {
    members: { preflight: "get preflight() { return 3; }" },
    problem: "contract_check_failed: preflight must be async",
  },
  "another id": {
    members: { id: 'static id = "acme.other";' },
    problem: 'id_mismatch: it declares the id "acme.other"',
  },
  "a module that throws": {
    source: 'throw new Error("no such table");',
    problem: "import_failed: no such table",
  },
};

describe("CLI-016: the contract check of procedures", () => {
  let rejected: readonly Row[] = [];
  let loaded: readonly Row[] = [];
  const idOf = (at: number) => `acme.fault_${at + 1}`.replace(/\d+/, (n) => "x".repeat(Number(n)));
  beforeAll(async () => {
    const workspace = await newWorkspace();
    const entries = Object.values(faults);
    // Several procedures in one package: the problems of each one are reported.
    const files = entries.map((given, at) => {
      const [[, text = ""] = []] = Object.entries(
        procedure({ package: "p", id: idOf(at), ...given }).files ?? {},
      );
      return [`dist/${at}.js`, text] as const;
    });
    const good = procedure({ package: "p", id: "acme.good" }).files?.["dist/proc.js"] ?? "";
    const declared = good
      .replace("export class MyProcedure", "class Declared")
      .replace("acme.good", "acme.declared")
      .replace("async run() {}", "run() { return Promise.resolve(); }");
    await workspace.install({
      name: "acme-procedures",
      glassine: {
        procedures: {
          ...Object.fromEntries(
            files.map(([path], at) => [idOf(at), `./${path}:MyProcedure`] as const),
          ),
          "acme.sibling": "./dist/good.js:MyProcedure",
        },
      },
      files: {
        ...Object.fromEntries(files),
        "dist/good.js": good.replace("acme.good", "acme.sibling"),
      },
    });
    await workspace.install({
      name: "acme-good",
      glassine: {
        procedures: {
          "acme.good": "./dist/good.js:MyProcedure",
          "acme.declared": "./dist/declared.js:MyProcedure",
        },
      },
      files: {
        "dist/good.js": good,
        "dist/declared.js": `import { defineProcedure } from "glassine/node";
${declared}export const MyProcedure = defineProcedure(Declared);
`,
      },
    });
    const { data } = await documentOf(workspace, ["plugins", "list"], dev);
    ({ rejected, loaded } = data);
  }, installTime);

  it.each(Object.entries(faults).map(([what, { problem }], at) => [what, problem, at] as const))(
    "CLI-016: with %s: %s",
    (_, problem, at) => {
      const found = rejected.filter(({ id }) => id === idOf(at));
      expect(found.map(({ code, reason }) => `${code}: ${reason}`)).toEqual([problem]);
    },
  );

  it("CLI-016: a good one in a package with one that is not is rejected with it", () => {
    verifies("discovery:whole-packages");
    expect(rejected.filter(({ id }) => id === "acme.sibling")).toMatchObject([
      {
        code: "sibling_rejected",
        reason: `'${idOf(0)}' of the same package is refused: contract_check_failed`,
      },
    ]);
  });

  it("CLI-016: good ones are loaded, also such whose functions are declared to give promises", () => {
    expect(loaded.map(({ id }) => id)).toEqual(["acme.declared", "acme.good"]);
    expect(rejected).toHaveLength(Object.keys(faults).length + 1);
  });
});

describe("ids", () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await newWorkspace();
    const { marker } = workspace;
    await workspace.install(
      procedure({
        package: "good-one",
        id: "good.id",
        members: { id: 'static id = "evil.id";' },
      }),
      procedure({ package: "own-host", id: "host.sweep" }),
      procedure({ package: "aaa-impostor", id: "host.sweep", marker }),
      procedure({ package: "zzz-impostor", id: "host.sweep", marker }),
      procedure({ package: "prefix-taker", id: "host.other", marker }),
      procedure({ package: "twin-one", id: "acme.twin", marker: `${marker}-twin` }),
      procedure({ package: "twin-two", id: "acme.twin", marker: `${marker}-twin` }),
    );
    const { packageAt, write } = workspace;
    await write(
      "command.mjs",
      commandOf({ builtins: [packageAt("own-host")], reserved: ["host."] }),
    );
  }, installTime);

  const listing = async () => {
    const args = ["command.mjs", "plugins", "list", "--json"];
    const { code, stdout } = await workspace.node(args, production);
    expect(code).toBe(0);
    return JSON.parse(stdout) as {
      readonly loaded: readonly (Row & { readonly builtin: boolean })[];
      readonly rejected: readonly Row[];
    };
  };

  it("CLI-017: a class of another id is loaded under neither name, though its entry is trusted", async () => {
    await workspace.run(["plugins", "trust", "good.id", "--reason", "r"], dev);
    const { loaded, rejected } = await listing();
    expect(loaded.map(({ id }) => id)).toEqual(["host.sweep"]);
    expect(rejected.filter(({ id }) => id === "good.id")).toMatchObject([
      { code: "id_mismatch", reason: 'it declares the id "evil.id"' },
    ]);
  });

  it("CLI-018: the id of a built-in and its prefix are nobody else's, whoever was installed first", async () => {
    verifies("discovery:builtins");
    const { loaded, rejected } = await listing();
    expect(loaded).toMatchObject([{ id: "host.sweep", package: "own-host", builtin: true }]);
    expect(rejected.filter(({ id }) => id.startsWith("host."))).toMatchObject([
      { id: "host.other", package: "prefix-taker", code: "reserved_id" },
      { id: "host.sweep", package: "aaa-impostor", code: "reserved_id" },
      { id: "host.sweep", package: "zzz-impostor", code: "reserved_id" },
    ]);
    expect(existsSync(workspace.marker)).toBe(false);
  });

  it("CLI-018: a nearer package of the same name does not hide a built-in", async () => {
    const { above, node, write, packageAt } = workspace;
    const name = "own-host";
    const own = await newWorkspace();
    await own.install(procedure({ package: name, id: "host.sweep" }));
    await write(
      "elsewhere.mjs",
      commandOf({ builtins: [own.packageAt(name)], reserved: ["host."] }),
    );
    const args = ["elsewhere.mjs", "plugins", "list", "--json"];
    const { loaded, warnings } = JSON.parse((await node(args, production)).stdout);
    expect(loaded).toMatchObject([{ id: "host.sweep", builtin: true }]);
    expect(warnings).toEqual([
      `the package 'own-host' at ${packageAt(name)} is hidden by the host's own at ${own.packageAt(name)}`,
    ]);
    expect(own.above).not.toBe(above);
  });

  it("CLI-019: of two packages with one id neither is loaded, though one was trusted", async () => {
    const entry = ["acme.twin", "twin-one", "1.0.0", "dist/proc.js:MyProcedure"];
    const keys = ["id", "package", "version", "entry_point"];
    const lines = keys.map((key, at) => `${key} = "${entry[at]}"`).join("\n");
    const hash = (await documentOf(workspace, ["plugins", "describe", "acme.twin"], dev)).data
      .distribution_hash;
    await workspace.write(
      "twins.lock",
      `version = 1\n\n[[plugins]]\n${lines}\ndistribution_hash = "${hash}"\n`,
    );
    const args = ["plugins", "list", "--plugins-lock", "twins.lock"];
    const { data } = await documentOf(workspace, args, production);
    const twins = (data.rejected as readonly Row[]).filter(({ id }) => id === "acme.twin");
    const reason = "duplicate plugin id (entry point dist/proc.js:MyProcedure)";
    expect(twins).toMatchObject([
      { package: "twin-one", code: "duplicate_id", reason },
      { package: "twin-two", code: "duplicate_id", reason },
    ]);
    expect(data.loaded).toEqual([]);
    const trusted = await workspace.run(["plugins", "trust", "acme.twin", "--reason", "r"], dev);
    expect(trusted).toMatchObject({
      code: 2,
      stdout: "",
      stderr: `trust: plugin 'acme.twin' is rejected: duplicate_id: ${reason} of twin-one, twin-two\nRemove one of them, or upgrade to ids that differ.\n`,
    });
    expect(existsSync(`${workspace.marker}-twin`)).toBe(false);
  });
});
