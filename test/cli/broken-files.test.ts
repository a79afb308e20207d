/** Broken files around a lockfile: each one is reported, and no sound file is. */
import { appendFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { discover, install, newRoot, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, documentOf, linesOf, run } from "./support/run.ts";

let root = "";
beforeEach(async () => {
  root = await newRoot();
});

const at = (argv: readonly string[], env: Readonly<Record<string, string>> = unsigned) =>
  run(argv, { services: commandServices, cwd: root, env });

describe("a journal of 20,000 malformed lines", () => {
  beforeEach(async () => {
    await install(root, "guard");
    await at(["plugins", "trust", "guard", "--reason", "r"]);
    await appendFile(join(root, "plugins.lock.journal"), "what is this\n".repeat(20_000));
  });

  it("is reported with its first hundred problems and their number", async () => {
    verifies("cli:journal-bounded");
    const { code, stdout } = await at(["plugins", "verify", "--strict-journal"]);
    expect(code).toBe(1);
    expect(linesOf(stdout)).toHaveLength(109);
    expect(linesOf(stdout).slice(-6)).toEqual([
      "  and 19900 more problems in the journal",
      "",
      "verify failed: 20000 problem(s)",
      "",
      "What to do next:",
      expect.stringMatching(/^ {2}malformed: Restore the journal/),
    ]);
    const document = documentOf((await at(["plugins", "verify", "--json"])).stdout);
    expect([document.ok, document.journal_problems.length, document.journal_problem_count]).toEqual(
      [true, 100, 20_000],
    );
  });

  it("is a hundred findings of doctor, and one with the number of the rest", async () => {
    verifies("cli:journal-bounded");
    const { findings } = documentOf((await at(["doctor", "--json"])).stdout);
    expect(findings).toHaveLength(101);
    const { stderr } = await at(["plugins", "doctor"]);
    expect(linesOf(stderr).filter((line) => /journal|line /.test(line))).toHaveLength(101);
  });
});

it("a journal with one more problem than are shown says so in the singular", async () => {
  verifies("cli:journal-bounded");
  await install(root, "guard");
  await at(["plugins", "trust", "guard", "--reason", "r"]);
  await appendFile(join(root, "plugins.lock.journal"), "what is this\n".repeat(101));
  const { stdout } = await at(["plugins", "verify", "--strict-journal"]);
  expect(linesOf(stdout)).toContain("  and 1 more problem in the journal");
});

it("a plugins.lock that cannot be read is not called missing by `journal`", async () => {
  await writeFile(join(root, "plugins.lock"), "no lock\n");
  const { code, stderr } = await at(["plugins", "journal"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("is not a valid plugins.lock")]);
});

it("a broken file of keys is not blamed on the lockfile or its journal", async () => {
  verifies("cli:doctor-goes-on");
  await writeFile(join(root, "keys.json"), "{bad");
  const env = { GLASSINE_PLUGIN_PUBLISHER_KEYS: join(root, "keys.json") };
  const { stdout } = await at(["plugins", "doctor"], env);
  expect(linesOf(stdout).at(-1)).toBe(
    "There are also problems with settings: run `glassine doctor` to see them.",
  );
});

describe("control characters in the name of a folder", () => {
  const folder = "evil\u001b[2J\u202e\u3164\nSECURITY: all is well";

  it("are escaped in errors and warnings of a host, as in the command", async () => {
    verifies("discovery:escaped");
    const below = join(root, folder);
    await mkdir(below);
    await install(below, "guard");
    const thrown = await discover(below, { mode: "production" }).catch((error: Error) => error);
    expect((thrown as Error).message).toContain(
      `${root}/evil\\u{1b}[2J\\u{202e}\\u{3164}\\u{a}SECURITY: all is well/plugins.lock`,
    );
    await symlink("nowhere", join(below, "node_modules/gone"));
    const { warnings } = await discover(below);
    expect(warnings).toHaveLength(1);
    for (const text of warnings) expect(text).not.toMatch(/[\p{Cc}\p{Cf}\u3164]/u);
  });
});

it("a dangling link is named as one, whether it is searched for or given", async () => {
  verifies("lockfile:file");
  const path = join(root, "plugins.lock");
  await symlink(join(root, "nowhere"), path);
  for (const given of [[], ["--plugins-lock", path]]) {
    const { code, stderr } = await at(["plugins", "verify", ...given]);
    expect([code, stderr]).toEqual([
      2,
      `verify: ${path} is not a valid plugins.lock: it is a dangling link; repair or remove it\n`,
    ]);
  }
});
