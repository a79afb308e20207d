/** A tracer of the shape of OpenTelemetry's that keeps its spans, with contexts and W3C headers. */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type TextMapPropagator,
  type Tracer,
  trace,
} from "@opentelemetry/api";

export interface KeptSpan {
  readonly name: string;
  readonly kind: number | undefined;
  readonly traceId: string;
  readonly spanId: string;
  /** The id of the span that it is in. */
  readonly parent: string | undefined;
  readonly attributes: Record<string, unknown>;
  status: number;
  ends: number;
}

const hex = (length: number) =>
  [...crypto.getRandomValues(new Uint8Array(length / 2))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

/** Registers everything, as an SDK does. Returns the spans that were begun. */
export function keepSpans(): { readonly spans: KeptSpan[]; stop(): void } {
  const spans: KeptSpan[] = [];
  const startSpan: Tracer["startSpan"] = (name, options = {}, within = context.active()) => {
    const outer = trace.getSpanContext(within);
    const kept: KeptSpan = {
      ...{ name, kind: options.kind, spanId: hex(16), parent: outer?.spanId },
      traceId: outer?.traceId ?? hex(32),
      ...{ attributes: { ...options.attributes }, status: 0, ends: 0 },
    };
    spans.push(kept);
    const { traceId, spanId } = kept;
    // What the gateway uses of a span.
    return {
      spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
      setAttribute: (key: string, value: unknown) =>
        Object.assign(kept.attributes, { [key]: value }),
      setStatus: ({ code }: { code: number }) => Object.assign(kept, { status: code }),
      end: () => Object.assign(kept, { ends: kept.ends + 1 }),
    } as unknown as Span;
  };
  // Nobody asks it for active spans.
  const tracer = { startSpan } as unknown as Tracer;
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  context.setGlobalContextManager(contexts());
  propagation.setGlobalPropagator(w3c);
  return {
    spans,
    stop() {
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

function contexts(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (given, work, self, ...args) =>
      storage.run(given, () => work.call(self as never, ...args)),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

/** https://www.w3.org/TR/trace-context/, and a header of another propagator. */
const w3c: TextMapPropagator = {
  inject(given, carrier, setter) {
    const { traceId, spanId } = trace.getSpanContext(given) ?? {};
    if (spanId === undefined) return;
    setter.set(carrier, "traceparent", `00-${traceId}-${spanId}-01`);
    setter.set(carrier, "baggage", "of=another");
  },
  extract(given, carrier, getter) {
    const value = getter.get(carrier, "traceparent");
    const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(String(value)) ?? [];
    if (traceId === undefined || spanId === undefined) return given;
    return trace.setSpanContext(given, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
  fields: () => ["traceparent"],
};
