/** The types of the memory node's hooks and services. */
import { allow, type Decision, deny } from "glassine";
import {
  type AssertRequest,
  applyScores,
  createPluginManager,
  definePlugin,
  type Fact,
  type FactsReader,
  type Identity,
  type MemoryNodeEvent,
  type Migration,
  memoryNodeHooks,
  memoryNodeServices,
  type Outcome,
  type RecallQuery,
  type ScoredResult,
  type Tenant,
} from "glassine/memory-node";
import { expectTypeOf, it } from "vitest";

declare const fact: Fact;
declare const req: AssertRequest;
declare const query: RecallQuery;
declare const outcome: Outcome;
declare const tenant: Tenant;
declare const identity: Identity;

it("types the known fields of a fact, and leaves the rest open", () => {
  expectTypeOf(fact.id).toEqualTypeOf<string>();
  expectTypeOf(fact.confidence).toEqualTypeOf<number | undefined>();
  expectTypeOf(fact.contradicted).toEqualTypeOf<boolean | undefined>();
  expectTypeOf(fact.value).toBeUnknown();
  expectTypeOf(req.entity).toEqualTypeOf<string>();
  expectTypeOf(req.value).toBeUnknown();
  expectTypeOf(identity.permissions).toEqualTypeOf<readonly string[] | undefined>();
  expectTypeOf({ id: "f", value: null, hlc: null }).toExtend<Fact>();
  expectTypeOf({ ...fact, entity: "other", extra: [1] }).toExtend<Fact>();
  expectTypeOf({ ...req, id: "f" }).toExtend<Fact>();
  // @ts-expect-error: a fact has an id.
  expectTypeOf({ value: null }).toExtend<Fact>();
  // @ts-expect-error: frozen.
  fact.id = "other";
});

it("types a tenant, an outcome, a query and a migration exactly", () => {
  expectTypeOf(tenant.tenantId).toEqualTypeOf<string>();
  expectTypeOf(tenant.metadata.tenant_context_source).toEqualTypeOf<
    "hook" | "pinned" | "resolved" | "system" | undefined
  >();
  // @ts-expect-error: misspelt; it is tenantId.
  tenant.tenant_id;
  if (outcome.kind === "failure") expectTypeOf(outcome.reason).toEqualTypeOf<string>();
  // @ts-expect-error: a success has no reason.
  else outcome.reason;
  expectTypeOf<keyof RecallQuery>().toEqualTypeOf<
    | "entity"
    | "relation"
    | "source"
    | "scope"
    | "min_confidence"
    | "include_contradicted"
    | "include_expired"
    | "after"
    | "cursor"
    | "limit"
    | "garden_id"
    | "attested"
    | "include_low_trust"
    | "as_of"
  >();
  expectTypeOf(query.limit).toEqualTypeOf<number | null>();
  expectTypeOf(query.include_expired).toEqualTypeOf<boolean>();
  expectTypeOf<Migration["migration_id"]>().toEqualTypeOf<number>();
});

it("keeps the semantic of each hook in its type", () => {
  expectTypeOf(memoryNodeHooks.pre_assert_authorize.semantic).toEqualTypeOf<"voting">();
  expectTypeOf(memoryNodeHooks.recall_rank.semantic).toEqualTypeOf<"score_delta">();
  expectTypeOf(memoryNodeHooks.post_assert_audit.strict).toEqualTypeOf<true>();
  expectTypeOf(memoryNodeServices["facts.read"].accessor).toEqualTypeOf<"getFactsReader">();
  // @ts-expect-error: there is no such hook.
  memoryNodeHooks.decay_sweep_filter;
});

it("returns the type of the elements it received", () => {
  const scored = [{ id: "a", score: 1, title: "A" }];
  expectTypeOf(applyScores(scored, {})[0]?.title).toEqualTypeOf<string | undefined>();
  // @ts-expect-error: an element has a score.
  applyScores([{ id: "a" }], {});
  // @ts-expect-error: a delta is a number.
  applyScores(scored, { a: "1" });
  expectTypeOf<ScoredResult["score"]>().toEqualTypeOf<number | undefined>();
});

