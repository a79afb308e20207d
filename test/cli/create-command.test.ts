/** A host's own command line, run on the real services. */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditEvent } from "glassine/audit";
import { defineHost } from "glassine/host";
import type { CommandHost, CommandIo } from "glassine/node";
import { createCommand } from "glassine/node";
import { installFixturePackage } from "glassine/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { afterTest } from "../support/cleanup.ts";
import { verifies } from "../support/verifies.ts";

const profile = { hostName: "stigmem", envPrefix: "STIGMEM_" };
const names = { bin: "memory-node", host: defineHost({ profile }) } as const;
const gate = { bin: "gate", host: undefined } as const;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "command-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(
  argv: readonly string[],
  env = {},
  host: Partial<CommandHost> = {},
  cwd = folder,
) {
  const written: string[] = [];
  const stream: CommandIo["stdout"] = {
    write(text, done) {
      written.push(text);
      done();
      return true;
    },
    on: () => {},
  };
  const io = { cwd, env: { HOME: folder, ...env }, stdout: stream, stderr: stream };
  const code = await createCommand({ ...names, ...host }).run(argv, io);
  return { code, text: written.join("") };
}

describe("createCommand", () => {
  it("uses the names of its host", async () => {
    verifies("cli:own-names");
    const { code, text } = await run(["--help"]);
    expect([code, text]).toEqual([0, expect.stringMatching(/^Usage: memory-node /)]);
    const env = { STIGMEM_PLUGIN_MODE: "production", GLASSINE_PLUGIN_MODE: "prod" };
    const ended = await run(["plugins", "list"], env);
    expect([ended.code, ended.text]).toEqual([
      0,
      expect.stringMatching(/^plugin mode: production\n/),
    ]);
  });

  it("reads installed packages without writing anything", async () => {
    verifies("cli:exit-codes");
    for (const argv of [["plugins", "list"], ["plugins", "doctor"], ["doctor"]])
      expect(await run(argv)).toMatchObject({ code: 0 });
    expect(await run(["plugins", "describe", "a"])).toEqual({
      code: 1,
      text: "error: plugin not found: a\n",
    });
    expect(await run(["plugins", "verify"])).toEqual({
      code: 2,
      text: "verify: no plugins.lock found\nCreate one with `plugins lock`, and trust the reviewed plugins.\n",
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it("records each change of trust in the audit trail of its host", async () => {
    verifies("journal:audited");
    const { root, remove } = await installFixturePackage({
      name: "guard",
      version: "1.0.0",
      files: { "plugin.js": "export default () => ({});" },
      glassine: { plugin: "./plugin.js" },
    });
    const recorded: unknown[] = [];
    const audit = { sink: ({ metadata }: AuditEvent) => recorded.push(metadata) };
    const host = { ...gate, audit };
    const env = {
      GLASSINE_PLUGIN_SIGNING_REQUIRED: "false",
      GLASSINE_PLUGIN_UNSIGNED_ACK: "i-understand-plugins-are-unsigned",
    };
    for (const [command, ...more] of [
      ["trust", "guard"],
      ["untrust", "guard"],
      ["lock", "--all"],
    ] as const) {
      const argv = ["plugins", command, ...more, "--reason", "why"];
      const { code, text } = await run(argv, env, host, root);
      expect([code, text]).toEqual([0, expect.any(String)]);
    }
    expect(recorded).toMatchObject([
      { action: "trust" },
      { action: "untrust" },
      { action: "lock" },
    ]);
    await rm(join(root, "node_modules", "guard"), { recursive: true });
    const argv = ["plugins", "lock", "--prune", "--reason", "gone"];
    expect([(await run(argv, env, host, root)).code, recorded.length]).toEqual([0, 4]);
    await remove();
  });

  it("prints no colours into a host's own streams, even on a terminal", async () => {
    const { isTTY } = process.stdout;
    process.stdout.isTTY = true;
    afterTest(() => {
      process.stdout.isTTY = isTTY;
    });
    const { text } = await run(["doctor"]);
    expect(text).toContain("Plugin state diagnostics:");
    expect(text).not.toContain("\u001b");
  });

  it("describes a configuration without a default that has a secret in it", async () => {
    verifies("cli:describe-config");
    (globalThis as { testZod?: typeof z }).testZod = z;
    const { root, remove } = await installFixturePackage({
      name: "sweeper",
      version: "1.0.0",
      files: {
        "sweep.js": `const { object, string, array } = globalThis.testZod;
          const login = object({ user: string(), password: string() });
          export default class {
            static id = "acme.sweep"; static name = "Sweep"; static version = "1.0.0";
            static configModel = object({
              days: array(string()).default(["monday"]),
              logins: array(login).default([{ user: "ada", password: "hunter2" }]),
            });
            static requiredCapabilities = [];
            async preflight() {} async run() {}
          }`,
      },
      glassine: { procedures: { "acme.sweep": "./sweep.js" } },
    });
    afterTest(remove);
    const env = {
      GLASSINE_PLUGIN_SIGNING_REQUIRED: "false",
      GLASSINE_PLUGIN_UNSIGNED_ACK: "i-understand-plugins-are-unsigned",
    };
    const argv = ["plugins", "describe", "acme.sweep"];
    const { text } = await run(argv, env, gate, root);
    expect(text).toContain('\nconfig:\n  days: array, default ["monday"]\n  logins: array\n');
    expect((await run([...argv, "--json"], env, gate, root)).text).not.toContain("hunter2");
  });

  it.each([{}, null, "stigmem"])("refuses %j in place of a host", (host) => {
    const message = "createCommand expects host to be what defineHost made.";
    const misuse = expect.objectContaining({ code: "options_invalid", message });
    expect(() => createCommand({ bin: "gate", host: host as object })).toThrow(misuse);
  });

  it("refuses an option that it does not have, such as a misspelt audit", () => {
    const message = 'createCommand has no option "audits". Did you mean "audit"?';
    const misuse = expect.objectContaining({ code: "options_invalid", message });
    expect(() => createCommand({ ...names, audits: {} } as never)).toThrow(misuse);
  });

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    ["stigmem", "string"],
  ])("refuses %j in place of its options", (given, type) => {
    const message = `createCommand expects its options in an object, got ${type}.`;
    const misuse = expect.objectContaining({ code: "options_invalid", message });
    expect(() => createCommand(given as never)).toThrow(misuse);
  });
});
