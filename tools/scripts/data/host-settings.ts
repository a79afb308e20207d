/** What each trust setting in the environment means, and its default. */
import type { HostSetting } from "../../../src/core/plugins/index.ts";

interface SettingText {
  readonly default: string;
  readonly means: string;
}

export const settingTexts: Readonly<Record<HostSetting, SettingText>> = {
  PLUGIN_SIGNING_REQUIRED: {
    default: "`true`",
    means: "Whether a plugin without a verified signature is refused.",
  },
  PLUGIN_UNSIGNED_ACK: {
    default: "empty",
    means:
      "Must be exactly `i-understand-plugins-are-unsigned`; otherwise no unsigned plugin is loaded.",
  },
  PLUGIN_TRUSTED_PUBLISHERS: {
    default: "empty",
    means: "Signers whose plugins are loaded, separated by commas.",
  },
  PLUGIN_TRUST_OVERRIDE_PUBLISHERS: {
    default: "empty",
    means: "Signers whose plugins are loaded as an exception, which the audit trail records.",
  },
  PLUGIN_PUBLISHER_KEYS: {
    default: "empty",
    means: "The file that binds signers to their keys.",
  },
  PLUGIN_SIGSTORE_TRUSTED_ROOT: {
    default: "empty",
    means:
      "The `trusted_root.json` with the authorities and logs that Sigstore bundles are checked against.",
  },
  PLUGIN_SIGSTORE_ISSUER: {
    default: "any",
    means:
      "The only Sigstore issuer to accept. Signers are then `SUBJECT`; without it, `ISSUER#SUBJECT`.",
  },
  PLUGIN_AUTO_DISCOVERY_ENABLED: {
    default: "`true`",
    means:
      "Whether to look for installed plugins. With `false` a host loads none of them and still starts, even in production, without what plugins.lock trusts. `doctor` reports it.",
  },
  PLUGIN_MODE: {
    default: "`dev`",
    means: "`dev` or `production`: in production plugins.lock decides what is loaded.",
  },
  PLUGIN_HOST: {
    default: "empty",
    means: "The default of `--host`, for commands that take it.",
  },
  PLUGIN_CATALOG: {
    default: "empty",
    means: "The default of `--catalog`, for commands that take it.",
  },
};
