/**
 * OpenTelemetry spans: one for each request of a caller, with one inside it for each hook.
 *
 * Names follow the semantic conventions for MCP and GenAI where these have one. Spans contain no
 * content and no session ids. They do contain names chosen by callers, if those are plain.
 *
 * Whatever an SDK throws, such as the error of a span processor, is reported and changes nothing.
 */
import { packageVersion } from "../../core/plugins/index.ts";
import type { AnyHookManager } from "../../providers/mcp/index.ts";
import {
  around,
  type Connection,
  cancelledBy,
  errorOf,
  isAnswer,
  isMessage,
  isRequest,
  keyOf,
  type Message,
  metaOf,
  paramsOf,
  type Transport,
} from "../transports/index.ts";
import { knownMethod } from "./gateway-metrics.ts";
import {
  type Carrier,
  errorStatus,
  type Span,
  type SpanStart,
  spanKinds,
  type TelemetryApi,
  type TraceContext,
  type Tracer,
} from "./telemetry-api.ts";

/** The fields of W3C Trace Context, in headers and in `_meta`. */
const fields = ["traceparent", "tracestate"] as const;

/** Takes the place of a span that could not be begun. */
const noSpan: Span = { setAttribute() {}, setStatus() {}, end() {} };

interface ModelAbout {
  readonly path: string;
  readonly provider: string;
  /** Returns why a response is a refusal, if its status does not say so. */
  errorTypeOf?(response: Response): string | undefined;
}

export class Tracing {
  readonly #api: TelemetryApi;
  readonly #tracer: Tracer;
  readonly #managers = new WeakMap<AnyHookManager, AnyHookManager>();
  /** Called with what the SDK throws. */
  onError: (error: Error) => void = () => {};

  constructor(api: TelemetryApi) {
    this.#api = api;
    this.#tracer = api.trace.getTracer("glassine", packageVersion);
  }

  /** Wraps a front, adding a span for each request of its caller. */
  front(transport: Transport): Transport {
    const open = new Map<string, Span>();
    const finish = (key: string, errorType: string | undefined) => {
      const span = open.get(key);
      open.delete(key);
      if (span !== undefined) this.#end(span, errorType);
    };
    return around(transport, {
      receive: (message, extra, deliver) => {
        if (!isMessage(message) || !isRequest(message)) {
          deliver();
          const id = cancelledBy(message);
          if (id !== undefined) finish(keyOf(id), "cancelled");
          return;
        }
        const headers = extra?.request?.headers;
        const parent = this.#parentOf(metaOf(message), headers);
        const attributes = attributesOf(message, headers !== undefined);
        const name = knownMethod(message.method);
        const { span, active } = this.#begin(name, "server", attributes, parent);
        const key = keyOf(message.id);
        finish(key, "replaced");
        open.set(key, span);
        this.#api.context.with(active, deliver);
      },
      closed() {
        for (const key of [...open.keys()]) finish(key, "closed");
      },
      async send(message, options) {
        try {
          await transport.send(message, options);
        } finally {
          if (isAnswer(message)) finish(keyOf(message.id), errorTypeOf(message));
        }
      },
    });
  }

  /** Wraps a back. Messages from it are handled in the span of the request they belong to. */
  back(transport: Transport, passesOn: boolean): Transport {
    const { context } = this.#api;
    const asked = new Map<string, TraceContext>();
    return around(transport, {
      receive(message, extra, deliver) {
        const answers = isMessage(message) && isAnswer(message) ? message.id : undefined;
        const id = answers ?? extra?.relatedRequestId;
        const found = id === undefined ? undefined : asked.get(keyOf(id));
        if (answers !== undefined) asked.delete(keyOf(answers));
        return found === undefined ? deliver() : context.with(found, deliver);
      },
      closed: () => asked.clear(),
      send: (message, options) => {
        const cancelled = cancelledBy(message);
        if (cancelled !== undefined) asked.delete(keyOf(cancelled));
        if (!isRequest(message)) return transport.send(withFields(message, {}), options);
        asked.set(keyOf(message.id), context.active());
        const trace = passesOn ? this.headers() : {};
        return transport.send(withFields(message, trace), { ...options, trace });
      },
    });
  }

  /** Wraps a manager, adding a span for each hook. A manager always gets the same wrapper. */
  manager(inner: AnyHookManager): AnyHookManager {
    const known = this.#managers.get(inner) ?? this.#spanned(inner);
    this.#managers.set(inner, known);
    return known;
  }

