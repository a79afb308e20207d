/** The memory node's rules in spec/plugins.md, tested through its public entry. */
import { readFileSync } from "node:fs";
import { bands } from "glassine/host";
import {
  applyScores,
  createPluginManager,
  definePlugin,
  memoryNodeHooks,
  memoryNodeServices,
  tenantIdFault,
} from "glassine/memory-node";
import { expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

it("has the hooks of the JSON, row by row", () => {
  verifies("plugins:memory-node-hooks");
  const rows = JSON.parse(read("spec/memory-node-hooks.json")) as readonly { summary: string }[];
  const own = Object.entries(memoryNodeHooks).map(([name, spec]) => ({
    name,
    semantic: spec.semantic,
    strict: "strict" in spec ? spec.strict : false,
    ordering: spec.ordering,
    band: spec.band,
    bandOrder: bands[spec.band],
  }));
  expect(own).toHaveLength(22);
  expect(own).toEqual(rows.map(({ summary, ...row }) => row));
});

it("has the services that the page lists", () => {
  verifies("plugins:memory-node-services");
  const page = read("docs/capabilities.md");
  const [, list = ""] = page.split("## Services of the memory node");
  const rows = [...list.matchAll(/^\| `([a-z.]+)` +\| `(\w+)\(\)` +\| `(\w+)` /gm)];
  expect(rows.map(([, capability, accessor, handle]) => [capability, accessor, handle])).toEqual(
    Object.entries(memoryNodeServices).map(([name, { accessor, handle }]) => [
      name,
      accessor,
      handle,
    ]),
  );
  expect(rows).toHaveLength(13);
});

it("uses the wording and settings of Stigmem", async () => {
  verifies("plugins:memory-node-profile");
  const plugin = definePlugin({
    name: "asks",
    version: "1.0.0",
    hooks: {
      recall_filter: (facts, context) => {
        expect(context.config).toEqual({ level: "7" });
        (context as unknown as { getFactsReader(): unknown }).getFactsReader();
        return facts;
      },
    },
  });
  const env = { STIGMEM_PLUGIN_ASKS_LEVEL: "7", GLASSINE_PLUGIN_ASKS_LEVEL: "8" };
  const manager = await createPluginManager({ plugins: [plugin], env, logger: {} });
  const operation = {
    identity: {},
    tenant: { tenantId: "acme", metadata: {} },
    requestId: "0b6f3a52-6f3c-4d7e-9a39-2f5d4c1b8e70",
  };
  await expect(manager.invoke("recall_filter", [], { operation })).rejects.toThrow(
    "plugin 'asks' cannot call get_facts_reader: capability 'facts.read' not declared",
  );
  const slow = { handler: (facts: unknown) => facts as never, timeoutMs: 30_001 };
  expect(() =>
    definePlugin({ name: "slow", version: "1.0.0", hooks: { recall_filter: slow } }),
  ).toThrow("handler timeout cannot exceed 30 seconds");
});

it("protects the migrations of other plugins", async () => {
  verifies("plugins:memory-node-migrations");
  const migration = (plugin_name: string) => ({
    plugin_name,
    migration_id: 1,
    sql: "SELECT 1",
    description: "",
    plugin_version: "1.0.0",
    backend: "sqlite",
  });
  const registering = (name: string, change: (given: readonly object[]) => unknown) =>
    definePlugin({
      name,
      version: "1.0.0",
      hooks: { migration_register: (given) => change(given) as never },
    });
  const operation = { dbPath: "node.db", migrationsDir: "migrations", settings: {} };
  const first = registering("aaa", (given) => [...given, migration("aaa")]);
  const run = async (second: ReturnType<typeof registering>) =>
    (await createPluginManager({ plugins: [first, second], logger: {} })).invoke(
      "migration_register",
      [],
      { operation },
    );
  const own = await run(registering("bbb", (given) => [migration("bbb"), ...given]));
  expect(own.map(({ plugin_name }) => plugin_name)).toEqual(["bbb", "aaa"]);
  await expect(run(registering("bbb", () => []))).rejects.toThrow('"bbb" removed migration 1');
  await expect(run(registering("bbb", (given) => [...given, migration("ccc")]))).rejects.toThrow(
    '"bbb" added migration 1 of "ccc"',
  );
});

it("moves scores by their deltas", () => {
  verifies("plugins:memory-node-scores");
  const scored = [
    { id: "a", score: 0.5 },
    { id: "b", score: 0.5 },
    { id: "c", score: 0.1 },
    { id: "d", score: 0.123_456_789 },
  ];
  expect(applyScores(scored, { c: 0.600_000_4, b: -1 })).toEqual([
    { id: "c", score: 0.7 },
    { id: "a", score: 0.5 },
    { id: "d", score: 0.123_456_789 },
    { id: "b", score: 0 },
  ]);
  expect(applyScores(scored, {}).map(({ id }) => id)).toEqual(["a", "b", "d", "c"]);
});

it.each([
  ["acme-eu_1", true],
  ["a".repeat(64), true],
  ["a".repeat(65), false],
  ["Acme", false],
  ["acme/eu", false],
  ["-acme", false],
  ["acme_", false],
  ["", false],
])("accepts %j as a tenant id: %s", async (tenantId, isFit) => {
  verifies("plugins:memory-node-tenant");
  expect(tenantIdFault(tenantId) === undefined).toBe(isFit);
  const manager = await createPluginManager({ plugins: [], logger: {} });
  const answer = manager.invoke(
    "tenant_resolve",
    { tenantId, metadata: {} },
    { operation: { identity: {} } },
  );
  if (isFit) expect((await answer).tenantId).toBe(tenantId);
  else await expect(answer).rejects.toMatchObject({ code: "payload_invalid" });
});
