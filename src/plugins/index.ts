/** glassine/plugins: stock plugins, made with the public entries alone. */
export { type AllowListOptions, allowList, type ToolRule } from "./allow-list.ts";
export {
  type AuditLine,
  type AuditLogOptions,
  type AuditLogServices,
  auditLog,
} from "./audit-log.ts";
export { type CedarPolicyOptions, cedarPolicy } from "./cedar-policy.ts";
export { type CelPolicyOptions, celPolicy } from "./cel-policy.ts";
export { type EgressGuardOptions, type EgressTargets, egressGuard } from "./egress-guard.ts";
export { type HeaderSource, type HeaderWriterOptions, headerWriter } from "./header-writer.ts";
export type { PiiKind } from "./pii-kinds.ts";
export { type PiiLabelsOptions, piiLabels } from "./pii-labels.ts";
export type { PolicyCapability, PolicyHook } from "./policy-plugin.ts";
export { type RateLimitOptions, type RateLimitServices, rateLimit } from "./rate-limit.ts";
export { type RoleGuardOptions, roleGuard } from "./role-guard.ts";
export type { ScannerAction } from "./scanner.ts";
export type { SecretKind, TokenPattern } from "./secret-kinds.ts";
export { type SecretScannerOptions, secretScanner } from "./secret-scanner.ts";
export {
  type StockPlugin,
  type StockPluginName,
  type StockServices,
  stockPlugins,
} from "./stock-plugins.ts";
