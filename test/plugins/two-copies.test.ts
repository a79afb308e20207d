/**
 * A plugin that brings its own copy of the library, on a host with another copy. Both come from the
 * built package: `npm test` builds first.
 */
// Only in test:all: it loads copies of the built package.
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
let folder: string;

beforeAll(() => {
  if (!existsSync(join(repository, "dist/index.js")))
    throw new Error("dist is missing: run `npm run build` first.");
  folder = mkdtempSync(join(tmpdir(), "two-copies-"));
  for (const copy of ["host", "plugin"]) {
    cpSync(join(repository, "dist"), join(folder, copy, "dist"), { recursive: true });
    cpSync(join(repository, "package.json"), join(folder, copy, "package.json"));
  }
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }), 120_000);

/** Returns the JSON that a program prints; it has both copies, and `health` from the plugin's. */
async function outcomeOf(entry: string, program: string): Promise<unknown> {
  const text = `import * as host from "./host/dist/${entry}";
import * as plugin from "./plugin/dist/${entry}";
import { health } from "./plugin/dist/audit.js";
const show = (value) => console.log(JSON.stringify(value));
${program}
`;
  const path = join(folder, "program.mjs");
  writeFileSync(path, text);
  const { stdout } = await run(process.execPath, [path]);
  return JSON.parse(stdout);
}

describe("a plugin with its own copy of the library", () => {
  it("votes, and its votes count", async () => {
    verifies("plugins:copies");
    const outcome = await outcomeOf(
      "memory-node/index.js",
      `const { allow, deny, RejectError } = await import("./plugin/dist/index.js");
const answers = {
  allowed: () => allow(),
  denied: () => deny({ code: "too_late", reason: "not now", details: { until: 5 } }),
  thrown: () => { throw new RejectError("not ever"); },
  forged: () => ({ allow: true }),
  cloned: () => ({ ...allow() }),
};
const facts = { req: { source: "agent:a", entity: "e", relation: "r", value: { type: "string", v: "x" }, scope: "team", confidence: 1 }, identity: {}, tenant: { tenantId: "acme", metadata: {} }, requestId: "0c9f1a0e-7f3b-4c6d-8f0a-2f6a1f1f5a11" };
const seen = {};
for (const [name, answer] of Object.entries(answers)) {
  const made = plugin.definePlugin({ name, version: "1.0.0", hooks: { pre_assert_authorize: (_) => answer() } });
  const manager = await host.createPluginManager({ plugins: [made] });
  seen[name] = await manager.invoke("pre_assert_authorize", facts).catch((error) => error.message);
}
show(seen);`,
    );
    const noVote = (name: string) =>
      `handler '${name}.pre_assert_authorize' returned object; expected Allow or Deny`;
    expect(outcome).toEqual({
      allowed: { allow: true },
      denied: {
        allow: false,
        plugin: "denied",
        code: "too_late",
        reason: "not now",
        details: { until: 5 },
      },
      thrown: { allow: false, plugin: "thrown", code: "denied", reason: "not ever" },
      forged: expect.stringContaining(noVote("forged")),
      cloned: expect.stringContaining(noVote("cloned")),
    });
  });

  it("allows, denies and changes messages, and reports its health", async () => {
    verifies("plugins:copies");
    const outcome = await outcomeOf(
      "index.js",
      `const made = plugin.definePlugin({
  name: "guard",
  version: "1.0.0",
  capabilities: ["append_labels", "read_labels"],
  healthCheck: () => health("degraded", "cold"),
  hooks: {
    tool_pre_invoke: ({ name }, context, extensions) => {
      if (name === "rm") return plugin.deny("no rm");
      if (name === "ls") return plugin.allow();
      return { modifiedPayload: { name: "read" }, modifiedExtensions: { security: { labels: ["pii"] } } };
    },
  },
});
const manager = await host.createPluginManager({ plugins: [{ plugin: made }] });
const seen = {};
for (const name of ["rm", "ls", "cat"]) {
  const { continueProcessing, payload, extensions, violation, errors } = await manager.invoke("tool_pre_invoke", { name, args: {} });
  seen[name] = [continueProcessing, payload.name, extensions.security?.labels ?? [], violation?.reason ?? null, errors];
}
const [{ status, message }] = await manager.checkHealth();
show({ ...seen, health: [status, message] });`,
    );
    expect(outcome).toEqual({
      rm: [false, "rm", [], "no rm", []],
      ls: [true, "ls", [], null, []],
      cat: [true, "read", ["pii"], null, []],
      health: ["degraded", "cold"],
    });
  });

  it("is refused: helpers edit only the extensions of their own copy", async () => {
    verifies("plugins:copies");
    const outcome = await outcomeOf(
      "index.js",
      `let reason;
const made = plugin.definePlugin({
  name: "guard",
  version: "1.0.0",
  capabilities: ["append_labels"],
  hooks: { tool_pre_invoke: (payload, context, extensions) => ({ modifiedExtensions: plugin.addLabels(extensions, "pii") }) },
});
const manager = await host.createPluginManager({ plugins: [made], onHandlerError: (error) => { reason = error.message; } });
const { continueProcessing } = await manager.invoke("tool_pre_invoke", { name: "cat", args: {} });
show([continueProcessing, reason]);`,
    );
    expect(outcome).toEqual([
      false,
      expect.stringContaining("an object that this copy of the library did not make"),
    ]);
  });
});

