/**
 * A route to a model provider: each request and its response, JSON or a stream, goes through the
 * plugins, with the caller's identity and labels.
 */
import { Agent } from "undici";
import { isGlassineError } from "../../core/errors/index.ts";
import type { LabelStore } from "../../core/labels/index.ts";
import { anthropic } from "../../providers/anthropic/index.ts";
import { google } from "../../providers/google/index.ts";
import { InUse, recordAccess } from "../../providers/guard/index.ts";
import {
  type AnyHookManager,
  guardHttp,
  type ModelCall,
  type ModelEnd,
  type ModelEvent,
  type ModelProvider,
} from "../../providers/http/index.ts";
import { failureCode } from "../../providers/http/judge-response.ts";
import { listensTo, Refused } from "../../providers/model/index.ts";
import { openai } from "../../providers/openai/index.ts";
import { hiding, type RouteConfig, withSecrets } from "../config/index.ts";
import {
  type AdmittedConnection,
  type BodyLimits,
  ByteBudget,
  bytesWithin,
  headersNamed,
  streamOf,
} from "../transports/index.ts";
import { AnswerRoom, answerBytes } from "./answer-room.ts";
import { requestText } from "./request-text.ts";
import { sendUpstream, type Upstream } from "./upstream.ts";

/** Who is asking, and whose labels apply to the request. */
export interface ModelCaller {
  readonly labelSession: string;
  readonly subject: string | undefined;
  /** The envelope slots that the gateway fills in. */
  readonly envelope: object;
}

type RouteEvent =
  | "internal_error"
  | "model_passed"
  | "secret_missing"
  | "webhook_failed"
  | "webhook_headers_dropped";

export interface RouteOptions extends BodyLimits {
  readonly manager: AnyHookManager;
  readonly store: LabelStore;
  /** How many bytes of the provider's answers are read and judged at a time. */
  readonly inFlightBytes: number;
  readonly secrets: (secret: RouteConfig["headers"][string]) => string;
  readonly tenant: string | undefined;
  readonly access: "refused" | "all" | undefined;
  readonly onEnd: (end: ModelEnd) => void;
  /** Receives log events about a request other than its end. */
  readonly onNote: (level: "info" | "error", event: RouteEvent, fields: object) => void;
  /** Returns the headers that pass the request's trace on to the provider. */
  readonly traceHeaders: () => Readonly<Record<string, string>>;
  readonly onHook: (ran: ModelEvent) => void;
}

export interface ModelRoute {
  readonly path: string;
  readonly provider: string;
  handle(request: Request, caller: ModelCaller, connection: AdmittedConnection): Promise<Response>;
  /** Returns why a response with status 200 is a refusal, or undefined if it is not one. */
  errorTypeOf?(response: Response): string | undefined;
  /** How many requests there are whose responses are not completely sent. */
  open(): number;
  /** Resolves once no requests are left and the connections are closed. */
  retire(): Promise<void>;
  /** Ends all open requests. */
  close(): Promise<void>;
}

const providers: Readonly<
  Record<RouteConfig["provider"], ModelProvider | readonly ModelProvider[]>
> = { openai, anthropic, google };

/** The caller's headers that are always sent on. None of them is a credential. */
const alwaysForwarded = ["content-type", "accept", "anthropic-version", "anthropic-beta"];

