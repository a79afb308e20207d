/**
 * A route to a model provider: each request and its answer, JSON or a stream, goes through the
 * plugins, with the identity and the labels of the gateway.
 */
import { Agent } from "undici";
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
import { openai } from "../../providers/openai/index.ts";
import type { RouteConfig } from "../config/index.ts";
import { sendUpstream, type Upstream } from "./upstream.ts";

/** Who asks, and whose labels are those of the request. */
interface ModelCaller {
  readonly labelSession: string;
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
  /** Of the trace that a request belongs to; for the provider. */
  readonly traceHeaders: () => Readonly<Record<string, string>>;
  readonly onHook: ((ran: ModelEvent) => void) | undefined;
}

export interface ModelRoute {
  readonly path: string;
  readonly provider: string;
  handle(request: Request, caller: ModelCaller): Promise<Response>;
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
    ...{ url: config.url, path, dispatcher, timeoutMs: config.timeoutMs },
    headers: () => ({
      ...(config.traceContext && options.traceHeaders()),
      ...Object.fromEntries(
        Object.entries(config.headers).map(([name, secret]) => [name, secrets(secret)]),
      ),
    }),
  };
  const forwarded = [...alwaysForwarded, ...config.forward.map((name) => name.toLowerCase())];
  const provider = providers[config.provider];
  const guard = guardHttp(manager, {
    provider,
    allow: config.allow,
    limits: { requestBytes: messageBytes },
    envelope: (call) => callerOf(call).envelope,
    labels: { store, session: (call) => callerOf(call).labelSession },
    ...(tenant !== undefined && { tenant }),
    ...(access !== undefined && { access }),
    onEnd,
    ...(onHook !== undefined && { onResult: onHook }),
  });

  return {
    path,
    provider: config.provider,
    async handle(request, caller) {
      const url = new URL(request.url);
      const { method, signal } = request;
      const headers = new Headers(
        forwarded.flatMap((name): [string, string][] => {
          const value = request.headers.get(name);
          return value === null ? [] : [[name, value]];
        }),
      );
      const send = (body: string | null, sent: Headers) =>
        sendUpstream(upstream, url, { method, headers: sent, body, signal });
      try {
        return await guard({
          ...{ method, url, headers, signal, about: caller },
          body: async () => request.body,
          pass: async () => send(await bodyOf(request), headers),
          send,
        });
      } catch (error) {
        return failedResponse(provider, error);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

const failures = {
  unreachable: { status: 502, reason: "The provider could not be reached, or broke off" },
  timeout: { status: 504, reason: "The provider did not answer in time" },
} as const;

/** What a caller gets of a provider that fails before anything of its answer was sent on. */
function failedResponse(provider: ModelProvider | readonly ModelProvider[], error: unknown) {
  // The APIs of a provider write their errors alike.
  const [{ denied }] = [provider].flat() as [ModelProvider];
  const kind = (error as Error | undefined)?.name === "TimeoutError" ? "timeout" : "unreachable";
  const { status, reason } = failures[kind];
  const violation = { code: `provider_${kind}`, reason };
  return Response.json(denied({ violation, status }), { status });
}

/** What is passed unread has no body, or no plugin that asks for it. */
async function bodyOf(request: Request): Promise<string | null> {
  return request.body === null ? null : request.text();
}

function callerOf({ about }: ModelCall): ModelCaller {
  return about as ModelCaller;
}