describe("answers that a plugin records itself", () => {
  it("have no more effect than its ordinary answers, and break nothing", async () => {
    verifies("plugins:copies");
    const outcome = await outcomeOf(
      "index.js",
      `const mark = (name, info) => { const made = { __proto__: null, deny: true }; globalThis[Symbol.for("glassine." + name)].set(made, info); return made; };
const throwing = new Proxy({}, { getOwnPropertyDescriptor() { throw new Error("trap"); }, get() { throw new Error("trap"); }, has() { throw new Error("trap"); } });
const infos = { none: undefined, text: "allow", empty: {}, trap: throwing, getter: { get reason() { throw new Error("trap"); } }, long: { reason: "x".repeat(2_000_000) }, prototype: Object.create({ reason: "inherited" }), bad: { reason: "r", code: "a b" }, plugin: { reason: "r", plugin: "other" } };
const seen = {};
for (const [name, info] of Object.entries(infos)) {
  const made = host.definePlugin({ name: "p-" + name, version: "1.0.0", hooks: { tool_pre_invoke: (_) => mark("answers", info) }, healthCheck: () => mark("health", info) });
  const manager = await host.createPluginManager({ plugins: [made], onHandlerError: () => {} });
  const { continueProcessing, violation } = await manager.invoke("tool_pre_invoke", { name: "cat", args: {} });
  const [{ status }] = await manager.checkHealth();
  seen[name] = [continueProcessing, violation?.plugin, violation?.code, violation?.reason.length < 600, status];
}
show(seen);`,
    );
    const refused = (name: string) => [false, `p-${name}`, "result_shape", true, "unhealthy"];
    expect(outcome).toEqual({
      none: refused("none"),
      text: refused("text"),
      empty: refused("empty"),
      trap: refused("trap"),
      getter: refused("getter"),
      prototype: refused("prototype"),
      bad: refused("bad"),
      long: [false, "p-long", "denied", true, "unhealthy"],
      plugin: [false, "p-plugin", "denied", true, "unhealthy"],
    });
  });

  it("cannot change an existing answer: a shared denial stays one, and allow stays allow", async () => {
    verifies("plugins:copies");
    const outcome = await outcomeOf(
      "index.js",
      `const no = plugin.deny("no"), yes = plugin.allow();
const notes = globalThis[Symbol.for("glassine.answers")];
notes.set(no, true);
notes.set(yes, { reason: "taken over" });
notes.set(host.allow(), { reason: "taken over" });
let replaced = [];
try { Object.defineProperty(globalThis, Symbol.for("glassine.answers"), { value: {} }); replaced.push("registry"); } catch {}
try { notes.get = () => true; replaced.push("get"); } catch {}
const seen = [];
for (const answer of [no, yes, host.allow()]) {
  const made = host.definePlugin({ name: "aaa", version: "1.0.0", hooks: { tool_pre_invoke: (_) => answer } });
  const manager = await host.createPluginManager({ plugins: [made] });
  const { continueProcessing, violation } = await manager.invoke("tool_pre_invoke", { name: "cat", args: {} });
  seen.push([continueProcessing, violation?.reason ?? null]);
}
show({ seen, replaced });`,
    );
    expect(outcome).toEqual({
      seen: [
        [false, "no"],
        [true, null],
        [true, null],
      ],
      replaced: [],
    });
  });
});
