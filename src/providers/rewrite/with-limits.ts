/** The limits that a host sets for one conversion or one stream. */
import { expectOptions, underPayloadLimits } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import type { LimitOptions } from "./messages.ts";
import type { MessageStream } from "./stream.ts";

/** `translate`, with the `limits` in its options for everything that it reads. */
/* @__NO_SIDE_EFFECTS__ */
export function withLimits<Translate extends (...given: never[]) => unknown>(
  call: string,
  translate: Translate,
): Translate {
  const limited = (...given: never[]) =>
    underPayloadLimits(limitsIn(given[1]), () => translate(...given));
  return named(call, limited as Translate);
}

/** A function that reads a document and has no option but `limits`. `call` is its name. */
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

/** Error messages name the function that the host called. */
function named<Named extends (...given: never[]) => unknown>(name: string, call: Named): Named {
  return Object.defineProperty(call, "name", { value: name });
}

/** A stream with limits for its events and results. */
export function streamWithLimits<Stream extends MessageStream<never, unknown>>(
  options: LimitOptions,
  stream: Stream,
): Stream {
  const limits = limitsIn(options);
  if (limits === undefined) return stream;
  return streamWithin(stream, (work) => underPayloadLimits(limits, work));
}

/** The same stream, of which `within` calls what takes an event and what returns a result. */
export function streamWithin<Stream extends MessageStream<never, unknown>>(
  stream: Stream,
  within: <Result>(work: () => Result, isEvent: boolean) => Result,
): Stream {
  // The same members as `stream` has; a `Stream` of any kind has no others.
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
  } as Stream;
}

function limitsIn(options: unknown): unknown {
  return ownValue(options, "limits");
}
