/** What a guard knows about a provider: how to read, write and refuse its documents. */

import type { Message } from "../../core/messages/index.ts";
import type { EventTexts } from "./event-texts.ts";
import type { LimitOptions, Read, Written } from "./messages.ts";
import type { MessageStream, StreamLimits } from "./stream.ts";

/** Why an exchange was refused, in words that a caller may see. */
export interface ModelRefusal {
  /** The guard's own, such as `content_unseen`, or one that a plugin or the provider chose. */
  readonly code: string;
  readonly reason: string;
  /** The HTTP status of the refusal. */
  readonly status: number;
  /** The plugin that denied it. */
  readonly plugin?: string | undefined;
}

/** The document that messages are written over. */
interface OntoOptions extends LimitOptions {
  readonly onto: object;
}

/** Limits of a streamed answer, and the request that it answers, if known. */
export interface AnswerStreamOptions extends StreamLimits {
  readonly request?: unknown;
}

/** One API of a model provider, such as Chat Completions. */
export interface ModelProvider {
  /** Names the API: `openai.chat_completions`. */
  readonly name: string;
  /**
   * The requests that it reads, each a method and the end of a path: `POST /chat/completions`. `*`
   * stands for one segment, or for the start of one.
   */
  readonly requests: readonly string[];
  /** The model that a path of `requests` names, if requests name it there and not in their bodies. */
  modelIn?(path: string): string;
  /** Headers that only requests to this provider have, in lower case: `anthropic-version`. */
  readonly ownHeaders?: readonly string[];

  /** @throws GlassineError `document_invalid` */
  readRequest(document: unknown, options?: LimitOptions): Read;
  writeRequest(messages: readonly Message[], options: OntoOptions): Written<object>;
  /** @throws GlassineError `document_invalid` */
  readAnswer(document: unknown, options?: LimitOptions): Read;
  writeAnswer(messages: readonly Message[], options: OntoOptions): Written<object>;

  /**
   * Returns the fields of an answer that only repeat its request, as it was forwarded. An answer's
   * `left` may list such fields, because it is made without knowing the request.
   */
  repeatedIn?(answer: object, request: unknown): readonly string[];

  /** Assembles a streamed answer. */
  stream(options?: AnswerStreamOptions): MessageStream<object, object>;
  /** Returns the events that stream an answer. */
  toEvents(answer: object, options?: LimitOptions): readonly object[];
  /** Where events have text that can be forwarded in pieces. If absent, answers leave whole. */
  readonly eventTexts?: EventTexts;
  /** Whether an `event:` line repeats the `type` of each event. */
  readonly namesEvents: boolean;
  /** A `data:` after the last event that is not an event itself: `[DONE]`. */
  readonly lastData?: string | undefined;

  /** Returns a refusal as the body of an error, as the provider writes it. */
  denied(refusal: ModelRefusal): object;
  /** Returns a refusal as the event that ends a stream with an error. */
  deniedEvent(refusal: ModelRefusal): object;
}
