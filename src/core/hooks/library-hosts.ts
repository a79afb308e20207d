/** The hosts that come with this library, by entry, so that a plugin for another one is recognised. */
import { standardHooks } from "./standard-hooks.ts";

/** Held to the table of `glassine/memory-node` by a test: the core does not load that entry. */
export const memoryNodeHookNames: readonly string[] = [
  "pre_assert_authorize",
  "pre_assert_validate",
  "pre_assert_transform",
  "post_assert_persist",
  "post_assert_propagate",
  "post_assert_audit",
  "pre_recall_authorize",
  "pre_recall_rewrite",
  "recall_filter",
  "recall_rank",
  "post_recall_audit",
  "federation_peer_authenticate",
  "federation_inbound_validate",
  "federation_inbound_filter",
  "federation_outbound_filter",
  "federation_outbound_sign",
  "identity_resolve",
  "tenant_resolve",
  "capability_check",
  "migration_register",
  "audit_emit",
  "config_validate",
];

const hosts: readonly { readonly entry: string; readonly hooks: readonly string[] }[] = [
  { entry: "glassine", hooks: Object.keys(standardHooks) },
  { entry: "glassine/memory-node", hooks: memoryNodeHookNames },
];

/** The entry whose host has a hook of this name, or `undefined`. */
export function libraryHostOf(hook: string): string | undefined {
  return hosts.find(({ hooks }) => hooks.includes(hook))?.entry;
}
