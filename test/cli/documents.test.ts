/** `--json` documents match their definitions, and the definitions agree with each other. */
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { ofGateway } from "../../tools/scripts/all-commands.ts";
import { commandSchemas, schemaNameOf } from "../../tools/scripts/command-schemas.ts";
import { install, newRoot, source, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { definitionOf } from "./support/expect-document.ts";
import { catalogPath, commandServices, run } from "./support/run.ts";

const reason = ["--reason", "r"];
/** Run in this order, all in one folder. */
const calls: readonly (readonly string[])[] = [
  ["plugins", "list"],
  ["plugins", "lock"],
  ["plugins", "trust", "guard", ...reason, "--until", "9999-12-31"],
  ["plugins", "trust", "guard", ...reason],
  ["plugins", "lock", "--all", ...reason],
  ["plugins", "lock", "--check"],
  ["plugins", "verify"],
  ["plugins", "list"],
  ["plugins", "list", "--no-load"],
  ["plugins", "list", "--plugin-mode", "production"],
  ["plugins", "describe", "guard"],
  ["plugins", "describe", "broken"],
  ["plugins", "describe", "nothing"],
  ["plugins", "describe", "acme.sweep"],
  ["plugins", "search", "a", "--catalog", catalogPath],
  ["plugins", "doctor"],
  ["doctor"],
  ["plugins", "untrust", "guard", ...reason],
  ["plugins", "journal"],
  ["completion", "fish"],
  ["plugins", "lock", "--prune", ...reason],
  ["plugins", "verify"],
  ["plugins", "verify", "--plugins-lock", "none.lock"],
  ["plugins", "lst"],
];

const refusedRecord = {
  eventType: "mcp.request_ended",
  actorUri: "subject:ada",
  targetUri: "tools/call:echo",
  tenantId: "default",
  timestamp: "2026-01-31T12:00:00.000Z",
  outcome: "failure",
  metadata: { request: "r-1", result: "denied", code: "no_tools", plugin: "guard" },
};

describe("documents", () => {
  let root = "";
  beforeAll(async () => {
    root = await newRoot();
    await install(root, "guard", {
      glassine: { plugin: "./plugin.js", capabilities: ["read_labels"] },
      manifest: { capabilities: ["read_labels"] },
    });
    await install(root, "broken", { code: "throw new Error('x');" });
    await install(root, "nothing", { glassine: { plugin: "./none.js" } });
    await install(root, "sweeper", {
      code: `${source("x").replace("export default", "const unused =")}
        export class Sweep {
          static id = "acme.sweep"; static name = "Sweep"; static version = "1.0.0";
          static configModel = { parse: (x) => x, safeParse: (x) => ({ success: true, data: x }) };
          static requiredCapabilities = [];
          async preflight() {} async run() {}
        }`,
      glassine: { procedures: { "acme.sweep": "./plugin.js:Sweep" } },
    });
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ format: "pem", type: "pkcs8" });
    // The server exits at once, so that nothing waits for its answer.
    const servers = { node: { command: process.execPath, args: ["-e", ""], timeoutMs: 1000 } };
    const config = { servers, plugins: [{ package: "guard" }] };
    await writeFile(join(root, "glassine.config.json"), JSON.stringify(config));
    const up = { servers: { up: { url: "http://127.0.0.1:9/mcp" } } };
    await writeFile(join(root, "envoy.json"), JSON.stringify(up));
    await writeFile(join(root, "audit.jsonl"), `${JSON.stringify(refusedRecord)}\n`);
    await writeFile(join(root, "key.pem"), pem, { mode: 0o600 });
  });

  it("match their schemas, whatever a command is asked", async () => {
    verifies("cli:schemas");
    const signing = ["plugins", "sign", join(root, "node_modules/nothing"), "--key", "key.pem"];
    const served = fileURLToPath(new URL("../isolate/fixtures/served.mjs", import.meta.url));
    const further = [
      ...["enable", "disable"].map((each) => ["plugins", each, "x", "--catalog", catalogPath]),
      [...signing, "--identity", "builder@example.com"],
      ["plugins", "keygen", join(root, "new.pem"), "--identity", "builder@example.com"],
      ["gateway", "--check", "--plugin-mode", "dev"],
      ["gateway", "pin"],
      ["gateway", "trust", "--check"],
      ["gateway", "reload"],
      ["explain", "r-1", "--file", "audit.jsonl"],
      ["serve-plugin", "--path", served, "--check"],
      ["extproc", "--config", "envoy.json", "--listen", "127.0.0.1:9002", "--check"],
      ["envoy-config", "--config", "envoy.json"],
      ["init", "new-plugin"],
    ];
    const seen = new Set<string>();
    // `run` checks what is printed against its definition.
    for (const argv of [...calls, ...further]) {
      const slug = JSON.parse(await catalogText())[0].slug;
      const words = argv.map((word) => (word === "x" ? slug : word));
      const env = { ...unsigned };
      await run([...words, "--json"], {
        services: commandServices,
        cwd: root,
        env,
        further: ofGateway,
      });
      if (argv[1] !== "lst") seen.add(schemaNameOf(definitionOf(argv)));
    }
    const names = commandSchemas().map(([name]) => name);
    const missing = names.filter((name) => name !== "error" && !seen.has(name));
    expect(missing, "commands that neither `calls` nor `further` above calls").toEqual([]);
  });
});

async function catalogText(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(catalogPath, "utf8");
}

type Schema = { readonly [key: string]: unknown };

/** The types that a schema accepts, except null; empty if it accepts anything. */
function typesOf(schema: Schema): readonly string[] {
  const { type, anyOf, const: value } = schema;
  if (Array.isArray(anyOf)) return [...new Set((anyOf as Schema[]).flatMap(typesOf))];
  if (value !== undefined) return [typeof value];
  const all = type === undefined ? [] : [type].flat();
  return all
    .filter((each) => each !== "null")
    .map((each) => (each === "array" ? `array of ${typesOf(schema.items as Schema)}` : `${each}`));
}

/** Every key of a schema with its types, at any depth. */
function keysOf(schema: unknown): readonly (readonly [string, string])[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (typeof schema !== "object" || schema === null) return [];
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, Schema>> };
  const own = Object.entries(properties).flatMap(([key, value]) =>
    typesOf(value).map((type) => [key, type] as const),
  );
  return [...own, ...Object.values(schema).flatMap(keysOf)];
}

it("a key has one type in all documents", () => {
  verifies("cli:one-type");
  const types = new Map<string, Set<string>>();
  for (const [key, type] of commandSchemas().flatMap(([, schema]) => keysOf(schema)))
    types.set(key, (types.get(key) ?? new Set()).add(type));
  expect(types.get("lock")).toEqual(new Set(["object"]));
  expect(types.size).toBeGreaterThan(50);
  const several = [...types]
    .filter(([, found]) => found.size > 1)
    .map(([key, found]) => `${key} is ${[...found].join(" and ")}: use another name for one`);
  expect(several, several.join("\n")).toEqual([]);
});
