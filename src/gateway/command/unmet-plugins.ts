/** Stock plugins that judge by what nothing in the configuration says: labels, and roles of a caller. */

import type { GatewayConfig } from "../config/index.ts";
import { changedLabel } from "../definitions/index.ts";

type Options = Readonly<Record<string, unknown>>;

export function unmetPlugins(config: GatewayConfig): readonly string[] {
  const added = labelsAdded(config);
  return config.plugins.flatMap((entry, index) => {
    if (typeof entry === "string" || !("use" in entry)) return [];
    const place = `plugins[${index}] (${entry.use})`;
    if (entry.use === "role-guard" && !hasRoles(config))
      return [
        `${place} judges by roles, and no caller has any: say who is asking in \`identity\`.`,
      ];
    const { labels } = (entry.options ?? {}) as Options;
    if (entry.use !== "egress-guard" || added === undefined || !Array.isArray(labels)) return [];
    if (labels.some((label) => added.has(label))) return [];
    const all = [...added].join(", ");
    return [
      `${place} keeps data with certain labels, and nothing here adds one of them: ${all === "" ? "nothing adds any" : `what is added is ${all}`}.`,
    ];
  });
}

function hasRoles({ identity, listen }: GatewayConfig): boolean {
  if (listen === undefined) return (identity.local?.roles.length ?? 0) > 0;
  return identity.jwt !== undefined || identity.trustedHeaders?.roles !== undefined;
}

/** Undefined where they may come from what is not known here. */
function labelsAdded({ plugins, servers, labels }: GatewayConfig): Set<unknown> | undefined {
  const added = new Set<unknown>(labels.initial);
  if (labels.store !== "memory") return undefined;
  for (const { wireLabels, definitions } of Object.values(servers)) {
    if (wireLabels.ifc || wireLabels.annotations) return undefined;
    if (definitions === "label") added.add(changedLabel);
  }
  for (const entry of plugins) {
    if (typeof entry === "string" || !("use" in entry)) return undefined;
    const { label, kindLabels = {}, action } = (entry.options ?? {}) as Options;
    if (entry.use === "pii" && action !== "deny")
      for (const each of [label ?? "PII", ...Object.values(kindLabels as object)]) added.add(each);
    if (entry.use === "secret-scanner" && action === "label") added.add(label ?? "SECRET");
  }
  return added;
}
