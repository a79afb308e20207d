/** Whether a host loads a package, and why, as the host and its audit trail say. */
import { createPluginManager } from "glassine";
import type { AuditEvent } from "glassine/audit";
import {
  type DiscoverOptions,
  discoverPlugins,
  type Evidence,
  type SignatureVerifier,
} from "glassine/node";
import { signingRoot } from "./signing-support.ts";

/** A verifier with one answer. */
export function saying(answer: unknown, name = "test"): SignatureVerifier {
  return { name, verify: async () => answer as Evidence };
}

/** The decision about the package at a path. */
export async function decisionOn(path: string, options: DiscoverOptions) {
  const root = signingRoot(path);
  const discovered = await discoverPlugins({ root, env: {}, onRejected: "skip", ...options });
  const [refused] = discovered.rejected;
  if (refused !== undefined) return { code: refused.code, message: refused.reason };
  const events: AuditEvent[] = [];
  const audit = { sink: (event: AuditEvent) => events.push(event) };
  const host = (options.host ?? { createPluginManager }) as {
    readonly createPluginManager: typeof createPluginManager;
  };
  const given = { plugins: [], env: {}, discovered, audit, logger: {} };
  const manager = await host.createPluginManager(given);
  await manager.close();
  const { signed_by, signing } = (events[0]?.metadata ?? {}) as {
    readonly signed_by?: string;
    readonly signing?: { readonly trust_decision?: string; readonly trust_reason?: string };
  };
  const { trust_decision: decision, trust_reason: reason } = signing ?? {};
  return { decision, reason, signedBy: signed_by };
}
