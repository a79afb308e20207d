/** The thirteen services, listed a second time, and how a context provides them. */
import { allow, CapabilityError } from "glassine";
import { createPluginManager, definePlugin, memoryNodeServices } from "glassine/memory-node";
import { describe, expect, it } from "vitest";

const rows = [
  ["facts.read", "getFactsReader", "factsReader", "get_facts_reader", ""],
  ["facts.write", "getFactsWriter", "factsWriter", "get_facts_writer", "High"],
  ["recall.read", "getRecallReader", "recallReader", "get_recall_reader", ""],
  ["recall.write", "getRecallWriter", "recallWriter", "get_recall_writer", "High"],
  ["audit.emit", "getAuditEmitter", "auditEmitter", "get_audit_emitter", "Normal"],
  ["audit.read", "getAuditReader", "auditReader", "get_audit_reader", "Sensitive"],
  ["federation.read", "getFederationReader", "federationReader", "get_federation_reader", ""],
  ["federation.write", "getFederationWriter", "federationWriter", "get_federation_writer", "High"],
  ["identity.read", "getIdentityReader", "identityReader", "get_identity_reader", "Sensitive"],
  ["tenant.read", "getTenantReader", "tenantReader", "get_tenant_reader", ""],
  ["tenant.write", "getTenantWriter", "tenantWriter", "get_tenant_writer", "High"],
  ["config.read", "getConfigReader", "configReader", "get_config_reader", ""],
  ["network.outbound", "getNetworkOutbound", "networkOutbound", "get_network_outbound", "High"],
].map(([capability = "", accessor = "", handle = "", snake = "", weight = ""]) => {
  return { capability, accessor, handle, snake, weight };
});

describe("memoryNodeServices", () => {
  it("has exactly thirteen rows, each with its purpose and what to review", () => {
    const table = Object.entries(memoryNodeServices).map(([capability, spec]) => {
      const { accessor, handle } = spec;
      return [capability, accessor, handle].join(" ");
    });
    expect(table).toEqual(rows.map((row) => [row.capability, row.accessor, row.handle].join(" ")));
    const texts = Object.values(memoryNodeServices).map(({ description }) => description);
    expect(new Set(texts).size).toBe(13);
  });

  it.each(rows.filter(({ weight }) => weight !== ""))("weighs $capability: $weight", (row) => {
    const { review } = memoryNodeServices[row.capability as keyof typeof memoryNodeServices];
    expect(review.startsWith(`${row.weight}.`)).toBe(true);
  });
});

type AnyContext = Readonly<Record<string, () => unknown>>;

/** Returns what a plugin with `capabilities` gets from an accessor, or what the accessor throws. */
async function answerOf(accessor: string, capabilities: readonly string[], services: object) {
  const got: unknown[] = [];
  const plugin = definePlugin({
    name: "example-plugin",
    version: "1.0.0",
    capabilities: capabilities as never,
    hooks: {
      pre_assert_authorize(_facts, context) {
        try {
          got.push((context as unknown as AnyContext)[accessor]?.());
        } catch (error) {
          got.push(error);
        }
        return allow();
      },
    },
  });
  const manager = await createPluginManager({ plugins: [plugin], services });
  await manager.invoke("pre_assert_authorize", {
    req: { entity: "e", relation: "r", source: "s" },
    identity: {},
    tenant: { tenantId: "default", metadata: {} },
    requestId: "0c9f1a0e-7f3b-4c6d-8f0a-2f6a1f1f5a11",
  });
  expect(got).toHaveLength(1);
  return got[0];
}

describe("PH-015: an accessor", () => {
  it.each(rows)("PH-015: $accessor without $capability throws, handle or not", async (row) => {
    for (const services of [{}, { [row.handle]: {} }]) {
      const others = rows.map(({ capability }) => capability);
      const declared = others.filter((capability) => capability !== row.capability);
      const error = await answerOf(row.accessor, declared, services);
      expect(error).toBeInstanceOf(CapabilityError);
      expect((error as Error).message).toBe(
        `plugin 'example-plugin' cannot call ${row.snake}: capability '${row.capability}' not declared`,
      );
    }
  });

  it.each(rows)("PH-015: $accessor returns null if the host supplies nothing", async (row) => {
    expect(await answerOf(row.accessor, [row.capability], {})).toBeNull();
  });

  it.each(rows)("PH-015: $accessor returns the host's own handle", async (row) => {
    const handle = row.capability === "audit.emit" ? () => undefined : {};
    expect(await answerOf(row.accessor, [row.capability], { [row.handle]: handle })).toBe(handle);
  });
});
