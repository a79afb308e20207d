/** One event of each of this library's types. */
import { type AuditEventType, auditEvent } from "../../../src/core/observe/index.ts";

export const plugin = {
  plugin_name: "aaa",
  version: "1.0.0",
  capabilities: ["read_labels", "append_labels", "read_labels"],
  hooks: ["recall_filter", "audit_emit"],
  async_safe: true,
  signed_by: "unsigned",
  requires: ">=1.0.0",
  discovery_source: { type: "manual" },
  signing: {},
  package: null,
  package_version: null,
  package_hash: null,
  depends_on: ["zeta", "alpha"],
  host_version: "1.2.3",
  isolate: "process",
} as const;
export const turn = { plugin_name: "aaa", hook: "recall_filter", request: "q-1" };

/** One event of each type, with every key. */
export const examples: { readonly [Type in AuditEventType]: ReturnType<typeof auditEvent<Type>> } =
  {
    "plugin.registered": auditEvent("plugin.registered", {
      ...plugin,
      signed_by: "builder@example.com",
      discovery_source: {
        type: "npm_package",
        entry_point_name: "aaa",
        entry_point_value: "./dist/plugin.js",
        distribution: "@acme/aaa",
        package_version: "1.0.0",
      },
      signing: { trust_decision: "operator_override", trust_reason: "accepted" },
      package: "@acme/aaa",
      package_version: "1.0.0",
      package_hash: "sha256:00",
    }),
    "plugin.registration_failed": auditEvent("plugin.registration_failed", {
      ...plugin,
      reason: "config_validate",
      validation_failure: "plugin 'aaa' failed config validation: bad config",
      vetoed_by: "bbb",
    }),
    "plugin.handler_denied": auditEvent("plugin.handler_denied", {
      ...turn,
      handler_name: "aaa.handler",
      code: "denied",
      reason: "no",
      tool: null,
      subject_id: "ada",
    }),
    "plugin.handler_error": auditEvent("plugin.handler_error", {
      ...turn,
      handler_name: "aaa.handler",
      error_type: "TypeError",
      error: "x is not a function",
    }),
    "plugin.trust_changed": auditEvent("plugin.trust_changed", {
      plugin_name: "aaa",
      action: "untrust",
      version: null,
      package_hash: null,
      reason: "gone",
    }),
    "extensions.change_refused": auditEvent("extensions.change_refused", {
      ...turn,
      path: "security.subject",
      code: "tier_immutable",
      request_id: "r-1",
    }),
    "extensions.labels_added": auditEvent("extensions.labels_added", {
      ...turn,
      labels: ["b", "\uffe6", "\u{1f512}", "a", "b"],
      request_id: null,
    }),
    "extensions.declassified": auditEvent("extensions.declassified", {
      labels: ["PII"],
      reason: "reviewed",
      authority: "ada",
      request_id: "r-1",
    }),
  };
