/** `plugins doctor` and `doctor`: a row for each fault, and no fault stops them. */
// Only in test:all: it runs whole commands in processes of their own.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { documentOf, linesOf } from "./documents.ts";
import { exampleOfMemoryNode, installTime, made } from "./fixtures.ts";
import { newPublisher } from "./publisher.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";

const dev = { env: unsigned };
const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };

interface Row {
  readonly id: string;
  readonly status: string;
  readonly recommendation: string;
}

const plain = (name: string, more = "") =>
  `definePlugin({ name: "${name}", version: "1.0.0", ${more} })`;

it("CLI-064: unsigned, crashing, exiting and cyclic plugins each have their row, and nothing stops", async () => {
  verifies("cli:doctor-goes-on", "cli:doctor-rows", "cli:doctor-status");
  const workspace = await newWorkspace();
  const publisher = await newPublisher(workspace, "builder@example.com");
  const signedBy = publisher;
  const cycle = (name: string, other: string) =>
    made(name, plain(name, `dependsOn: ["${other}"]`), { signedBy });
  await workspace.install(
    { name: "unsigned-one" },
    made("crashing-one", "undefined", { imports: 'throw new Error("no disk");', signedBy }),
    made("ending-one", plain("ending-one"), {
      imports: 'setTimeout(() => { throw new Error("on the side"); });',
      signedBy,
    }),
    made("exiting-one", "undefined", {
      imports: `import process from "node:process";
process.on("exit", () => { process.exitCode = 5; });
process.exit(0);`,
      signedBy,
    }),
    made("leaving-one", "undefined", { imports: "globalThis.process.reallyExit(0);", signedBy }),
    cycle("cycle-one", "cycle-two"),
    cycle("cycle-two", "cycle-one"),
    made("lonely-one", plain("lonely-one", 'dependsOn: ["nowhere"]'), { signedBy }),
  );
  const options = { env: publisher.env };
  const { code, data } = await documentOf(workspace, ["doctor"], options);
  expect([code, data.status]).toEqual([0, "error"]);
  const rows = data.plugins as readonly Row[];
  expect(rows.map(({ id, status, recommendation }) => [id, status, recommendation])).toEqual([
    ["crashing-one", "rejected", expect.stringMatching(/^import_failed: /)],
    ["cycle-one", "rejected", expect.stringMatching(/^dependency_cycle: /)],
    ["cycle-two", "rejected", expect.stringMatching(/^dependency_cycle: /)],
    ["ending-one", "installed-enabled", "No action required."],
    ["exiting-one", "rejected", expect.stringMatching(/^import_failed: /)],
    ["leaving-one", "rejected", expect.stringMatching(/^import_failed: /)],
    ["lonely-one", "rejected", expect.stringMatching(/^dependency_missing: Install it/)],
    ["unsigned-one", "rejected", expect.stringMatching(/^unsigned: Use a signed package/)],
  ]);
  const lines = await workspace.run(["doctor"], options);
  expect([lines.code, linesOf(lines.stdout)[0]]).toEqual([0, "status: error"]);
  expect((await workspace.run(["doctor", "--strict"], options)).code).toBe(1);
});

