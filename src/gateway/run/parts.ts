/** What a gateway is made of, and what it offers. */
import type { Readable, Writable } from "node:stream";
import type { AnyHookManager } from "../../providers/mcp/index.ts";
import type { ConfigInput, GatewayConfig, Secret } from "../config/index.ts";
import type { EnvoyListen, EnvoyTls } from "../envoy/index.ts";
import type { GatewayLog, GatewayMetrics } from "../observe/index.ts";

export type { GatewayLog };

/**
 * Which requests get a record of their end, whether each hook that ran gets a record, and whether
 * requests are refused while records are being lost.
 */
export type AuditedTraffic = Pick<
  NonNullable<GatewayConfig["audit"]>,
  "access" | "hooks" | "strict"
>;

/** The options of `createGateway`. */
export interface GatewayOptions {
  /**
   * As in the file `glassine.config.ts`, with the same defaults. Paths are relative to the current
   * directory.
   */
  readonly config: Omit<ConfigInput, "plugins" | "mode" | "audit">;
  /** The manager, which has the plugins and the audit trail. */
  readonly manager: AnyHookManager;
  /** What the gateway writes to the manager's audit trail. Default: nothing. */
  readonly audit?: Partial<AuditedTraffic> | undefined;
  /**
   * Reads a secret whenever it is needed. Default: from the environment or a file, as the
   * configuration says.
   */
  readonly secrets?: ((secret: string | Secret) => string) | undefined;
  /** The log. Default: a line of JSON for each event, on standard error. */
  readonly log?: GatewayLog | undefined;
  /**
   * What the gateway counts in, from `createMetrics`, and the admin port shows. To include the
   * manager's own, give it `plugins` of these as its option `metrics`.
   */
  readonly metrics?: GatewayMetrics | undefined;
  /** The streams of a front over stdio. Default: the process's. */
  readonly stdio?: { readonly stdin: Readable; readonly stdout: Writable } | undefined;
  /** Use Envoy as the front: it listens where `config.listen` says, and asks the gateway. */
  readonly envoy?: EnvoyFront | undefined;
  /** Called when a reload has replaced these parts and no request uses their manager any more. */
  readonly onUnused?: (() => void) | undefined;
}

export interface EnvoyFront {
  /** Where Envoy reaches this gateway. */
  readonly at: EnvoyListen;
  readonly tls?: EnvoyTls | undefined;
  /** The webhook for agentgateway, about the text of model traffic. Uses the same certificates. */
  readonly webhook?: WebhookFront | undefined;
  /**
   * How long the gateway still takes requests after announcing that it leaves, in milliseconds.
   * Must be longer than Envoy takes to notice.
   */
  readonly leaveMs: number;
  /** Returns why nothing may pass now, as a sentence for the log, or undefined if all is well. */
  readonly closed?: () => string | undefined;
}

export interface WebhookFront extends Address {
  /**
   * Whether to mask answers, which is safe only if none are streamed. If false, an answer that
   * plugins changed is rejected.
   */
  readonly masksAnswers: boolean;
}

type Defaulted = "config" | "audit" | "secrets" | "log";

/** The same, checked and with all defaults. */
export interface GatewayParts extends Omit<GatewayOptions, Defaulted> {
  readonly config: GatewayConfig;
  readonly audit: AuditedTraffic | undefined;
  readonly secrets: (secret: string | Secret) => string;
  /** Adds the generation to each line. */
  readonly log: GatewayLog;
  /** The configuration's number. */
  readonly generation: number;
  /** Aborts when whoever ends the gateway waits no longer: what `close` waits for is given up. */
  readonly hurried?: AbortSignal | undefined;
}

/** Starts a gateway from checked parts. */
export type OpenGateway = (parts: GatewayParts) => Promise<OpenedGateway>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Counts of requests to servers and models by outcome, and of dropped messages. */
export interface GatewayCounts {
  readonly started: number;
  readonly allowed: number;
  readonly denied: number;
  readonly errored: number;
  readonly aborted: number;
  readonly open: number;
  readonly dropped: number;
}

export interface Gateway<Options = GatewayOptions> {
  /** Where the gateway listens; undefined over stdio and behind Envoy. */
  readonly address: Address | undefined;
  /** The configuration's number: 1, and one more with each reload. Every log line has it. */
  readonly generation: number;
  counts(): GatewayCounts;
  /**
   * Switches to other plugins and settings from the next request on, in open sessions too. A
   * session ends if one of its servers was removed, or is reached in another way. Rejects, and
   * changes nothing, if the options do not fit or the gateway is closed.
   */
  reload(options: Options): Promise<void>;
  /** Takes no more requests, lets those in progress end, and closes everything. */
  close(): Promise<void>;
  /** Resolves when the gateway has ended; over stdio, also if the caller or all servers left. */
  readonly ended: Promise<{ readonly code?: string }>;
}

export interface OpenedGateway extends Gateway<GatewayParts> {
  /** Logs that the gateway is ready, with what else its host knows. */
  announce(more?: object): void;
}
