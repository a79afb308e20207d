/** A plugin with a handler on every hook: reports each call, and fails on request. */
import { allow, type Plugin } from "glassine";
import { definePlugin } from "glassine/memory-node";

interface OnlookerOptions {
  /** Receives the name of each hook as it runs. */
  readonly see: (hook: string) => void;
  /** The hooks on which it throws. */
  readonly failAt?: readonly string[];
}

export function onlooker({ see, failAt = [] }: OnlookerOptions): Plugin {
  function seen<Answer>({ hook }: { readonly hook: string }, answer: Answer): Answer {
    see(hook);
    if (failAt.includes(hook)) throw new Error(`no more at ${hook}`);
    return answer;
  }
  return definePlugin({
    name: "onlooker",
    version: "1.0.0",
    hooks: {
      pre_assert_authorize: (_facts, context) => seen(context, allow()),
      pre_assert_validate: (_facts, context) => seen(context, allow()),
      pre_assert_transform: (req, context) => seen(context, req),
      post_assert_persist: (_facts, context) => seen(context, undefined),
      post_assert_propagate: (_facts, context) => seen(context, undefined),
      post_assert_audit: (_facts, context) => seen(context, undefined),
      pre_recall_authorize: (_facts, context) => seen(context, allow()),
      pre_recall_rewrite: (query, context) => seen(context, query),
      recall_filter: (facts, context) => seen(context, facts),
      recall_rank: (_scored, context) => seen(context, {}),
      post_recall_audit: (_facts, context) => seen(context, undefined),
      federation_peer_authenticate: (_facts, context) => seen(context, allow()),
      federation_inbound_validate: (_facts, context) => seen(context, allow()),
      federation_inbound_filter: (fact, context) => seen(context, fact),
      federation_outbound_filter: (facts, context) => seen(context, facts),
      federation_outbound_sign: (facts, context) => seen(context, facts),
      identity_resolve: (identity, context) => seen(context, identity),
      tenant_resolve: (tenant, context) => seen(context, tenant),
      capability_check: (_facts, context) => seen(context, allow()),
      migration_register: (migrations, context) => seen(context, migrations),
      audit_emit: (_facts, context) => seen(context, undefined),
      config_validate: (_facts, context) => seen(context, allow()),
    },
  });
}