describe("rows beside", () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await newWorkspace();
    await workspace.install(
      { name: "dependent-one", fields: { dependencies: {}, optionalDependencies: {} } },
      { name: "no-keyword", fields: { keywords: [] } },
      made("ailing-one", plain("ailing-one", 'healthCheck: () => health("unhealthy", "no disk")')),
      { name: "changed-one" },
    );
    // npm would have to fetch this one, so it is written by hand after the installation.
    await mkdir(workspace.packageAt("left-pad"));
    const leftPad = join(workspace.packageAt("left-pad"), "package.json");
    await writeFile(leftPad, '{"name":"left-pad","version":"1.0.0"}\n');
    const path = join(workspace.packageAt("dependent-one"), "package.json");
    const manifest = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...manifest, dependencies: { "left-pad": "1.0.0" } }));
    await workspace.run(["plugins", "lock", "--all", "--reason", "first review"], dev);
    await writeFile(join(workspace.packageAt("changed-one"), "late.js"), "// later\n");
  }, installTime);

  const rowsIn = async (options: typeof dev, args: readonly string[] = []) => {
    const { code, data } = await documentOf(workspace, ["plugins", "doctor", ...args], options);
    const rows = (data as readonly Row[]).map(({ id, status }) => `${id} ${status}`);
    return { code, rows };
  };

  it("says which signatures, dependencies, keywords and health are not as they should be", async () => {
    verifies("cli:doctor-rows", "cli:doctor-severity");
    expect((await rowsIn(production)).rows).toEqual([
      "ailing-one unsigned-in-production",
      "ailing-one unhealthy",
      "changed-one rejected",
      "dependent-one unsigned-in-production",
      "dependent-one dependencies-not-covered",
      "no-keyword unsigned-in-production",
      "no-keyword missing-keyword",
    ]);
    expect((await rowsIn(dev)).rows).toEqual([
      "ailing-one unhealthy",
      "changed-one drifted",
      "dependent-one installed-enabled",
      "dependent-one dependencies-not-covered",
      "no-keyword installed-enabled",
      "no-keyword missing-keyword",
    ]);
    expect((await rowsIn(dev, ["--strict"])).code).toBe(1);
    const { stdout } = await workspace.run(["plugins", "doctor"], dev);
    expect(stdout).toContain("\n  recommendation: No signature covers left-pad: ");
  });

  it("runs nothing with --no-load, and reports what it can without loading", async () => {
    const { rows } = await rowsIn(dev, ["--no-load"]);
    expect(rows).toEqual([
      "ailing-one installed-enabled",
      "changed-one drifted",
      "dependent-one installed-enabled",
      "dependent-one dependencies-not-covered",
      "no-keyword installed-enabled",
      "no-keyword missing-keyword",
    ]);
  });

  it("goes on with a lockfile that cannot be read, which is a finding", async () => {
    verifies("cli:doctor-goes-on");
    const lock = (await workspace.read("plugins.lock")) ?? "";
    await workspace.write("plugins.lock", "version = 2\n");
    for (const options of [dev, production]) {
      const { code, data } = await documentOf(workspace, ["doctor"], options);
      expect([code, data.status, data.plugins.length]).toEqual([0, "error", expect.any(Number)]);
      expect(data.findings).toMatchObject([
        { about: "lock", severity: "error", message: expect.stringContaining("schema version 2") },
      ]);
    }
    await workspace.write("plugins.lock", lock);
  });

  it("tells of an unfinished change, and of production without a lockfile", async () => {
    await workspace.write("plugins.lock.pending", "{}");
    const { data } = await documentOf(workspace, ["doctor"], dev);
    expect(data.findings.map(({ about }: { about: string }) => about)).toContain("pending");
    const named = ["doctor", "--root", workspace.root];
    const elsewhere = { ...production, cwd: workspace.above };
    expect((await documentOf(workspace, named, elsewhere)).data.findings).toMatchObject([
      { about: "mode", severity: "error", recommendation: expect.stringContaining("plugins lock") },
    ]);
  });
});

it("says for which capabilities a host supplies nothing, where the host says what it supplies", async () => {
  verifies("cli:doctor-rows");
  const workspace = await newWorkspace();
  await workspace.install(exampleOfMemoryNode);
  const program = (services: string) => `import { createCommand } from "glassine/node";
import { memoryNode } from "glassine/memory-node";

await createCommand({ bin: "memory-node", host: memoryNode, ${services} }).main();
`;
  await workspace.write("unknown.mjs", program(""));
  await workspace.write("nothing.mjs", program("services: {}"));
  await workspace.write("emitter.mjs", program("services: { auditEmitter: () => undefined }"));
  const env = Object.fromEntries(
    Object.entries(unsigned).map(([name, value]) => [name.replace("GLASSINE_", "STIGMEM_"), value]),
  );
  const doctor = async (file: string) =>
    (await workspace.node([file, "plugins", "doctor"], { env })).stdout;
  expect(await doctor("nothing.mjs")).toContain(
    "status=unsupplied-capability enabled=true env=-\n  recommendation: The host supplies nothing for audit.emit: ",
  );
  for (const file of ["unknown.mjs", "emitter.mjs"])
    expect(await doctor(file)).toContain("example-stigmem-plugin status=installed-enabled ");
});
