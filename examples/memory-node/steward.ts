/** A plugin with rules: who may assert what, what is stored, and who sees it. */
import { createHash } from "node:crypto";
import { allow, deny } from "glassine";
import { definePlugin, tenantIdFault } from "glassine/memory-node";

export const steward = definePlugin({
  name: "steward",
  version: "1.0.0",
  capabilities: ["facts.read"],
  hooks: {
    pre_assert_authorize: ({ req }) =>
      req.source === "agent:blocked" ? deny("this source is blocked") : allow(),

    async pre_assert_validate({ req }, context) {
      if (req.value === undefined) return deny("a fact needs a value");
      const { entity, relation, source } = req;
      const known = await context.getFactsReader()?.find({ entity, relation, source });
      const value = JSON.stringify(req.value);
      const isKnown = known?.some((fact) => JSON.stringify(fact.value) === value) === true;
      return isKnown ? deny("this source said so before") : allow();
    },

    pre_assert_transform: (req) => ({ ...req, entity: req.entity.toLowerCase() }),

    pre_recall_rewrite: (query) => ({ ...query, limit: Math.min(query.limit ?? 20, 20) }),

    recall_filter: (facts, { operation: { identity } }) =>
      facts.filter(({ scope, source }) => scope !== "local" || source === identity.entity_uri),

    recall_rank: (scored) =>
      Object.fromEntries(
        scored.flatMap(({ fact }) => (fact?.attested === true ? [[fact.id, 0.5]] : [])),
      ),

    federation_peer_authenticate: ({ req }) =>
      req.node_url?.startsWith("https://") === true ? allow() : deny("peers speak https"),

    federation_inbound_validate: ({ factScope }) =>
      factScope === "public" ? allow() : deny("only public facts come in"),

    federation_inbound_filter: (fact, { operation: { peer } }) => ({
      ...fact,
      received_from: peer?.node_id ?? "unknown",
    }),

    federation_outbound_filter: (facts) => facts.filter(({ scope }) => scope === "public"),

    federation_outbound_sign: (facts) =>
      facts.map((fact) => ({ ...fact, digest: digestOf(JSON.stringify(fact)) })),

    tenant_resolve(standard, { plugin }) {
      const { source_tenant_id: tenantId } = standard.metadata;
      if (tenantId === undefined || tenantIdFault(tenantId) !== undefined) return standard;
      return {
        tenantId,
        metadata: {
          ...standard.metadata,
          tenant_context_source: "resolved" as const,
          resolved_by: plugin.name,
        },
      };
    },

    capability_check: ({ capability, tenant }) =>
      capability === "facts:write" && tenant.tenantId === "archive"
        ? deny("the archive is read only")
        : allow(),

    migration_register: (migrations, { plugin }) => [
      ...migrations,
      {
        plugin_name: plugin.name,
        migration_id: 1,
        sql: "CREATE TABLE steward_notes (fact_id TEXT PRIMARY KEY, note TEXT)",
        description: "notes on facts",
        plugin_version: plugin.version,
        backend: "sqlite",
      },
    ],
  },
});

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