it("types payload, facts, services and return of each handler", () => {
  definePlugin({
    name: "plugin",
    version: "1.0.0",
    capabilities: ["facts.read"],
    hooks: {
      pre_assert_authorize({ req, identity, tenant, requestId }, context) {
        expectTypeOf(req).toEqualTypeOf<AssertRequest>();
        expectTypeOf(identity).toEqualTypeOf<Identity>();
        expectTypeOf(tenant).toEqualTypeOf<Tenant>();
        expectTypeOf(requestId).toEqualTypeOf<string>();
        expectTypeOf(context.getFactsReader()).toEqualTypeOf<FactsReader | null>();
        // @ts-expect-error: facts.write is not declared.
        context.getFactsWriter();
        return req.source === "agent:blocked" ? deny("blocked") : allow();
      },
      // @ts-expect-error: a vote is made by allow or deny.
      pre_assert_validate: (_facts) => true,
      pre_assert_transform(req, { operation }) {
        expectTypeOf(operation.requestId).toEqualTypeOf<string>();
        return { ...req, entity: req.entity.toLowerCase() };
      },
      post_assert_audit({ fact, outcome }) {
        expectTypeOf(fact).toEqualTypeOf<Fact | null>();
        expectTypeOf(outcome).toEqualTypeOf<Outcome>();
      },
      pre_recall_rewrite: (query) => ({ ...query, limit: 5 }),
      // @ts-expect-error: the value is a list of facts.
      recall_filter: (facts) => facts[0],
      recall_rank(scored, { operation }) {
        expectTypeOf(scored).toEqualTypeOf<readonly ScoredResult[]>();
        expectTypeOf(operation.weights).toEqualTypeOf<
          { readonly [part: string]: number } | undefined
        >();
        expectTypeOf(operation.depth).toEqualTypeOf<number | undefined>();
        return new Map([["a", 1]]);
      },
      federation_inbound_validate({ capToken, peer }) {
        expectTypeOf(capToken).toEqualTypeOf<Readonly<Record<string, unknown>> | undefined>();
        expectTypeOf(peer?.node_id).toEqualTypeOf<string | undefined>();
        return allow();
      },
      // @ts-expect-error: a migration needs its SQL.
      migration_register: (given) => [...given, { plugin_name: "plugin", migration_id: 1 }],
      audit_emit({ event }) {
        expectTypeOf(event).toEqualTypeOf<MemoryNodeEvent>();
      },
      config_validate: ({ plugin }) => (plugin.hooks.length > 9 ? deny("too many") : allow()),
    },
  });
  // @ts-expect-error: health_check is not a hook.
  definePlugin({ name: "plugin", version: "1.0.0", hooks: { health_check: () => allow() } });
  // @ts-expect-error: there is no wildcard.
  definePlugin({ name: "plugin", version: "1.0.0", capabilities: ["audit.*"] });
});

it("types what invoke takes and resolves to, hook by hook", async () => {
  const manager = await createPluginManager({ plugins: [] });
  const facts = { identity, tenant, requestId: "0c9f1a0e-7f3b-4c6d-8f0a-2f6a1f1f5a11" };
  const decision = manager.invoke("pre_assert_authorize", { req, ...facts });
  expectTypeOf(decision).toEqualTypeOf<Promise<Decision>>();
  const rewritten = manager.invoke("pre_recall_rewrite", query, { operation: facts });
  expectTypeOf(rewritten).toEqualTypeOf<Promise<RecallQuery>>();
  const deltas = manager.invoke("recall_rank", [fact], { operation: { ...facts } });
  expectTypeOf(await deltas).toEqualTypeOf<{ readonly [id: string]: number }>();
  const graph = { identity, weights: { lexical: 1 }, depth: 2 };
  manager.invoke("recall_rank", [fact], { operation: graph });
  manager.invoke("recall_rank", [fact], { operation: { identity, weights: {}, asOf: "2026" } });
  // @ts-expect-error: the depth of one form and the time of another.
  manager.invoke("recall_rank", [fact], { operation: { ...graph, asOf: "2026" } });
  // @ts-expect-error: a form is there as a whole.
  manager.invoke("recall_rank", [fact], { operation: { identity, weights: {} } });
  // @ts-expect-error: a token of the node's own, or a peer with its token.
  manager.invoke("federation_inbound_validate", { fact, factScope: "a", tenant, peer: {} });
  manager.invoke("federation_inbound_validate", { fact, factScope: "a", tenant, capToken: {} });
  // @ts-expect-error: the hook asks for facts of the operation.
  manager.invoke("recall_filter", [fact]);
  // @ts-expect-error: they are not among the options.
  manager.invoke("recall_filter", [fact], { request: "req-1" });
  const result = manager.invoke("post_assert_persist", { fact, ...facts });
  expectTypeOf(result).toEqualTypeOf<Promise<undefined>>();
  // @ts-expect-error PH-039: there is no such hook.
  manager.invoke("nope", {});
  // @ts-expect-error PH-039: a hook of the standard host is not a hook of this one.
  manager.invoke("evaluate", { role: "user" });
  // @ts-expect-error: an identity is missing.
  manager.invoke("capability_check", { capability: "facts:write", tenant });
});
