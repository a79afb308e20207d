/** The parts of `@opentelemetry/api` that are used, and how to load it. It is an optional peer. */
import { loadPeer } from "../../operate/packages/index.ts";

/** An opaque context, which carries a span. */
export interface TraceContext {
  getValue(key: symbol): unknown;
}

export interface Span {
  setAttribute(name: string, value: string | number | boolean): unknown;
  setStatus(status: { readonly code: number }): unknown;
  end(): void;
}

export interface SpanStart {
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export type Carrier = Record<string, string>;

export interface TelemetryApi {
  readonly ROOT_CONTEXT: TraceContext;
  readonly trace: {
    getTracer(name: string, version: string): Tracer;
    setSpan(context: TraceContext, span: Span): TraceContext;
  };
  readonly context: {
    active(): TraceContext;
    with<Result>(context: TraceContext, work: () => Result): Result;
  };
  readonly propagation: {
    extract(context: TraceContext, carrier: Carrier): TraceContext;
    inject(context: TraceContext, carrier: Carrier): void;
  };
}

export interface Tracer {
  startSpan(name: string, options: SpanStart, context: TraceContext): Span;
}

/** The package's values of `SpanKind` and `SpanStatusCode`. */
export const spanKinds = { internal: 0, server: 1 } as const;
export const errorStatus = { code: 2 } as const;

/** @throws GlassineError (as a rejection) `setting_invalid` if the package is not installed */
export async function loadTelemetry(): Promise<TelemetryApi> {
  const name = "@opentelemetry/api";
  const exports = ["createContextKey"];
  return (await loadPeer({ name, install: name, exports })) as TelemetryApi;
}
