/** OpenTelemetry's SDK, set up to keep the spans that are started. */
import { context, diag, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { CompositePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { vi } from "vitest";

export interface KeptSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** The id of the parent span. */
  readonly parent: string | undefined;
  readonly attributes: ReadableSpan["attributes"];
  readonly status: number;
  readonly ends: number;
}

/** A propagator that also writes what no server has asked for. */
const baggage = {
  inject: (_: unknown, carrier: unknown) => void Object.assign(carrier as object, { baggage: "a" }),
  extract: <Context>(given: Context) => given,
  fields: () => ["baggage"],
};

/** Registers the SDK. Returns the spans that were started, in their current state. */
export function keepSpans(): { readonly spans: readonly KeptSpan[]; stop(): void } {
  const begun: ReadableSpan[] = [];
  // The SDK warns here if a span ended twice, or changed after its end.
  const warn = vi.fn();
  diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} });
  const provider = new BasicTracerProvider({
    spanProcessors: [
      {
        onStart: (span) => void begun.push(span),
        onEnd() {},
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), baggage] }),
  );
  return {
    get spans() {
      return begun.map(keptOf);
    },
    stop() {
      for (const api of [trace, context, propagation, diag]) api.disable();
      if (warn.mock.calls.length > 0) throw new Error(`The SDK warns: ${warn.mock.calls[0]}`);
    },
  };
}

function keptOf(span: ReadableSpan): KeptSpan {
  const { name, kind, attributes, status, ended, parentSpanContext } = span;
  const { traceId, spanId } = span.spanContext();
  const ends = Number(ended);
  const parent = parentSpanContext?.spanId;
  return { name, kind, traceId, spanId, parent, attributes, status: status.code, ends };
}
