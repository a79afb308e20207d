/** Locks that are refused, and locks that are links: no command repairs or replaces them. */
// Only in test:all: it runs whole commands in processes of their own.
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { badLockfiles, place as put } from "../../trust/bad-lockfiles.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";
import { placeIn, valuesOf } from "./trust-support.ts";

const timeout = 300_000;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await newWorkspace();
  await workspace.install({ name: "egress-guard" });
}, timeout);

/** One lockfile for each rule; tests of the library cover all of them. */
const tried: readonly string[] = [
  "no bytes",
  "a byte order mark",
  "invalid UTF-8",
  "more than 5 MiB",
  "a directory",
  "no TOML",
  "binary data",
  "version 0",
  "a version that is a text",
  "an unknown key",
  "an unknown key of an entry",
  "a key that objects have",
  "plugins that are one table",
  "the same key twice",
  "the same id twice",
  "no hash",
  "an empty id",
  "an id that forges a line",
  "a package that is a path",
  "a range of versions",
  "no colon",
  "md5",
  "an empty digest",
  "63 digits",
  "digits in upper case",
  "the placeholder unknown",
  "a capability that is a number",
];
const bad = badLockfiles.filter(({ name }) => tried.includes(name));

/** By the command's name. Every command except `list` begins its message with its name. */
const commands = {
  list: { argv: ["list"], lead: "" },
  trust: { argv: ["trust", "egress-guard", "--reason", "r"], lead: "trust: " },
  untrust: { argv: ["untrust", "egress-guard", "--reason", "r"], lead: "untrust: " },
  verify: { argv: ["verify"], lead: "verify: " },
};

describe("CLI-041: a lock that is not valid", () => {
  it("is tried for each rule", () => {
    expect(bad.map(({ name }) => name).sort()).toEqual([...tried].sort());
  });

  it.each(bad)(
    "is refused by each command, with file and line: $name",
    { timeout },
    async (one) => {
      verifies("lockfile:strict", "lockfile:file", "cli:refused-lock");
      const { run, lock, names, state } = await placeIn(workspace);
      put(lock, one);
      const before = await state();
      const ended = Object.entries(commands).map(async ([name, { argv, lead }]) => {
        const { code, stdout, stderr } = await run(argv);
        const text = `${lead}${lock} is not a valid plugins.lock: ${one.problem}`;
        expect({ name, code, stdout, stderr }).toEqual({
          name,
          code: 2,
          stdout: "",
          stderr: expect.stringMatching(/^[^\n]+\n$/),
        });
        expect(stderr.slice(0, text.length)).toBe(text);
      });
      await Promise.all(ended);
      expect(await state()).toEqual(before);
      expect(await names()).toEqual(["plugins.lock"]);
    },
  );
});

/** A host that uses what is installed. */
const start = `import { createPluginManager } from "glassine";
import { discoverPlugins } from "glassine/node";
const discovered = await discoverPlugins({ onRejected: "skip" }).catch((error) => {
  console.error(error.code + ": " + error.message);
  process.exit(2);
});
await createPluginManager({ plugins: [], discovered, audit: { sink() {} }, logger: {} });
console.log("started");
process.exit(0);
`;

async function startHost(folder: string): Promise<readonly [number | null, string]> {
  const env = { ...unsigned, GLASSINE_PLUGIN_MODE: "production" };
  const { code, stdout, stderr } = await workspace.node(["start.mjs"], { cwd: folder, env });
  return [code, stdout + stderr];
}

describe("CLI-042: a lock of another schema", () => {
  it("is written by no command, and no host starts with it in production", async () => {
    verifies("lockfile:version-newer", "cli:refused-lock");
    const { run, lock, state, folder, text } = await placeIn(
      workspace,
      "version = 2\n[later]\nx = 1\n",
    );
    await writeFile(join(folder, "start.mjs"), start);
    const before = await state();
    const newer = `${lock} has schema version 2; this version understands 1\nUpdate the library.\n`;
    const reason = ["--reason", "r"];
    for (const [command = "", ...more] of [
      ["trust", "egress-guard", ...reason],
      ["untrust", "egress-guard", ...reason],
      ["verify"],
      ["lock"],
      ["lock", "--all", ...reason],
      ["lock", "--prune", ...reason],
      ["lock", "--check"],
    ]) {
      const { code, stdout, stderr } = await run([command, ...more], { env: unsigned });
      expect([code, stdout, stderr]).toEqual([2, "", `${command}: ${newer}`]);
    }
    const listed = await run(["list"]);
    expect([listed.code, listed.stdout]).toEqual([2, ""]);
    expect(listed.stderr).toContain(
      "plugins.lock schema version 2 is newer than supported version 1",
    );
    expect(await startHost(folder)).toEqual([2, expect.stringMatching(/^lockfile_newer: /)]);
    expect(await state()).toEqual(before);
    await writeFile(lock, "version = 1\n");
    expect(await startHost(folder)).toEqual([0, "started\n"]);
    expect(await text()).toBe("version = 1\n");
  });
});

describe("CLI-058: a lock that is a link", () => {
  it("stays one, and what it leads to is replaced, with the journal beside that", async () => {
    verifies("journal:beside-the-file");
    const { trust, run, done, folder, lock, names, lines } = await placeIn(workspace);
    const shared = join(folder, "shared");
    await mkdir(shared);
    await writeFile(join(shared, "ours.lock"), "version = 1\n# ours\n");
    await symlink("shared/ours.lock", lock);
    const printed = await trust("egress-guard");
    expect(printed).toContain(`\n  lock:    ${lock}\n  journal: ${shared}/ours.lock.journal\n`);
    expect(await readlink(lock)).toBe("shared/ours.lock");
    expect((await lstat(join(shared, "ours.lock"))).isFile()).toBe(true);
    expect(valuesOf("id", await readFile(join(shared, "ours.lock"), "utf8"))).toEqual([
      "egress-guard",
    ]);
    expect(await names()).toEqual(["plugins.lock", "shared"]);
    expect((await readdir(shared)).sort()).toEqual(["ours.lock", "ours.lock.journal"]);
    expect(await done(["verify", "--strict-journal"])).toContain("verified: 1 entries");
    await done(["untrust", "egress-guard", "--reason", "r"]);
    expect(await readFile(join(shared, "ours.lock"), "utf8")).toBe("version = 1\n# ours\n");
    expect((await lstat(lock)).isSymbolicLink()).toBe(true);
    await expect(lines()).rejects.toThrow("ENOENT");
    const nowhere = await placeIn(workspace);
    await symlink("nowhere.lock", nowhere.lock);
    expect(await nowhere.refused(["trust", "egress-guard", "--reason", "r"])).toBe(
      `trust: ${nowhere.lock} is not a valid plugins.lock: it is a dangling link; repair or remove it\n`,
    );
    expect((await run(["verify"], { cwd: nowhere.folder })).code).toBe(2);
    expect(await nowhere.names()).toEqual(["plugins.lock"]);
  });
});
