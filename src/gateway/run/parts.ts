/** What a gateway is made of, and what it offers. */
import type { Readable, Writable } from "node:stream";
import type { AnyHookManager } from "../../providers/mcp/index.ts";
import type { ConfigInput, GatewayConfig, Secret } from "../config/index.ts";
import type { EnvoyListen, EnvoyTls } from "../envoy/index.ts";
import type { GatewayLog, GatewayMetrics } from "../observe/index.ts";

export type { GatewayLog };

/**
 * Which requests get a record of their end, whether each hook that ran gets one, and whether no request
 * is taken while records are lost.
 */
export type AuditedTraffic = Pick<
  NonNullable<GatewayConfig["audit"]>,
  "access" | "hooks" | "strict"
>;

/** What `createGateway` takes. */
export interface GatewayOptions {
  /**
   * As in the file `glassine.config.ts`, with its defaults where it says nothing. Paths are from the
   * current directory.
   */
  readonly config: Omit<ConfigInput, "plugins" | "mode" | "audit">;
  /** Has the plugins, and the audit trail. */
  readonly manager: AnyHookManager;
  /** What the audit trail of the manager gets from the gateway. Default: nothing. */
  readonly audit?: Partial<AuditedTraffic> | undefined;
  /**
   * Reads a secret at the time when it is needed. Default: from the environment and from files, as
   * the configuration says.
   */
  readonly secrets?: ((secret: string | Secret) => string) | undefined;
  /** Default: a line of JSON for each event, on standard error. */
  readonly log?: GatewayLog | undefined;
  /** What the admin port shows; made with `createMetrics`, for a manager to count there too. */
  readonly metrics?: GatewayMetrics | undefined;
  /** Of a front over stdio. Default: the process's. */
  readonly stdio?: { readonly stdin: Readable; readonly stdout: Writable } | undefined;
  /** Instead of listening itself: Envoy listens where `config.listen` says, and asks here. */
  readonly envoy?: EnvoyFront | undefined;
  /** Called when a reload replaced these parts and no request uses their manager any more. */
  readonly onUnused?: (() => void) | undefined;
}

export interface EnvoyFront {
  /** Where Envoy finds this gateway. */
  readonly at: EnvoyListen;
  readonly tls?: EnvoyTls | undefined;
  /** Where agentgateway asks about the text of model traffic, with the same certificates. */
  readonly webhook?: WebhookFront | undefined;
  /**
   * How long it still takes requests after it said that it leaves, in milliseconds: longer than Envoy
   * takes to notice that.
   */
  readonly leaveMs: number;
  /** Why nothing may pass now, in a sentence for the log; undefined where everything is right. */
  readonly closed?: () => string | undefined;
}

export interface WebhookFront extends Address {
  /** Whether answers are masked: only where none is streamed. Else an answer with changes is rejected. */
  readonly masksAnswers: boolean;
}

type Defaulted = "config" | "audit" | "secrets" | "log";

/** The same, checked and with every default. */
export interface GatewayParts extends Omit<GatewayOptions, Defaulted> {
  readonly config: GatewayConfig;
  readonly audit: AuditedTraffic | undefined;
  readonly secrets: (secret: string | Secret) => string;
  readonly log: GatewayLog;
}

/** Makes a gateway of what was checked. */
export type OpenGateway = (parts: GatewayParts) => Promise<Gateway<GatewayParts>>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The outcomes of requests to servers, and of messages that belong to none. */
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
  /** Where it listens; undefined over stdio and behind Envoy. */
  readonly address: Address | undefined;
  /** Counts up with every reload, from 1. It is in every line of the log. */
  readonly generation: number;
  counts(): GatewayCounts;
  /**
   * Goes by other plugins and settings from the next request on, in open sessions too. A session
   * with a server that was removed, or is reached in another way, ends. Rejects, and changes nothing,
   * for parts that do not fit.
   */
  reload(options: Options): Promise<void>;
  /** Takes no more requests, lets those in progress end, and closes everything. */
  close(): Promise<void>;
  /** Resolves when it ended by itself: over stdio the caller left, or the server is gone. */
  readonly ended: Promise<{ readonly code?: string }>;
}
