/** Every option that a command can have. The parser, the help and the docs are made of it. */

import { isolations, openings } from "../isolate/kinds.ts";

const kindNames = isolations.join(", ");
const openingNames = Object.keys(openings).join(", ");

export interface OptionSpec {
  readonly flag: `--${string}`;
  /** What stands for its value in the usage; none for a switch. */
  readonly value?: string;
  readonly what: string;
  /** Whether an empty value reaches the command, which has words of its own for it. */
  readonly mayBeEmpty?: boolean;
  /** Whether it may be given more than once. */
  readonly isRepeatable?: boolean;
}

export const optionTable = {
  root: {
    flag: "--root",
    value: "PATH",
    what: "the folder whose node_modules is searched (default: the current folder)",
  },
  pluginsLock: {
    flag: "--plugins-lock",
    value: "PATH",
    what: "the plugins.lock to use (default: plugins.lock here or in the nearest folder above, then {bin}/plugins.lock in $XDG_CONFIG_HOME or ~/.config)",
  },
  pluginMode: {
    flag: "--plugin-mode",
    value: "MODE",
    what: "dev or production (default: {prefix}PLUGIN_MODE, then dev)",
    mayBeEmpty: true,
  },
  localPlugins: {
    flag: "--local-plugins",
    value: "DIR",
    what: "also load plugins from this folder; in dev mode only",
  },
  noLoad: { flag: "--no-load", what: "show what is known without running any plugin" },
  host: {
    flag: "--host",
    value: "MODULE",
    what: "check plugins against the host that MODULE or MODULE:EXPORT exports, such as glassine/memory-node; runs its code (default: {prefix}PLUGIN_HOST)",
  },
  catalog: {
    flag: "--catalog",
    value: "PATH",
    what: "a JSON file with a catalog of plugins (default: {prefix}PLUGIN_CATALOG)",
  },
  reason: {
    flag: "--reason",
    value: "TEXT",
    what: "why; recorded in the journal",
    mayBeEmpty: true,
  },
  until: {
    flag: "--until",
    value: "DATE",
    what: "the last day of the trust, in UTC, such as 2027-01-31 (default: no end)",
  },
  checkLoads: { flag: "--check", what: "also load the plugin, and refuse it if that fails" },
  checkParses: { flag: "--check", what: "only check that plugins.lock can be read" },
  optional: {
    flag: "--optional",
    what: "let a production host start even if the plugin is not installed",
  },
  isolate: {
    flag: "--isolate",
    value: "KIND",
    what: `where its code runs: ${kindNames}, or host (default: as its entry says, else host)`,
  },
  isolatePlugins: {
    flag: "--isolate",
    value: "KIND",
    what: `run the code of each --plugin outside of the gateway: ${kindNames}`,
  },
  accept: {
    flag: "--accept",
    value: "NAME",
    what: `with --isolate: what its code may do if this machine cannot stop it, of ${openingNames}; may be given several times`,
    isRepeatable: true,
  },
  all: { flag: "--all", what: "trust every acceptable plugin at once" },
  prune: { flag: "--prune", what: "remove entries whose package is not installed" },
  strict: { flag: "--strict", what: "exit 1 if there is a problem" },
  strictJournal: { flag: "--strict-journal", what: "also fail on problems of the journal" },
  key: {
    flag: "--key",
    value: "PEM",
    what: "the file with the private key, or - for standard input",
  },
  identity: {
    flag: "--identity",
    value: "TEXT",
    what: "the signer's identity, as operators list it",
  },
  keyId: {
    flag: "--key-id",
    value: "TEXT",
    what: "the id of the key (default: derived from the key)",
  },
  config: {
    flag: "--config",
    value: "FILE",
    what: "the configuration (default: {prefix}GATEWAY_CONFIG, then glassine.config.ts, .js, .mjs or .json here)",
  },
  auditFile: {
    flag: "--file",
    value: "PATH",
    what: "the audit trail to read (default: audit.file of the configuration)",
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
  path: {
    flag: "--path",
    value: "FILE",
    what: "a plugin by its file, in place of its id; in dev mode only",
  },
  checkServed: {
    flag: "--check",
    what: "only say which hooks and capabilities it has in a CPEX host; serve nothing",
  },
  port: {
    flag: "--port",
    value: "N",
    what: "listen on this port (default: {prefix}GATEWAY_PORT, then the configuration, then stdio)",
  },
  address: {
    flag: "--host",
    value: "ADDR",
    what: "the address to listen on (default: {prefix}GATEWAY_HOST, then the configuration, then 127.0.0.1)",
  },
  checkConfig: {
    flag: "--check",
    what: "only check the configuration, and say what each plugin will see; start nothing",
  },
  listenAt: {
    flag: "--listen",
    value: "ADDR",
    what: "where Envoy finds this processor: unix:PATH or HOST:PORT",
  },
  envoyAdmin: {
    flag: "--envoy-admin",
    value: "URL",
    what: "Envoy's administration, which is asked whether Envoy refuses what cannot be judged",
  },
  envoyFile: {
    flag: "--envoy-config",
    value: "FILE",
    what: "the configuration of Envoy, Envoy Gateway, Istio or agentgateway, which is read for the same",
  },
  webhook: {
    flag: "--webhook",
    value: "ADDR",
    what: "where agentgateway asks about the text of model traffic: HOST:PORT",
  },
  maskAnswers: {
    flag: "--mask-answers",
    what: "also mask what models say, where none of it is streamed: agentgateway passes a stream unmasked",
  },
  plaintext: {
    flag: "--plaintext",
    what: "listen without TLS where others can connect, as in a network that encrypts itself",
  },
  tlsCert: { flag: "--tls-cert", value: "FILE", what: "the certificate of this side, in PEM" },
  tlsKey: { flag: "--tls-key", value: "FILE", what: "its private key, in PEM" },
  tlsCa: {
    flag: "--tls-ca",
    value: "FILE",
    what: "the authority that signed the certificate of the other side, in PEM",
  },
  checkProcessor: {
    flag: "--check",
    what: "only say where it would listen and what would keep it from working; start nothing",
  },
  processor: {
    flag: "--processor",
    value: "ADDR",
    what: "where a processor listens: unix:PATH or HOST:PORT; may be given several times (default: unix:/run/glassine.sock)",
    isRepeatable: true,
  },
  bodyMode: {
    flag: "--body-mode",
    value: "MODE",
    what: "streamed, or buffered (default: streamed)",
  },
  product: {
    flag: "--for",
    value: "PRODUCT",
    what: "envoy, envoy-gateway or istio (default: envoy)",
  },
  adminPort: {
    flag: "--admin-port",
    value: "N",
    what: "the port of Envoy's own administration (default: 9901)",
  },
  checkEnvoy: {
    flag: "--check-file",
    value: "FILE",
    what: "print nothing new; say what a configuration that is there lets pass",
  },
  checkPins: { flag: "--check", what: "only say what is not as it was pinned; write nothing" },
  checkTrust: {
    flag: "--check",
    what: "only say what would be trusted, and what is not as it was; write nothing",
  },
  json: { flag: "--json", what: "print one JSON document" },
  verbose: { flag: "--verbose", what: "print the stack of an internal error" },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionTable;

/** The options of commands that look at plugins. */
export const lookupOptions = [
  ...(["root", "pluginsLock", "pluginMode", "localPlugins"] as const),
  ...(["noLoad", "host", "catalog"] as const),
] satisfies readonly OptionName[];

export type GivenOptions = {
  readonly [Name in OptionName]?: ValueOf<(typeof optionTable)[Name]>;
};

type ValueOf<Spec> = Spec extends { readonly isRepeatable: true }
  ? readonly string[]
  : Spec extends { readonly value: string }
    ? string
    : boolean;
