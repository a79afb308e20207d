/** The settings of trust in the environment, without the prefix of the host. */
export const hostSettings = [
  "PLUGIN_SIGNING_REQUIRED",
  "PLUGIN_UNSIGNED_ACK",
  "PLUGIN_TRUSTED_PUBLISHERS",
  "PLUGIN_TRUST_OVERRIDE_PUBLISHERS",
  "PLUGIN_PUBLISHER_KEYS",
  "PLUGIN_SIGSTORE_TRUSTED_ROOT",
  "PLUGIN_SIGSTORE_ISSUER",
  "PLUGIN_AUTO_DISCOVERY_ENABLED",
  "PLUGIN_MODE",
  "PLUGIN_HOST",
  "PLUGIN_CATALOG",
] as const;

/** The name of a setting, without the prefix. */
export type HostSetting = (typeof hostSettings)[number];
