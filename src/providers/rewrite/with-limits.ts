/** Applies the limits that a host sets for one conversion or one stream. */
import { expectOptions, underPayloadLimits } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import type { LimitOptions } from "./messages.ts";
import type { MessageStream } from "./stream.ts";

/** Wraps `translate` so that the `limits` in its options apply to everything that it reads. */
/* @__NO_SIDE_EFFECTS__ */
export function withLimits<Translate extends (...given: never[]) => unknown>(
  call: string,
  translate: Translate,
): Translate {
  const limited = (...given: never[]) =>
    underPayloadLimits(limitsIn(given[1]), () => translate(...given));
  return named(call, limited as Translate);
}

/** Wraps `read` as a function named `call`, whose only option is `limits`. */
/* @__NO_SIDE_EFFECTS__ */
export function readerWithLimits<Document, Result>(
  call: string,
  read: (document: Document) => Result,
): (document: Document, options?: LimitOptions) => Result {
  return named(call, (document: Document, options: LimitOptions = {}) => {
    expectOptions(options, ["limits"], call);
    return underPayloadLimits(limitsIn(options), () => read(document));
  });
}

/** Sets a function's name, because error messages name the function that the host called. */
function named<Named extends (...given: never[]) => unknown>(name: string, call: Named): Named {
  return Object.defineProperty(call, "name", { value: name });
}

/** Wraps a stream so that the limits apply to its events and results. */
export function streamWithLimits<Stream extends MessageStream<never, unknown>>(
  options: LimitOptions,
  stream: Stream,
): Stream {
  const limits = limitsIn(options);
  if (limits === undefined) return stream;
  return streamWithin(stream, (work) => underPayloadLimits(limits, work));
}

/** Wraps a stream so that `within` runs whatever takes an event or returns a result. */
export function streamWithin<Stream extends MessageStream<never, unknown>>(
  stream: Stream,
  within: <Result>(work: () => Result, isEvent: boolean) => Result,
): Stream {
  // The members of `MessageStream`; no kind of `Stream` has others.
  return {
    push: (event: never) => within(() => stream.push(event), true),
    get current() {
      return within(() => stream.current, false);
    },
    get document() {
      return within(() => stream.document, false);
    },
    get done() {
      return stream.done;
    },
    get canGrow() {
      return stream.canGrow;
    },
    get omitted() {
      return stream.omitted;
    },
  } as Stream;
}

function limitsIn(options: unknown): unknown {
  return ownValue(options, "limits");
}
