export { auditFileFaults } from "./audit-of.ts";
export { placesOf, stackOf } from "./code-places.ts";
export { configInvalid, problemAt } from "./config-problems.ts";
export { withHyphens } from "./config-rules.ts";
export { type ConfigInput, defineConfig } from "./define-config.ts";
export { findConfig, readConfigFile } from "./find-config.ts";
export { gatewaySettings, portOf, readGatewaySettings } from "./gateway-settings.ts";
export { type KnownSecrets, knownSecrets } from "./known-secrets.ts";
export { hostAndPort, isLocal } from "./listen-rules.ts";
export {
  type ConfigFlags,
  checkConfig,
  type LoadedConfig,
  loadConfig,
} from "./load-config.ts";
export type { StockPlugins } from "./load-entry.ts";
export { guestOptions } from "./resolve-guests.ts";
export {
  loadPlugin,
  type ResolvedPlugin,
  type ResolvedPlugins,
  type ResolveOptions,
  resolvePlugins,
  type SinglePlugin,
} from "./resolve-plugins.ts";
export {
  type CommandServer,
  configSchema,
  endsOf,
  type GatewayConfig,
  isGuests,
  programOf,
  type RouteConfig,
  type Secret,
  type ServerConfig,
  type UrlServer,
} from "./schema.ts";
export { hiding, type SecretReader, secretReader, secretsIn, withSecrets } from "./secrets.ts";
export { withoutBrackets } from "./url-schemas.ts";