export function modelRoute(config: RouteConfig, options: RouteOptions): ModelRoute {
  const { manager, store, secrets, messageBytes, tenant, access, onEnd, onHook } = options;
  const dispatcher = new Agent({ bodyTimeout: 0, headersTimeout: 0 });
  const path = config.path.replace(/\/$/, "");
  const upstream: Upstream = {
    url: config.url,
    path,
    dispatcher,
    timeoutMs: config.timeoutMs,
    headers: () => ({
      ...(config.traceContext && options.traceHeaders()),
      ...withSecrets(config.headers, secrets),
    }),
  };
  const hide = hiding(config.headers, secrets);
  const forwarded = [...alwaysForwarded, ...config.forward];
  const provider = providers[config.provider];
  const inUse = new InUse();
  const budget = new ByteBudget(options.inFlightBytes);
  let isClosing = false;
  const guard = guardHttp(manager, {
    provider,
    allow: config.allow,
    limits: { requestBytes: messageBytes, answerBytes },
    envelope: (call) => ({ ...call.slots, ...callerOf(call).envelope }),
    labels: { store, session: (call) => callerOf(call).labelSession },
    tenant,
    access,
    onEnd,
    onResult: onHook,
  });

  return {
    path,
    provider: config.provider,
    async handle(request, caller, connection) {
      inUse.enter();
      connection.onSent(() => inUse.leave());
      const room = new AnswerRoom(budget);
      const url = new URL(request.url);
      const { method, signal } = request;
      const body = () => requestText(request, options, connection.held);
      const headers = new Headers(headersNamed(request.headers, forwarded));
      const send = async (body: string | null, sent: Headers, isUnread: boolean) => {
        const init = { method, headers: sent, body, signal, isUnread };
        const answer = await sendUpstream(upstream, url, init, connection.forward);
        const isJudged = !isUnread && listensTo("answer", manager);
        const response = isJudged ? await room.read(answer) : answer.response;
        if (response.status < 400 || hide === undefined) return response;
        return withoutKeys(response, hide, messageBytes);
      };
      /** Records a request that passed unread, since no guard reports its end. */
      function notePassed({ status }: Response, code?: string): void {
        const { subject } = caller;
        const asked = { request: crypto.randomUUID(), subject, method, path: url.pathname };
        options.onNote("info", "model_passed", { ...asked, status, code });
        const outcome = code === undefined ? "allowed" : "errored";
        const end = { ...asked, outcome, code, plugin: undefined, name: `${method} ${asked.path}` };
        recordAccess(manager, access, end, {
          eventType: "model.request_ended",
          target: config.provider,
          tenant,
          metadata: { provider: config.provider },
        });
      }
      try {
        return await guard({
          method,
          url,
          headers,
          signal,
          about: caller,
          body: async () => new Response(await body()).body,
          pass: async () => {
            const text = request.body === null ? null : await body();
            const response = await send(text, headers, true);
            if (method === "GET") notePassed(response);
            return response;
          },
          send: (body, judged) => send(body, judged, false),
          judging(done) {
            inUse.enter();
            void done.then(() => inUse.leave());
          },
        });
      } catch (error) {
        if (isGlassineError(error)) {
          const event = error.code === "secret_missing" ? error.code : "internal_error";
          options.onNote("error", event, { code: error.code, text: error.message });
        }
        const code = isClosing ? "shutting_down" : codeOf(error);
        const response = failedResponse(provider, code);
        if (method === "GET") notePassed(response, code);
        return response;
      } finally {
        room.releaseOnceSent(connection);
      }
    },
    open: () => inUse.count,
    async retire() {
      await inUse.free();
      await dispatcher.close();
    },
    close() {
      isClosing = true;
      return dispatcher.destroy();
    },
  };
}

const failures = {
  provider_unreachable: {
    status: 502,
    reason: "The provider could not be reached, or closed the connection",
  },
  provider_timeout: { status: 504, reason: "The provider did not answer in time" },
  answer_invalid: {
    status: 502,
    reason: "The provider's answer is compressed, or has no valid status",
  },
  shutting_down: { status: 503, reason: "The gateway is shutting down" },
  // The error's own message names the variable or file, so it goes to the log only.
  secret_missing: { status: 500, reason: "The gateway has no key for the provider" },
  internal_error: { status: 500, reason: "The gateway failed" },
} as const;

/** Removes the route's own keys from an error. One that is too large to read loses its text. */
async function withoutKeys(
  response: Response,
  hide: (text: string) => string,
  maxBytes: number,
): Promise<Response> {
  if (response.body === null) return response;
  const { status, headers } = response;
  const bytes = await bytesWithin(streamOf(response), maxBytes);
  const text = bytes === undefined ? null : hide(bytes.toString());
  return new Response(text, { status, headers });
}

function codeOf(error: unknown): string {
  return error instanceof Refused ? error.refusal.code : failureCode(error);
}

function isKnown(code: string): code is keyof typeof failures {
  return Object.hasOwn(failures, code);
}

/** Returns the response for a request that fails before any of its response was sent. */
function failedResponse(provider: ModelProvider | readonly ModelProvider[], found: string) {
  // All APIs of a provider use the same form of error.
  const [{ denied }] = [provider].flat() as [ModelProvider];
  const code = isKnown(found) ? found : "internal_error";
  const { status, reason } = failures[code];
  // SDKs retry after a 500, but a retry does not supply a missing secret.
  const headers = new Headers(status === 500 ? { "x-should-retry": "false" } : {});
  return Response.json(denied({ code, reason, status }), { status, headers });
}

function callerOf({ about }: ModelCall): ModelCaller {
  return about as ModelCaller;
}
