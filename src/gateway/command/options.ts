/** Options of the gateway's commands: the shared ones, then those of each command. */
import { type CommandContext, type Options, sharedOptions } from "../../operate/cli/index.ts";
import { isolations } from "../../operate/isolate/kinds.ts";

export const gatewayOptions = {
  config: {
    flag: "--config",
    value: "FILE",
    what: "the configuration (default: {prefix}GATEWAY_CONFIG, then glassine.config.ts, .js, .mjs or .json here)",
  },
  plugin: {
    flag: "--plugin",
    value: "PATH",
    what: "run the plugin in this file, in dev mode only; can be repeated",
    isRepeatable: true,
  },
  use: {
    flag: "--use",
    value: "NAME",
    what: "run the stock plugin of this name, without options; can be repeated",
    isRepeatable: true,
  },
  port: {
    flag: "--port",
    value: "N",
    what: "listen on this port (default: {prefix}GATEWAY_PORT, then the configuration, then stdio)",
  },
  host: {
    flag: "--host",
    value: "ADDR",
    what: "the address to listen on (default: {prefix}GATEWAY_HOST, then the configuration, then 127.0.0.1)",
  },
  pluginMode: {
    ...sharedOptions.pluginMode,
    what: "dev or production (default: {prefix}PLUGIN_MODE, then the configuration, then dev)",
  },
  tlsCert: { flag: "--tls-cert", value: "FILE", what: "the certificate of this side, in PEM" },
  tlsKey: { flag: "--tls-key", value: "FILE", what: "its private key, in PEM" },
  tlsCa: {
    flag: "--tls-ca",
    value: "FILE",
    what: "the authority that signed the certificate of the other side, in PEM",
  },
} as const satisfies Options;

export const gatewayCommandOptions = {
  config: gatewayOptions.config,
  plugin: gatewayOptions.plugin,
  isolate: {
    flag: "--isolate",
    value: "KIND",
    values: isolations,
    what: `run the code of each --plugin outside the gateway: ${isolations.join(", ")}`,
  },
  accept: sharedOptions.accept,
  use: gatewayOptions.use,
  port: gatewayOptions.port,
  host: gatewayOptions.host,
  check: {
    flag: "--check",
    what: "only check the configuration, and say what each plugin will see; start no server",
  },
  pluginMode: gatewayOptions.pluginMode,
  pluginsLock: sharedOptions.pluginsLock,
} as const satisfies Options;

export type GatewayContext = CommandContext<typeof gatewayCommandOptions>;

export const extprocOptions = {
  listen: {
    flag: "--listen",
    value: "ADDR",
    what: "where Envoy finds this processor: unix:PATH or HOST:PORT",
  },
  config: gatewayOptions.config,
  use: gatewayOptions.use,
  plugin: gatewayOptions.plugin,
  envoyAdmin: {
    flag: "--envoy-admin",
    value: "URL",
    what: "Envoy's admin interface, to check that Envoy refuses what cannot be judged",
  },
  envoyConfig: {
    flag: "--envoy-config",
    value: "FILE",
    what: "the configuration of Envoy, Envoy Gateway, Istio or agentgateway, to check for the same",
  },
  webhook: {
    flag: "--webhook",
    value: "ADDR",
    what: "where agentgateway asks about the text of model traffic: HOST:PORT",
  },
  maskAnswers: {
    flag: "--mask-answers",
    what: "also mask what models say; only if no answers are streamed, since agentgateway passes streams unmasked",
  },
  tlsCert: gatewayOptions.tlsCert,
  tlsKey: gatewayOptions.tlsKey,
  tlsCa: gatewayOptions.tlsCa,
  plaintext: {
    flag: "--plaintext",
    what: "listen without TLS where others can connect, as in a network that encrypts itself",
  },
  check: {
    flag: "--check",
    what: "only check the configuration, and say where it would listen and what each plugin will see; listen nowhere",
  },
  pluginMode: gatewayOptions.pluginMode,
  pluginsLock: sharedOptions.pluginsLock,
} as const satisfies Options;

export type ExtprocContext = CommandContext<typeof extprocOptions>;

export const envoyConfigOptions = {
  config: gatewayOptions.config,
  for: {
    flag: "--for",
    value: "PRODUCT",
    values: ["envoy", "envoy-gateway", "istio"],
    what: "envoy, envoy-gateway or istio (default: envoy)",
  },
  processor: {
    flag: "--processor",
    value: "ADDR",
    what: "where a processor listens: unix:PATH or HOST:PORT; can be repeated (default: unix:/run/glassine.sock)",
    isRepeatable: true,
  },
  bodyMode: {
    flag: "--body-mode",
    value: "MODE",
    values: ["streamed", "buffered"],
    what: "streamed, or buffered (default: streamed)",
  },
  adminPort: {
    flag: "--admin-port",
    value: "N",
    what: "the port of Envoy's admin interface (default: 9901)",
  },
  port: {
    ...gatewayOptions.port,
    what: "the port that Envoy listens on (default: {prefix}GATEWAY_PORT, then the configuration, then 8080)",
  },
  host: {
    ...gatewayOptions.host,
    what: "the address that Envoy listens on (default: {prefix}GATEWAY_HOST, then the configuration, then 127.0.0.1)",
  },
  tlsCert: gatewayOptions.tlsCert,
  tlsKey: gatewayOptions.tlsKey,
  tlsCa: gatewayOptions.tlsCa,
  checkFile: {
    flag: "--check-file",
    value: "FILE",
    what: "report what an existing configuration lets pass unjudged, instead of printing one",
  },
} as const satisfies Options;

export type EnvoyConfigContext = CommandContext<typeof envoyConfigOptions>;

export const pinOptions = {
  config: gatewayOptions.config,
  check: { flag: "--check", what: "only report what differs from the pins; write nothing" },
  prune: {
    flag: "--prune",
    what: "remove pins of servers that this configuration does not have",
  },
} as const satisfies Options;

export type PinContext = CommandContext<typeof pinOptions>;

export const gatewayTrustOptions = {
  config: gatewayOptions.config,
  reason: sharedOptions.reason,
  check: {
    flag: "--check",
    what: "only report what would be trusted, and what has changed; write nothing",
  },
  pluginsLock: sharedOptions.pluginsLock,
} as const satisfies Options;

export type GatewayTrustContext = CommandContext<typeof gatewayTrustOptions>;

export const servePluginOptions = {
  path: {
    flag: "--path",
    value: "FILE",
    what: "the file of the plugin, in place of its id; in dev mode only",
  },
  check: {
    flag: "--check",
    what: "only report which hooks and capabilities it has in a CPEX host; serve nothing",
  },
  options: {
    flag: "--options",
    value: "FILE",
    what: "with --check: the configuration of a plugin that runs isolated and needs one",
  },
  root: sharedOptions.root,
  pluginMode: sharedOptions.pluginMode,
  pluginsLock: sharedOptions.pluginsLock,
} as const satisfies Options;

export type ServePluginContext = CommandContext<typeof servePluginOptions>;
