/** Handles callers' HTTP requests: decides who may ask, and where a request goes. */

import { checkOrigin, type Identifier, type Identity } from "../identity/index.ts";
import { beginsExchange, type ModelRoute, rejectionFor } from "../models/index.ts";
import { ratePerMinute, type Tracing } from "../observe/index.ts";
import { type AdmittedConnection, type Connection, errorOf } from "../transports/index.ts";
import { answer, answerLimited, reasonOf } from "./answers.ts";
import { type McpEndpoint, OpenExchanges } from "./endpoint.ts";
import type { GatewayEvents } from "./gateway-events.ts";
import { labelSessionOf, slotsOf } from "./guarded-server.ts";
import { HeldBytes } from "./held-bytes.ts";
import type { ModelRoutes } from "./model-routes.ts";
import { forPage } from "./pages.ts";
import type { GatewayParts } from "./parts.ts";

export interface HttpRequestsOptions {
  /** Returns the current parts; `identifier` likewise returns the current one. */
  readonly parts: () => Pick<GatewayParts, "config" | "log">;
  readonly identifier: () => Identifier;
  readonly mcp: McpEndpoint;
  readonly models: ModelRoutes;
  readonly tracing: Tracing | undefined;
  readonly events: GatewayEvents;
  readonly isEnding: () => boolean;
  /** Whether Envoy might let something pass unjudged. */
  readonly isUnsafe: () => boolean;
  /** Whether audit records are being lost. */
  readonly isLosing: () => boolean;
}

/** Where the gateway is reached, and which pages may send requests. */
type Reached = Parameters<typeof checkOrigin>[1];

export class HttpRequests {
  readonly #options: HttpRequestsOptions;
  readonly #rate: ReturnType<typeof ratePerMinute>;
  /** Those with models. */
  readonly #exchanges: OpenExchanges;
  readonly #bytes: HeldBytes;
  #open = 0;

  constructor(options: HttpRequestsOptions) {
    const limits = () => options.parts().config.limits;
    this.#options = options;
    this.#rate = ratePerMinute(() => limits().requestsPerMinute);
    this.#exchanges = new OpenExchanges(() => limits().inFlight);
    this.#bytes = new HeldBytes(() => limits().inFlightBytes);
  }

  /** How many requests have responses that are not completely sent. */
  get open(): number {
    return this.#open;
  }

  answer(request: Request, connection: Connection, reached: Reached): Promise<Response> {
    return this.#counted(request, connection, async () => {
      const foreign = this.#checkOrigin(request, reached);
      return foreign ?? forPage(request, () => this.#route(request, connection));
    });
  }

  /** Answers agentgateway, which asks about the text of model traffic. */
  async answerWebhook(
    request: Request,
    connection: Connection,
    reached: Reached,
  ): Promise<Response> {
    const response = await this.#counted(request, connection, async () => {
      // Allows any Host, since agentgateway may use any name. Foreign pages are still refused:
      // browsers send Origin with every POST.
      const allowedHosts = [request.headers.get("host") ?? ""];
      const foreign = this.#checkOrigin(request, { ...reached, allowedHosts });
      const isCounted = beginsExchange(request);
      const identity = foreign ?? (await this.#admit(request, connection, isCounted));
      if (identity instanceof Response) return identity;
      const webhook = this.#options.models.webhook as ModelRoute;
      return this.#ask(webhook, request, identity, this.#admitted(connection, identity));
    });
    return response.ok ? response : rejectionFor(response);
  }

  /** Counts a request while it is open. Turns anything that `respond` throws into a response. */
  async #counted(
    { url }: Request,
    connection: Connection,
    respond: () => Promise<Response>,
  ): Promise<Response> {
    this.#open += 1;
    connection.onSent(() => {
      this.#open -= 1;
    });
    try {
      const response = await respond();
      const { code, text } = reasonOf(response) ?? {};
      // The query may hold a secret.
      const path = code === "not_found" ? new URL(url).pathname : undefined;
      this.#options.events.answered(code, response.status, text, path);
      return response;
    } catch (error) {
      this.#options.parts().log.error("internal_error", { text: errorOf(error).message });
      return answer("internal_error");
    }
  }

  #checkOrigin(request: Request, reached: Reached): Response | undefined {
    return checkOrigin(request, reached, (refusal) => this.#options.events.refused(refusal));
  }

  async #route(request: Request, connection: Connection): Promise<Response> {
    const { identifier, mcp, models } = this.#options;
    const metadata = identifier().metadata(request);
    if (metadata !== undefined) return metadata;
    const { pathname } = new URL(request.url);
    if (models.at(pathname) === undefined && !mcp.isAt(pathname)) return answer("not_found");
    const identity = await this.#admit(request, connection);
    if (identity instanceof Response) return identity;
    // Looked up only now, since a reload may have replaced it. The endpoint may be below its path.
    const route = mcp.isAt(pathname) ? undefined : models.at(pathname);
    const limit = (more: number) => this.#limit(identity, more);
    const admitted = this.#admitted(connection, identity);
    if (route === undefined) return await mcp.handle(request, identity, admitted, limit);
    const leave = this.#exchanges.begin(identity);
    if (leave === undefined) return answer("too_many_unanswered");
    connection.onSent(leave);
    return await this.#ask(route, request, identity, admitted);
  }

  /** Resolves to the caller's identity, or to the response that refuses the request. */
  async #admit(
    request: Request,
    { remote }: Connection,
    isCounted = true,
  ): Promise<Identity | Response> {
    const { identifier, isEnding, isUnsafe, isLosing } = this.#options;
    if (isEnding()) return answer("shutting_down");
    if (isUnsafe()) return answer("envoy_unsafe");
    const identity = await identifier().identify(request, remote);
    if (identity instanceof Response) return identity;
    const limited = isCounted ? this.#limit(identity, 1) : undefined;
    if (limited !== undefined) return limited;
    return isLosing() ? answer("audit_failed") : identity;
  }

  /** The bytes of a request count at least until its response has been sent. */
  #admitted(connection: Connection, identity: Identity): AdmittedConnection {
    const held = this.#bytes.of(identity);
    connection.onSent(held.hold());
    return { ...connection, held };
  }

  /** Counts requests. Returns the response that refuses them if the subject has sent too many. */
  #limit({ key }: Identity, count: number): Response | undefined {
    const wait = this.#rate.take(key, count);
    return wait === undefined ? undefined : answerLimited(wait);
  }

  #ask(
    route: ModelRoute,
    request: Request,
    identity: Identity,
    connection: AdmittedConnection,
  ): Promise<Response> {
    const { parts, identifier, mcp, tracing } = this.#options;
    const caller = { identity, session: mcp.sessionFor(request, identity) };
    const facts = {
      labelSession: labelSessionOf(parts().config.labels.session, caller),
      subject: identity.subject?.id,
      envelope: slotsOf(identity, request.headers, identifier()),
    };
    const handle = () => route.handle(request, facts, connection);
    return tracing === undefined ? handle() : tracing.http(request, route, connection, handle);
  }
}
