/** The routes to models and the webhook: the current ones, and those that a reload replaced. */
import type { LabelStore } from "../../core/labels/index.ts";
import type { ModelEnd } from "../../providers/http/index.ts";
import {
  guardrailWebhook,
  type ModelRoute,
  modelRoute,
  type RouteOptions,
} from "../models/index.ts";
import type { HookRan, Tracing } from "../observe/index.ts";
import type { GatewayEvents } from "./gateway-events.ts";
import type { GatewayCounts, GatewayLog, GatewayParts, WebhookFront } from "./parts.ts";

export interface ModelRoutesOptions {
  readonly store: LabelStore;
  readonly tracing: Tracing | undefined;
  /** The webhook for agentgateway, if there is one. */
  readonly webhook: WebhookFront | undefined;
  readonly log: GatewayLog;
  readonly events: GatewayEvents;
  readonly hookRecorder: (parts: GatewayParts) => ((ran: HookRan) => void) | undefined;
}

interface MadeRoutes {
  readonly routes: readonly ModelRoute[];
  readonly webhook: ModelRoute | undefined;
}

export class ModelRoutes {
  readonly #options: ModelRoutesOptions;
  /** The longest path comes first, since it is the closest match. */
  #routes: readonly ModelRoute[] = [];
  #webhook: ModelRoute | undefined;
  /** Includes replaced routes that still have requests. */
  readonly #all = new Set<ModelRoute>();
  readonly #counts = { allowed: 0, denied: 0, errored: 0, aborted: 0 };

  constructor(options: ModelRoutesOptions) {
    this.#options = options;
  }

  get webhook(): ModelRoute | undefined {
    return this.#webhook;
  }

  /**
   * Makes the routes of a configuration, without using them yet.
   *
   * @throws GlassineError if the plugins do not fit
   */
  make(parts: GatewayParts): MadeRoutes {
    const { store, tracing, webhook, log, events, hookRecorder } = this.#options;
    const record = hookRecorder(parts);
    const { manager, secrets, config, audit } = parts;
    const { models, limits, tenant } = config;
    const optionsFor = (name: string) => ({
      manager,
      store,
      tenant,
      access: audit?.access,
      messageBytes: limits.messageBytes,
      bodyTimeoutMs: limits.bodyTimeoutMs,
      onEnd: (end: ModelEnd) => {
        this.#counts[end.outcome] += 1;
        events.modelEnded(name, end);
      },
      onNote: ((level, event, fields) =>
        log[level](event, { route: name, ...fields })) satisfies RouteOptions["onNote"],
      onHook: (ran: HookRan) => {
        record?.(ran);
        if (ran.result === undefined) events.failed({ route: name }, ran);
      },
    });
    const routes = Object.entries(models).map(([name, route]) =>
      modelRoute(route, {
        ...optionsFor(name),
        inFlightBytes: limits.inFlightBytes,
        secrets,
        traceHeaders: () => tracing?.headers() ?? {},
      }),
    );
    return {
      routes: routes.toSorted((one, other) => other.path.length - one.path.length),
      webhook:
        webhook &&
        guardrailWebhook({
          ...optionsFor("webhook"),
          masksAnswers: webhook.masksAnswers,
        }),
    };
  }

  /** Replaces all routes at once. Resolves when no request uses the old ones any more. */
  use(made: MadeRoutes): Promise<unknown> {
    const replaced = [...this.#routes, ...(this.#webhook ? [this.#webhook] : [])];
    this.#routes = made.routes;
    this.#webhook = made.webhook;
    for (const each of made.routes) this.#all.add(each);
    if (made.webhook !== undefined) this.#all.add(made.webhook);
    return Promise.all(replaced.map((each) => this.#forget(each)));
  }

  async #forget(route: ModelRoute): Promise<void> {
    await route.retire();
    this.#all.delete(route);
  }

  /** Returns the route for a path, if there is one. */
  at(path: string): ModelRoute | undefined {
    return this.#routes.find((each) => path.startsWith(`${each.path}/`));
  }

  /** Counts the requests that have ended, by outcome. */
  counts(): Pick<GatewayCounts, "started" | "allowed" | "denied" | "errored" | "aborted"> {
    const started = Object.values(this.#counts).reduce((all, each) => all + each, 0);
    return { ...this.#counts, started };
  }

  /** How many requests have responses that are not completely sent. */
  open(): number {
    return [...this.#all].reduce((all, each) => all + each.open(), 0);
  }

  /** Ends all open requests. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#all].map((each) => each.close()));
  }
}
