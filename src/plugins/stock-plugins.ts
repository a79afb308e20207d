import type * as z from "zod/mini";
import type { Plugin } from "../index.ts";
import { allowList, allowListOptions } from "./allow-list.ts";
import { type AuditLogServices, auditLog, auditLogOptions } from "./audit-log.ts";
import { cedarPolicy, cedarPolicyOptions } from "./cedar-policy.ts";
import { celPolicy, celPolicyOptions } from "./cel-policy.ts";
import { egressGuard, egressGuardOptions } from "./egress-guard.ts";
import { headerWriter, headerWriterOptions } from "./header-writer.ts";
import { piiLabels, piiLabelsOptions } from "./pii-labels.ts";
import { type RateLimitServices, rateLimit, rateLimitOptions } from "./rate-limit.ts";
import { roleGuard, roleGuardOptions } from "./role-guard.ts";
import { secretScanner, secretScannerOptions } from "./secret-scanner.ts";

/** The services that a host passes to stock plugins; each takes what it needs. */
export type StockServices = RateLimitServices & Partial<AuditLogServices>;

/** A stock plugin that a host can enable by its name. */
export interface StockPlugin<Options = unknown> {
  /** The schema of its options, which are JSON data. */
  readonly options: z.ZodMiniType<unknown, Options>;
  /**
   * Makes the plugin from options as they are in a configuration.
   *
   * @throws GlassineError `options_invalid`
   */
  readonly make: (options: unknown, services?: StockServices) => Plugin | Promise<Plugin>;
}

/** The casts are safe: a maker reads its options itself, with the schema, whatever type they have. */
function entry<Options, Services>(
  options: z.ZodMiniType,
  make: (options: Options, services: Services) => Plugin | Promise<Plugin>,
): StockPlugin<NonNullable<Options>> {
  return Object.freeze({ options, make }) as StockPlugin<NonNullable<Options>>;
}

/**
 * The stock plugins by name, each with the schema of its options and the function that makes it,
 * for a host that enables plugins from a configuration.
 *
 * @example
 * ```ts
 * import { stockPlugins } from "glassine/plugins";
 *
 * const plugin = await stockPlugins["role-guard"].make({ tools: { "*": ["staff"] } });
 * console.log(plugin.name, Object.keys(stockPlugins).length > 1); // role-guard true
 * ```
 */
export const stockPlugins = Object.freeze({
  "allow-list": entry(allowListOptions, allowList),
  audit: entry(auditLogOptions, auditLog),
  cedar: entry(cedarPolicyOptions, cedarPolicy),
  cel: entry(celPolicyOptions, celPolicy),
  "egress-guard": entry(egressGuardOptions, egressGuard),
  "header-writer": entry(headerWriterOptions, headerWriter),
  pii: entry(piiLabelsOptions, piiLabels),
  "rate-limit": entry(rateLimitOptions, rateLimit),
  "role-guard": entry(roleGuardOptions, roleGuard),
  "secret-scanner": entry(secretScannerOptions, secretScanner),
});

/** The name of a stock plugin. */
export type StockPluginName = keyof typeof stockPlugins;
