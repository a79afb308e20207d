/**
 * A route to a model provider: each request and its answer, JSON or a stream, goes through the
 * plugins, with the identity and the labels of the gateway.
 */
import { Agent } from "undici";
import { isGlassineError } from "../../core/errors/index.ts";
import type { LabelStore } from "../../core/labels/index.ts";
import { anthropic } from "../../providers/anthropic/index.ts";
import { google } from "../../providers/google/index.ts";
import {
  type AnyHookManager,
  guardHttp,
  type ModelCall,
  type ModelEnd,
  type ModelEvent,
  type ModelProvider,
} from "../../providers/http/index.ts";
import { failureCode } from "../../providers/http/judge-response.ts";
import { openai } from "../../providers/openai/index.ts";
import { InUse, recordAccess } from "../../providers/rewrite/index.ts";
import { type RouteConfig, withSecrets } from "../config/index.ts";
import type { Forward } from "../ends/index.ts";
import { sendUpstream, type Upstream } from "./upstream.ts";

/** Who asks, and whose labels are those of the request. */
export interface ModelCaller {
  readonly labelSession: string;
  readonly subject: string | undefined;
  /** The slots of the envelope that the gateway knows. */
  readonly envelope: object;
}

export interface RouteOptions {
  readonly manager: AnyHookManager;
  readonly store: LabelStore;
  readonly secrets: (secret: RouteConfig["headers"][string]) => string;
  readonly messageBytes: number;
  readonly tenant: string | undefined;
  readonly access: "refused" | "all" | undefined;
  readonly onEnd: (end: ModelEnd) => void;
  /** What becomes of a request beside its end, for the log. */
  readonly onNote: (level: "info" | "error", event: string, fields: object) => void;
  /** Of the trace that a request belongs to; for the provider. */
  readonly traceHeaders: () => Readonly<Record<string, string>>;
  readonly onHook: (ran: ModelEvent) => void;
}

export interface ModelRoute {
  readonly path: string;
  readonly provider: string;
  /**
   * `onSent` calls its listener once the answer was sent, or its reader is gone. With `forward` the
   * request goes to the provider in its own exchange.
   */
  handle(
    request: Request,
    caller: ModelCaller,
    connection: {
      onSent(listener: () => void): void;
      readonly forward?: Forward;
    },
  ): Promise<Response>;
  /** Why an answer of status 200 refuses; undefined for one that does not. */
  errorTypeOf?(response: Response): string | undefined;
  /** Requests whose answers were not sent to their end. */
  open(): number;
  /** Takes no more requests. Resolves, with its connections closed, when there is none left. */
  retire(): Promise<void>;
  /** Ends what is open. */
  close(): Promise<void>;
}

const providers: Readonly<
  Record<RouteConfig["provider"], ModelProvider | readonly ModelProvider[]>
> = { openai, anthropic, google };

/** Headers of the caller that are always sent on: none of them is a credential. */
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
  const forwarded = [...alwaysForwarded, ...config.forward.map((name) => name.toLowerCase())];
  const provider = providers[config.provider];
  const inUse = new InUse();
  let isClosing = false;
  const guard = guardHttp(manager, {
    provider,
    allow: config.allow,
    limits: { requestBytes: messageBytes },
    envelope: (call) => callerOf(call).envelope,
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
      const url = new URL(request.url);
      const { method, signal } = request;
      const headers = new Headers(
        forwarded.flatMap((name): [string, string][] => {
          const value = request.headers.get(name);
          return value === null ? [] : [[name, value]];
        }),
      );
      const send = (body: string | null, sent: Headers) =>
        sendUpstream(upstream, url, { method, headers: sent, body, signal }, connection.forward);
      /** No guard reports the end of what passes unread. */
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
          body: async () => request.body,
          pass: async () => {
            const response = await send(await bodyOf(request), headers);
            if (method === "GET") notePassed(response);
            return response;
          },
          send,
        });
      } catch (error) {
        if (isGlassineError(error)) options.onNote("error", error.code, { text: error.message });
        const code = isClosing ? "shutting_down" : failureCode(error);
        const response = failedResponse(provider, code);
        if (method === "GET") notePassed(response, code);
        return response;
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
    reason: "The provider could not be reached, or broke off",
  },
  provider_timeout: { status: 504, reason: "The provider did not answer in time" },
  shutting_down: { status: 503, reason: "The gateway is shutting down" },
  // The sentence of the error, which names the variable or the file, is for the log.
  secret_missing: { status: 500, reason: "The gateway has no key for the provider" },
  internal_error: { status: 500, reason: "The gateway failed" },
} as const;

function isKnown(code: string): code is keyof typeof failures {
  return Object.hasOwn(failures, code);
}

/** What a caller gets where a request ends before anything of its answer was sent on. */
function failedResponse(provider: ModelProvider | readonly ModelProvider[], found: string) {
  // The APIs of a provider write their errors alike.
  const [{ denied }] = [provider].flat() as [ModelProvider];
  const code = isKnown(found) ? found : "internal_error";
  const { status, reason } = failures[code];
  // The SDKs try again after a 500, and a secret does not come by itself.
  const headers = new Headers(status === 500 ? { "x-should-retry": "false" } : {});
  return Response.json(denied({ violation: { code, reason }, status }), { status, headers });
}

/** What is passed unread has no body, or no plugin that asks for it. */
async function bodyOf(request: Request): Promise<string | null> {
  return request.body === null ? null : request.text();
}

function callerOf({ about }: ModelCall): ModelCaller {
  return about as ModelCaller;
}
