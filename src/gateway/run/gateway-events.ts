/** Reports what happens in a gateway to its log and metrics. */
import type { ModelEnd } from "../../providers/http/index.ts";
import type { GuardEnd } from "../../providers/mcp/index.ts";
import type { ChangedDefinition } from "../definitions/index.ts";
import { type EnvoyNote, envoyNotes } from "../envoy/index.ts";
import type { Refusal } from "../identity/index.ts";
import { failureOf, type GatewayMetrics, type HookRan } from "../observe/index.ts";
import type { Message } from "../transports/index.ts";
import type { GatewayLog } from "./parts.ts";

export class GatewayEvents {
  readonly #log: GatewayLog;
  readonly #metrics: GatewayMetrics | undefined;
  #dropped = 0;
  #isBuffered = false;

  constructor(log: GatewayLog, metrics: GatewayMetrics | undefined) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** How many messages ends dropped; guards count those that they drop themselves. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A request was refused because of its caller or page. */
  refused({ code, status, reason, detail = reason }: Refusal): void {
    this.#metrics?.refused(code);
    const isOwn = code === "host_refused" || code === "origin_refused";
    const event = isOwn ? code : "identity_refused";
    this.#log.warn(event, { code, status, text: detail });
  }

  /**
   * A response was sent. It has a code if the gateway refused the request before any server, and a
   * path if there is nothing at it.
   */
  answered(code: string | undefined, status: number, text?: string, path?: string): void {
    if (code === undefined) return;
    this.#metrics?.refused(code);
    this.#log.info("refused", { code, status, text, path });
  }

  /** A request was refused on its way to a server's guard. */
  unrouted(code: string, about: object): void {
    this.#metrics?.refused(code);
    this.#log.info("refused", { code, ...about });
  }

  /** A message could not be checked. The reason is only logged; its sender does not learn it. */
  failed(at: object, { request, point, error }: HookRan): void {
    this.#log.warn("guard_error", { request, ...at, point, ...failureOf(error) });
  }

  /** A request to a server ended. */
  ended(server: string, end: GuardEnd): void {
    this.#metrics?.requestEnded(server, end);
    const { request, method, name, subject, outcome, code, plugin, timings } = end;
    const totalMs = tenths(timings.totalMs);
    const fields = { request, server, method, name, subject, outcome, code, plugin, totalMs };
    this.#log.info("request", fields);
  }

  /** A request to a model ended. */
  modelEnded(route: string, end: ModelEnd): void {
    this.#metrics?.modelEnded(route, end);
    const { request, provider, name, subject, outcome, code, plugin, unseen, timings } = end;
    const text =
      unseen && `no plugin sees ${unseen}: to let it pass, add it to models.${route}.allow`;
    const fields = { request, route, provider, name, subject, outcome, code, plugin, text };
    this.#log.info("model", { ...fields, totalMs: tenths(timings.totalMs) });
  }

  /** A message between a server and a caller was dropped. No server: it was for none. */
  droppedMessage(server: string | undefined, { method }: Message): void {
    this.#dropped += 1;
    this.#metrics?.messageDropped(server ?? "none");
    const of = typeof method === "string" ? { method } : {};
    this.#log.warn("message_dropped", { server, ...of });
  }

  /** A connection to a server failed. */
  serverFailed(server: string, error: Error): void {
    const { code } = error as { readonly code?: unknown };
    const text = error.message === "" ? error.name : error.message;
    // Of an abort or a timeout, the code is a number that says nothing.
    const named = typeof code === "string" ? { code } : {};
    this.#log.warn("server_error", { server, ...named, text });
  }

  /** A tool is new, or its definition is not the pinned one. */
  definitionChanged(server: string, changed: ChangedDefinition): void {
    this.#log.warn("definition_changed", { server, ...changed });
  }

  /** A process that died was restarted, and takes messages again. */
  serverRestarted(server: string): void {
    this.#metrics?.processRestarted(server);
  }

  envoy(note: EnvoyNote): void {
    // Once, as it is no fault, and is so for every body.
    if (note === "buffered" && this.#isBuffered) return;
    this.#isBuffered ||= note === "buffered";
    this.#log.warn(`envoy_${note}`, { text: envoyNotes[note] });
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
