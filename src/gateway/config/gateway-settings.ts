/** Configuration from environment variables. They override the file, and flags override them. */
import { closest, GlassineError, quoted } from "../../core/errors/index.ts";
import { type Environment, standardProfile } from "../../core/plugins/index.ts";
import { type PluginMode, readTrustSettings } from "../../operate/trust/index.ts";

/** For each variable, the configuration key that it sets, and the flag that overrides it. */
export const gatewaySettings = {
  GLASSINE_GATEWAY_CONFIG: {
    key: undefined,
    flag: "--config",
    means: "The configuration file.",
  },
  GLASSINE_GATEWAY_PORT: {
    key: "listen.port",
    flag: "--port",
    means: "The port. If set, the gateway listens on it even if the file says stdio.",
  },
  GLASSINE_GATEWAY_HOST: {
    key: "listen.host",
    flag: "--host",
    means: "The address to listen on, if the gateway listens.",
  },
  GLASSINE_PLUGIN_MODE: {
    key: "mode",
    flag: "--plugin-mode",
    means: "`dev` or `production`.",
  },
} as const satisfies Record<
  string,
  { readonly key: string | undefined; readonly flag: string | undefined; readonly means: string }
>;

type Setting = keyof typeof gatewaySettings;

/** Values from flags or the environment. Undefined where nothing is set. */
export interface Overrides {
  readonly file?: string | undefined;
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly mode?: PluginMode | undefined;
}

/**
 * Reads the environment. An empty variable counts as not set.
 *
 * @throws GlassineError `setting_invalid`
 */
export function readGatewaySettings(env: Environment): Overrides {
  expectNoSlips(env);
  const given = (name: Setting) => env[name] || undefined;
  // Even if no package is named: a misspelt PLUGIN_MODE must not become the default, `dev`.
  const { mode } = readTrustSettings(env);
  return {
    file: given("GLASSINE_GATEWAY_CONFIG"),
    port: portOf("GLASSINE_GATEWAY_PORT", given("GLASSINE_GATEWAY_PORT")),
    host: given("GLASSINE_GATEWAY_HOST"),
    mode: given("GLASSINE_PLUGIN_MODE") === undefined ? undefined : mode,
  };
}

/**
 * Reads a port from a flag or variable, which messages call `name`.
 *
 * @throws GlassineError `setting_invalid`
 */
export function portOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  const got = serviceLink.test(text)
    ? "the address of a Kubernetes service: rename the service, so that it is not called glassine-gateway, or set enableServiceLinks to false"
    : quoted(text, 20);
  throw new GlassineError(
    "setting_invalid",
    `${name}: expected a port from 0 to 65535, got ${got}`,
  );
}

/** Kubernetes sets NAME_PORT=tcp://… in every pod for a service called NAME. */
const serviceLink = /^(?:tcp|udp):\/\//;

const begin = "GLASSINE_GATEWAY_";
const suffixes = Object.keys(gatewaySettings)
  .filter((name) => name.startsWith(begin))
  .map((name) => name.slice(begin.length));

/** Rejects variables that look like a misspelled setting, since they would have no effect. */
function expectNoSlips(env: Environment): void {
  for (const name of Object.keys(env).sort()) {
    const text = env[name];
    if (!text || serviceLink.test(text) || Object.hasOwn(gatewaySettings, name)) continue;
    const match = meantBy(name);
    if (match === undefined) continue;
    throw new GlassineError(
      "setting_invalid",
      `${quoted(name, 200)} is not a setting; did you mean ${begin}${match}?`,
    );
  }
}

function meantBy(name: string): string | undefined {
  if (name.startsWith(begin)) return closest(name.slice(begin.length), suffixes);
  return suffixes.find((suffix) => name === `${standardProfile.envPrefix}${suffix}`);
}