  #spanned(inner: AnyHookManager): AnyHookManager {
    const { plugins, payloadLimits, strictDelegation, isAudited } = inner;
    return {
      plugins,
      payloadLimits,
      strictDelegation,
      isAudited,
      invoke: (hook, payload, options) => this.#invoke(inner, hook, payload, options),
      handles: (hook) => inner.handles(hook),
      handlersFor: (hook) => inner.handlersFor(hook),
      streamPlan: (hook, given) => inner.streamPlan(hook, given),
      audit: (event) => inner.audit(event),
      auditFailures: () => inner.auditFailures(),
    };
  }

  #invoke(inner: AnyHookManager, hook: never, payload: never, options: never | undefined) {
    const { context } = this.#api;
    // Guards pass the request's id.
    const { request = "none" } = (options ?? {}) as { readonly request?: string };
    const attributes = { "glassine.hook": hook, "glassine.request": request };
    const { span, active } = this.#begin(hook, "internal", attributes, context.active());
    return context.with(active, async () => {
      try {
        const result = await inner.invoke(hook, payload, options);
        const { violation } = result;
        this.#end(span, undefined, {
          "glassine.outcome": violation === undefined ? "allowed" : "denied",
          ...(violation !== undefined && {
            "glassine.code": plain(violation.code),
            "glassine.plugin": plain(violation.plugin),
          }),
        });
        return result;
      } catch (error) {
        this.#end(span, "failed");
        throw error;
      }
    });
  }

  /** Handles a request to a model in a span, which lasts until the response has been sent. */
  async http(
    { method, headers }: Request,
    { path, provider, errorTypeOf: refusedBy }: ModelAbout,
    connection: Connection,
    work: () => Promise<Response>,
  ): Promise<Response> {
    const attributes = {
      "http.request.method": method,
      "http.route": path,
      "gen_ai.provider.name": provider,
    };
    const parent = this.#parentOf({}, headers);
    const { span, active } = this.#begin(`${method} ${path}`, "server", attributes, parent);
    try {
      const response = await this.#api.context.with(active, work);
      const { status } = response;
      const errorType = refusedBy?.(response) ?? (status >= 400 ? String(status) : undefined);
      connection.onSent(() => this.#end(span, errorType, { "http.response.status_code": status }));
      return response;
    } catch (error) {
      this.#end(span, "failed");
      throw error;
    }
  }

  /**
   * Returns the headers that pass on the active span: only the trace fields, not what else the
   * operator's propagator writes.
   */
  headers(): Readonly<Carrier> {
    const { propagation, context } = this.#api;
    const carrier: Carrier = {};
    this.#safely(() => propagation.inject(context.active(), carrier), undefined);
    return Object.fromEntries(Object.entries(carrier).filter(([name]) => isField(name)));
  }

  /** Finds a request's parent span. `_meta` comes first: headers are for the whole exchange. */
  #parentOf(meta: Message, headers: Headers | undefined): TraceContext {
    const { propagation, ROOT_CONTEXT } = this.#api;
    const own = fieldsOf((name) => meta[name]);
    const carrier = "traceparent" in own ? own : fieldsOf((name) => headers?.get(name));
    return this.#safely(() => propagation.extract(ROOT_CONTEXT, carrier), ROOT_CONTEXT);
  }

  /** Begins a span. Work that belongs to it is done in the context `active`. */
  #begin(
    name: string,
    kind: keyof typeof spanKinds,
    attributes: Readonly<Carrier>,
    parent: TraceContext,
  ): { readonly span: Span; readonly active: TraceContext } {
    return this.#safely(
      () => {
        const span = this.#tracer.startSpan(name, { kind: spanKinds[kind], attributes }, parent);
        return { span, active: this.#api.trace.setSpan(parent, span) };
      },
      { span: noSpan, active: parent },
    );
  }

  #end(span: Span, errorType: string | undefined, attributes: SpanStart["attributes"] = {}): void {
    this.#safely(() => {
      for (const [name, value] of Object.entries(attributes)) span.setAttribute(name, value);
      if (errorType !== undefined) {
        span.setAttribute("error.type", errorType);
        span.setStatus(errorStatus);
      }
      span.end();
    }, undefined);
  }

  /** Asks the SDK. If it throws, reports the error and returns `otherwise`. */
  #safely<Result>(ask: () => Result, otherwise: Result): Result {
    try {
      return ask();
    } catch (error) {
      this.onError(errorOf(error));
      return otherwise;
    }
  }
}

function fieldsOf(get: (name: string) => unknown): Readonly<Carrier> {
  const found = fields.flatMap((name) => {
    const value = get(name);
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return Object.fromEntries(found);
}

/** Returns the error type of an answer, or `tool_error` if its result says that a tool failed. */
function errorTypeOf({ error, result }: Message): string | undefined {
  if (isMessage(error)) {
    const { code } = isMessage(error.data) ? error.data : {};
    return typeof code === "string" ? plain(code) : String(Number(error.code));
  }
  return isMessage(result) && result.isError === true ? "tool_error" : undefined;
}

function attributesOf({ method, params }: Message, isHttp: boolean): Readonly<Carrier> {
  const name = isMessage(params) ? plain(params.name) : "other";
  return {
    "mcp.method.name": knownMethod(method),
    "network.transport": isHttp ? "tcp" : "pipe",
    ...(method === "tools/call" && {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": name,
    }),
    ...(method === "prompts/get" && { "gen_ai.prompt.name": name }),
  };
}

/** Returns the name if it is short and contains no prose, or else `other`. */
function plain(name: unknown): string {
  return typeof name === "string" && /^[\w.:/@-]{1,128}$/.test(name) ? name : "other";
}

function isField(name: string): boolean {
  return fields.some((each) => each === name);
}

/** Replaces the trace fields that the sender set with `trace`. */
function withFields(message: Message, trace: Readonly<Carrier>): Message {
  const meta = metaOf(message);
  const isTraced = Object.keys(trace).length > 0;
  if (!isTraced && !Object.keys(meta).some(isField)) return message;
  const kept = Object.entries(meta).filter(([name]) => !isField(name));
  return {
    ...message,
    params: { ...paramsOf(message), _meta: { ...Object.fromEntries(kept), ...trace } },
  };
}
