/** What a guard knows of a provider: how its documents are read, written and refused. */

import type { Message } from "../../core/messages/index.ts";
import type { EventTexts } from "./event-pieces.ts";
import type { LimitOptions, Read, Written } from "./messages.ts";
import type { MessageStream, StreamLimits } from "./stream.ts";

/** Why something is refused, in words that a caller may see. */
export interface ProviderRefusal {
  readonly violation: {
    /** `content_unseen`, or the code that a plugin chose. */
    readonly code: string;
    readonly reason: string;
  };
  /** The HTTP status of the refusal. */
  readonly status: number;
}

/** The document that messages are written over. */
interface OntoOptions extends LimitOptions {
  readonly onto: object;
}

/** Limits of a streamed answer, and the request that it answers, if that is known. */
export interface AnswerStreamOptions extends StreamLimits {
  readonly request?: unknown;
}

/** One API of a provider of models, such as Chat Completions. */
export interface ModelProvider {
  /** Names the API: `openai.chat_completions`. */
  readonly name: string;
  /**
   * The requests that it reads, each a method and the end of a path: `POST /chat/completions`. `*`
   * stands for one segment, or for the beginning of one.
   */
  readonly requests: readonly string[];

  /** @throws GlassineError `document_invalid` */
  readRequest(document: unknown, options?: LimitOptions): Read;
  writeRequest(messages: readonly Message[], options: OntoOptions): Written<object>;
  /** @throws GlassineError `document_invalid` */
  readAnswer(document: unknown, options?: LimitOptions): Read;
  writeAnswer(messages: readonly Message[], options: OntoOptions): Written<object>;

  /**
   * The fields of an answer that say nothing but what its request said, as it was sent on. `left` of
   * an answer reports what it repeats, as if nothing was known of the request.
   */
  repeatedIn?(answer: object, request: unknown): readonly string[];

  /** Whether a request asks for a stream of events. */
  asksForStream(request: unknown): boolean;
  /** Puts a streamed answer together. */
  stream(options?: AnswerStreamOptions): MessageStream<object, object>;
  /** The events that stream an answer. */
  toEvents(answer: object, options?: LimitOptions): readonly object[];
  /** Where its events have text that can be forwarded in pieces. Without it an answer waits. */
  readonly eventTexts?: EventTexts;
  /** Whether an `event:` line repeats the `type` of each event. */
  readonly namesEvents: boolean;
  /** The `data:` after the last event, which is not an event itself: `[DONE]`. */
  readonly lastData?: string | undefined;

  /** The body of an error, as the provider writes it. */
  denied(refusal: ProviderRefusal): object;
  /** The event that ends a stream with an error, as the provider writes it. */
  deniedEvent(refusal: ProviderRefusal): object;
}
