/** Options that several commands of the gateway share. */
import type { Options } from "../../operate/cli/index.ts";

export const gatewayOptions = {
  config: {
    flag: "--config",
    value: "FILE",
    what: "the configuration (default: {prefix}GATEWAY_CONFIG, then glassine.config.ts, .js, .mjs or .json here)",
  },
  plugin: {
    flag: "--plugin",
    value: "PATH",
    what: "a plugin by its file, in dev mode only; may be given several times",
    isRepeatable: true,
  },
  use: {
    flag: "--use",
    value: "NAME",
    what: "a stock plugin without options; may be given several times",
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
  tlsCert: { flag: "--tls-cert", value: "FILE", what: "the certificate of this side, in PEM" },
  tlsKey: { flag: "--tls-key", value: "FILE", what: "its private key, in PEM" },
  tlsCa: {
    flag: "--tls-ca",
    value: "FILE",
    what: "the authority that signed the certificate of the other side, in PEM",
  },
} as const satisfies Options;
