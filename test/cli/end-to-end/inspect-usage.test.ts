/** How the command reports mistakes: with a usage, with one document, on its own lines. */
// Only in test:all: it runs whole commands in processes of their own.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { documentOf, linesOf, sectionOf } from "./documents.ts";
import { installTime, made, marked } from "./fixtures.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";

const dev = { env: unsigned };
const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };

/** Breaks lines, moves the cursor, reverses text: ESC, line feed, CSI, right-to-left override. */
const spoilers = "\u001b[2J\u001b[31m\nname: forged\r\u009b31m\u202egnp.exe\u2028";
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const source = JSON.stringify(spoilers);

let workspace: Workspace;
beforeAll(async () => {
  workspace = await newWorkspace();
  await workspace.install(
    marked({ name: "acme-guard" }, workspace.marker),
    made("throwing-one", "undefined", { imports: `throw new Error(${source});` }),
    made(
      "talking-one",
      `definePlugin({ name: "talking-one", version: "1.0.0", healthCheck: () => health("degraded", ${source}) })`,
      { imports: `console.log(${source}); console.error("on the side");` },
    ),
    made(
      "cycle-one",
      'definePlugin({ name: "cycle-one", version: "1.0.0", dependsOn: ["cycle-two"] })',
    ),
    made(
      "cycle-two",
      'definePlugin({ name: "cycle-two", version: "1.0.0", dependsOn: ["cycle-one"] })',
    ),
    { name: "forged-version" },
    { name: "forged-link" },
  );
  const path = join(workspace.packageAt("forged-version"), "package.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...manifest, version: `1.0.0${spoilers}` }));
  const odd = join(workspace.packageAt("forged-link"), `a${spoilers.replaceAll("\0", "")}.js`);
  await writeFile(odd, "");
}, installTime);

describe("CLI-008: with --json stdout is one document, whatever is wrong", () => {
  const commands = [
    ["plugins", "list"],
    ["plugins", "describe", "acme-guard"],
    ["plugins", "describe", "throwing-one"],
    ["plugins", "doctor"],
    ["doctor"],
    ["plugins", "verify"],
  ];
  const faults: Readonly<Record<string, () => Promise<unknown>>> = {
    "no lockfile": () => rm(lockPath(), { recursive: true, force: true }),
    "an empty lockfile": () => writeFile(lockPath(), ""),
    "a lockfile of another schema": () => writeFile(lockPath(), "version = 2\n"),
    "a lockfile that is no TOML": () => writeFile(lockPath(), 'version = 1\nx = "\u001b[31m\n'),
    "a lockfile that is a folder": async () => {
      await rm(lockPath(), { force: true });
      await mkdir(lockPath());
    },
    "a journal that is torn": async () => {
      await rm(lockPath(), { recursive: true });
      await writeFile(lockPath(), "version = 1\n");
      await writeFile(`${lockPath()}.journal`, "2026-05-25T10:15:30.123Z\ttrust\tacme-gu");
    },
  };
  const lockPath = () => join(workspace.root, "plugins.lock");

  it.each(Object.entries(faults))("CLI-008: %s", async (_, prepare) => {
    verifies("cli:json-document", "cli:error-document");
    await prepare();
    for (const args of commands) {
      for (const options of [dev, production]) {
        const { code, data, stdout, stderr } = await documentOf(workspace, args, options);
        expect([args, [0, 1, 2]]).toEqual([args, expect.arrayContaining([code])]);
        if (code === 2) {
          expect(data).toEqual({
            error: { code: expect.any(String), message: expect.any(String) },
          });
          expect(stderr).toContain(data.error.message);
        }
        expect(stdout.replaceAll("\n", "")).not.toMatch(unprintable);
      }
    }
    await rm(`${lockPath()}.journal`, { force: true });
  });

  it.each<readonly (readonly string[])[]>([
    [["plugins", "list", "--rot"]],
    [["plugins", "list", "--plugin-mode", "prod"]],
    [["plugins", "list", "--root", "nowhere"]],
    [["plugins", "list", "--plugins-lock", "nowhere.lock"]],
    [["plugins", "describe", "nothing-such"]],
    [["plugins", "describe"]],
    [["plugins", "list", "--catalog", "nowhere.json"]],
    [["plugins", "list", "--host", "./nowhere.mjs"]],
    [["plugins", "search", ""]],
    [["plugins", "enable", "nothing-such"]],
    [["plugins", "disable", "nothing-such"]],
    [["plugins", "search", "nothing-such"]],
  ])("CLI-008: %j", async (args) => {
    const { code, data } = await documentOf(workspace, args, dev);
    if (code === 0) return expect(data).not.toHaveProperty("error");
    expect(data).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
  });
});

describe("CLI-009: text of packages", () => {
  it("CLI-009: what a version, an error, a health message and a file name say adds no line", async () => {
    verifies("cli:escaped", "cli:json-escaped");
    await rm(join(workspace.root, "plugins.lock"), { recursive: true, force: true });
    const { code, stdout, stderr } = await workspace.run(["plugins", "list"], dev);
    expect(code).toBe(0);
    const lines = linesOf(stdout);
    for (const line of lines) expect(line).not.toMatch(unprintable);
    const rejected = sectionOf(stdout, "Rejected:");
    expect(rejected.map((line) => line.split(":", 2).join(":"))).toEqual([
      "  cycle-one: dependency_cycle",
      "  cycle-two: dependency_cycle",
      "  forged-link: unsupported_file",
      "  forged-version: invalid_metadata",
      "  throwing-one: import_failed",
    ]);
    expect(lines.filter((line) => line.startsWith("name: "))).toEqual([]);
    // What the module itself prints stays out of stdout.
    expect(stderr).toContain("on the side\n");
    const described = await workspace.run(["plugins", "describe", "talking-one"], dev);
    expect(described.stdout).toContain("\nhealth_message: \\u{1b}[2J\\u{1b}[31m\\u{a}name: forged");
    expect(described.stdout.match(/^name: /gm)).toHaveLength(1);
    for (const command of [["doctor"], ["plugins", "doctor"]]) {
      const doctor = await workspace.run(command, dev);
      for (const line of linesOf(doctor.stdout)) expect(line).not.toMatch(unprintable);
    }
  });

  it("CLI-009: documents hold the same texts, escaped", async () => {
    const { data, stdout } = await documentOf(workspace, ["plugins", "list"], dev);
    expect(stdout.replaceAll("\n", "")).not.toMatch(unprintable);
    const [talking] = data.loaded.filter(({ id }: { id: string }) => id === "talking-one");
    expect(talking.health.message).toContain("name: forged");
  });
});

it("a deleted current directory is reported, and is not an internal error", async () => {
  verifies("cli:paths", "cli:exit-codes");
  const command = join(workspace.above, "node_modules/glassine/dist/gateway/command/main.js");
  const gone = async (...args: readonly string[]) => {
    const script = `
      const { mkdtempSync, rmdirSync } = require("node:fs");
      const folder = mkdtempSync(${JSON.stringify(join(workspace.above, "gone-"))});
      process.chdir(folder);
      rmdirSync(folder);
      const given = [${JSON.stringify(command)}, ...process.argv.slice(1)];
      const { status, stdout, stderr } = require("node:child_process").spawnSync(process.execPath, given);
      console.log(JSON.stringify([status, String(stdout), String(stderr)]));
    `;
    const { stdout } = await workspace.node(["-e", script, "--", ...args]);
    return JSON.parse(stdout) as readonly [number, string, string];
  };
  const message = "the current directory no longer exists (ENOENT): change to one that does";
  const [code, stdout, stderr] = await gone("plugins", "list", "--json", "--root", workspace.root);
  expect([code, JSON.parse(stdout), stderr]).toEqual([
    2,
    { error: { code: "io_failed", message } },
    `${message}\n`,
  ]);
  expect(await gone("plugins", "--help")).toEqual([
    0,
    expect.stringMatching(/^Usage: glassine plugins /),
    "",
  ]);
});

describe("CLI-010: usage", () => {
  it.each<readonly [string, readonly string[], string]>([
    ["an unknown option", ["plugins", "list", "--rot"], "Usage: glassine plugins list "],
    ["an unknown command", ["plugins", "lst"], "Usage: glassine plugins "],
    ["no command", ["plugins"], "Usage: glassine plugins "],
    ["nothing", [], "Usage: glassine "],
    ["a missing id", ["plugins", "trust", "--reason", "r"], "Usage: glassine plugins trust "],
    ["a missing name", ["plugins", "describe"], "Usage: glassine plugins describe "],
    ["a missing value", ["plugins", "list", "--root"], "Usage: glassine plugins list "],
  ])(
    "CLI-010: %s ends with 2, the usage on stderr and nothing on stdout",
    async (_, args, usage) => {
      verifies("cli:usage", "cli:help");
      const { code, stdout, stderr } = await workspace.run(args, dev);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(usage);
    },
  );

  it("CLI-010: --help ends with 0, on stdout", async () => {
    const { code, stdout, stderr } = await workspace.run(["plugins", "--help"], dev);
    expect([code, stderr, stdout]).toEqual([
      0,
      "",
      expect.stringMatching(/^Usage: glassine plugins /),
    ]);
  });
});
