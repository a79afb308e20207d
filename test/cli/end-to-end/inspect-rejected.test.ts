/** Packages refused before anything runs: every command inspects them, and none runs them. */
// Only in test:all: it runs whole commands in processes of their own.
import { existsSync } from "node:fs";
import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { documentOf, linesOf } from "./documents.ts";
import { hostProgram, installTime, marked } from "./fixtures.ts";
import { newPublisher } from "./publisher.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";

let workspace: Workspace;
let signed: Readonly<Record<string, string>>;
beforeAll(async () => {
  workspace = await newWorkspace();
  const publisher = await newPublisher(workspace, "builder@example.com");
  signed = publisher.env;
  await workspace.install(marked({ name: "acme-guard" }, workspace.marker), {
    name: "signed-guard",
    signedBy: publisher,
  });
  await workspace.write("host.mjs", hostProgram);
}, installTime);

afterEach(async () => {
  const { root, marker } = workspace;
  for (const path of [marker, join(root, "plugins.lock"), join(root, "plugins.lock.journal")])
    await rm(path, { force: true });
});

const ran = () => existsSync(workspace.marker);
const production = { ...unsigned, GLASSINE_PLUGIN_MODE: "production" };

it("CLI-003: production without a lockfile does not start, and says where one would be", async () => {
  const { code, stdout, stderr } = await workspace.node(["host.mjs"], { env: production });
  const ofUser = join(workspace.above, "home/.config/glassine/plugins.lock");
  expect([code, stdout, stderr]).toEqual([
    2,
    "",
    `production plugin mode requires a plugins.lock; pass --plugins-lock or place one at ${workspace.root}/plugins.lock or ${ofUser}\n`,
  ]);
  expect(ran()).toBe(false);
});

it("CLI-011: an unsigned plugin is rejected and listed, the others load", async () => {
  verifies("cli:describe-rejected");
  const list = await workspace.run(["plugins", "list"], { env: signed });
  expect([list.code, list.stderr]).toEqual([0, ""]);
  expect(linesOf(list.stdout)).toEqual(
    expect.arrayContaining([
      "signed-guard 1.0.0 hooks=0 health=unknown signed_by=builder@example.com",
      "  acme-guard: unsigned: plugin 'acme-guard' is unsigned; production plugin registration requires a verified signature",
    ]),
  );
  const { code, stdout } = await workspace.run(["plugins", "describe", "acme-guard"], {
    env: signed,
  });
  expect([code, linesOf(stdout)]).toEqual([
    0,
    expect.arrayContaining(["name: acme-guard", "signed_by: unsigned", "status: rejected"]),
  ]);
  expect(stdout).toMatch(/^reason: unsigned: /m);
  for (const command of [["plugins", "doctor"], ["doctor"]]) {
    const ended = await workspace.run(command, { env: signed });
    expect([ended.code, ended.stdout]).toEqual([
      0,
      expect.stringContaining("\nacme-guard status=rejected enabled=false env=-\n"),
    ]);
    expect(ended.stdout).toContain("\nsigned-guard status=installed-enabled ");
  }
  expect(ran()).toBe(false);
});

/** How to get a package refused, by code: settings and preparation. */
const refusals = {
  unsigned: { env: {}, prepare: async () => {} },
  ack_missing: { env: { GLASSINE_PLUGIN_SIGNING_REQUIRED: "false" }, prepare: async () => {} },
  missing_from_lock: {
    env: production,
    prepare: () => workspace.write("plugins.lock", "version = 1\n"),
  },
  hash_mismatch: {
    env: production,
    prepare: async () => {
      const reason = ["--reason", "reviewed"];
      await workspace.run(["plugins", "trust", "acme-guard", ...reason], { env: unsigned });
      await appendFile(join(workspace.packageAt("acme-guard"), "plugin.js"), "// drifted\n");
    },
  },
} as const;

it.each(Object.entries(refusals))(
  "PH-077, CLI-020, CLI-068: nothing runs of a package that is refused as %s, by no command and no start",
  async (refused, { env, prepare }) => {
    verifies("cli:describe-rejected");
    await prepare();
    const lock = await workspace.read("plugins.lock");
    const options = { env };
    const commands = [
      ["plugins", "list"],
      ["plugins", "describe", "acme-guard"],
      ["plugins", "doctor"],
      ["doctor"],
      ["doctor", "--strict"],
      ["plugins", "verify"],
    ];
    for (const command of commands) {
      const { code, stdout } = await workspace.run(command, options);
      const expected = command.includes("--strict") ? 1 : 0;
      if (command[1] !== "verify") {
        expect([command, code]).toEqual([command, expected]);
        expect(stdout).toContain(refused);
      }
      expect([command, ran()]).toEqual([command, false]);
    }
    const { data } = await documentOf(workspace, ["plugins", "describe", "acme-guard"], options);
    expect(data).toMatchObject({ status: "rejected", rejection: { code: refused } });
    expect(data).toMatchObject({ health: { status: "unknown" }, config: null, requires: null });
    const start = await workspace.node(["host.mjs"], options);
    expect([start.code, start.stdout]).toEqual([2, ""]);
    expect(start.stderr).toContain(refused === "ack_missing" ? "PLUGIN_UNSIGNED_ACK=" : refused);
    expect(ran()).toBe(false);
    if (lock !== undefined) expect(await workspace.read("plugins.lock")).toBe(lock);
    const trusted = await workspace.run(
      ["plugins", "trust", "acme-guard", "--reason", "r"],
      options,
    );
    expect([trusted.code, ran()]).toEqual([0, false]);
  },
);

it("accepted plugins run, except with --no-load, as their marker file shows", async () => {
  for (const command of [["plugins", "list"], ["plugins", "describe", "acme-guard"], ["doctor"]]) {
    const { code } = await workspace.run([...command, "--no-load"], { env: unsigned });
    expect([command, code, ran()]).toEqual([command, 0, false]);
  }
  await workspace.run(["plugins", "list"], { env: unsigned });
  expect(ran()).toBe(true);
});
