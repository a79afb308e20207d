import type { LabelStore } from "../../core/labels/index.ts";
import type { Access, HookResult, Timings } from "../guard/index.ts";
import type { ModelProvider, ModelRefusal, StreamLimits } from "../rewrite/index.ts";

/** An exchange with a model that is about to be checked, as the host sees it. */
export interface ModelCall<About = unknown> {
  /** The library's own id of the exchange, also used in its `ModelEnd` and in each audit record. */
  readonly request: string;
  /** The name of the `ModelProvider`. */
  readonly provider: string;
  /** The body of the request as it arrived. Do not change it. Absent without `judgeRequest`. */
  readonly document: unknown;
  /** The slots that the request sets, such as `llm.model_id`: unverified claims of its sender. */
  readonly slots: object;
  /** What the host passed to `begin`; for `guardFetch`, the HTTP request without its body. */
  readonly about: About;
}

/** A hook ran or failed, or an exchange was refused for another reason. */
export interface ModelEvent<Extensions = unknown> {
  readonly request: string;
  readonly provider: string;
  /**
   * The name of the hook. For other failures: `envelope`, `tenant`, `labels`, `request` or
   * `answer`, and `headers` for headers that plugins wrote and that cannot be sent.
   */
  readonly point: string;
  /** Absent when the hook could not run; then `error` says why. */
  readonly result?: HookResult<Extensions>;
  readonly error?: unknown;
}

/**
 * How an exchange ended.
 *
 * - `allowed`: its answer was returned.
 * - `denied`: a plugin refused the request or the answer.
 * - `errored`: it could not be checked, was malformed, or the provider answered with an error.
 * - `aborted`: the caller went away.
 */
export type ModelOutcome = "allowed" | "denied" | "errored" | "aborted";

/** The end of an exchange. Reported once for each. */
export interface ModelEnd {
  readonly request: string;
  readonly provider: string;
  /** `security.subject.id` of the envelope, if hooks ran. */
  readonly subject: string | undefined;
  /** The model that the request named, if it was read. */
  readonly name: string | undefined;
  readonly outcome: ModelOutcome;
  /** The code of the refusal, unless the exchange was allowed. */
  readonly code: string | undefined;
  /** The plugin that denied it. */
  readonly plugin: string | undefined;
  /** With `content_unseen`: the kind and the path of the content that no plugin sees. */
  readonly unseen?: string | undefined;
  readonly timings: ModelTimings;
}

/**
 * Milliseconds until the request was checked, from there until its answer was complete, and from
 * there until the answer was checked.
 */
export type ModelTimings = Timings;

/** How labels follow data from one exchange, or one tool call, of a session to the next. */
export interface ModelLabels<Extensions = unknown, Call = ModelCall> {
  /**
   * Keeps the labels between exchanges. Default: in memory, for this guard only; as long as the guard
   * lasts if `session` is a string, else up to 24 hours without use.
   */
  readonly store?: LabelStore | undefined;
  /**
   * The session of an exchange. The host determines it, so that no caller can choose or leave it.
   * If the function fails or does not return a string, the exchange is refused.
   */
  readonly session:
    | string
    | ((call: Call, extensions: Extensions | undefined) => string | Promise<string>);
  /**
   * What happens when the store fails: `deny` (the default) refuses; with `ignore` the exchange
   * continues with its own labels.
   */
  readonly onStoreError?: "deny" | "ignore" | undefined;
  /** Milliseconds after which a store that has not answered counts as failed. Default 2000. */
  readonly timeoutMs?: number | undefined;
}

/** The result of `createExtensions`, or a plain document that the manager reads. */
type Envelope = object & { readonly then?: never };

export interface ModelGuardOptions<Extensions = unknown, Call = ModelCall> {
  /**
   * Creates the envelope of an exchange from what the host knows. Without it, hooks get the slots
   * that the request sets, such as `llm`; a tool call sets none. If it fails or does not return an
   * object, the exchange is refused.
   */
  readonly envelope?: ((call: Call) => Envelope | Promise<Envelope>) | undefined;
  /**
   * The tenant, for `conditions.tenants` and the audit trail. If the function fails or does not
   * return a string, the exchange is refused.
   */
  readonly tenant?: string | ((call: Call) => string | Promise<string>) | undefined;
  /** Carries labels from exchange to exchange. */
  readonly labels?: ModelLabels<Extensions, Call> | undefined;
  /**
   * What may pass although no plugin sees it: kinds of `left`, or a kind and a path, such as
   * `tools` or `content messages[*].name`. Settings always pass. With anything else in `left`, the
   * document is refused.
   */
  readonly allow?: readonly string[] | undefined;
  /**
   * Whether each tool call of an answer goes through `cmf.tool_pre_invoke`. Default true. Set it to
   * false in a host that runs the tools itself and invokes the hook at that point.
   */
  readonly toolCalls?: boolean | undefined;
  /**
   * Which exchanges are recorded in the manager's audit trail when they end: `refused` for those
   * that were not allowed, or `all`. Without it, only what plugins did is recorded.
   */
  readonly access?: Access | undefined;
  /** Called once at the end of each exchange. What it throws is ignored. */
  readonly onEnd?: ((end: ModelEnd) => void) | undefined;
  /** Called for every hook that ran, and for failures. What it throws is ignored. */
  readonly onResult?: ((event: ModelEvent<Extensions>) => void) | undefined;
}

/** The result of judging a document: the document as plugins left it, or why it was refused. */
export type Judged =
  | { readonly document: object; readonly refusal?: undefined }
  | { readonly refusal: ModelRefusal; readonly document?: undefined };

/** An event of a streamed answer that may be forwarded, or at the end why the rest may not. */
export type JudgedEvent =
  | { readonly event: object; readonly refusal?: undefined }
  | { readonly refusal: ModelRefusal; readonly event?: undefined };

/** Options of `ModelGuard.begin`. */
export interface BeginOptions {
  /** Passed to the functions in the guard's options as `call.about`. */
  readonly about?: unknown;
  /** The model that is asked, if the body of the request does not name it, as with Google. */
  readonly model?: string | undefined;
  /** Aborts the hooks of this exchange. */
  readonly signal?: AbortSignal | undefined;
}

/** Judges what goes to a model and what comes from it. */
export interface ModelGuard {
  readonly provider: ModelProvider;
  /** Whether any plugin would see a request, or an answer. */
  listens(part: "request" | "answer"): boolean;
  /**
   * Begins an exchange: a request and its answer.
   *
   * @throws GlassineError `options_invalid`
   */
  begin(options?: BeginOptions): ModelExchange;
}

/** One request to a model and its answer. Call `end` once. Only `judgeEvents` can throw. */
export interface ModelExchange {
  /** The library's own id of the exchange. */
  readonly request: string;
  /** Judges the body of a request. The document is the same object if no plugin listens. */
  judgeRequest(document: unknown): Promise<Judged>;
  /** After `judgeRequest`: the headers of the request, with those that plugins wrote. */
  withHeaders(own: Headers): Headers;
  /** Judges the body of an answer. The document is the same object if no plugin listens. */
  judgeAnswer(document: unknown): Promise<Judged>;
  /**
   * Judges the events of a streamed answer. A refusal is the last item. Errors that `events` throws
   * are rethrown.
   */
  judgeEvents(events: AsyncIterable<unknown>, limits?: StreamLimits): AsyncGenerator<JudgedEvent>;
  /**
   * Judges the message of a provider's error. The refusal has the message as plugins left it, the
   * error's code, and `status`, but nothing else of the error.
   */
  judgeError(document: unknown, status: number): Promise<ModelRefusal>;
  /** Reports the end, once. Without `outcome`, it follows from the refusal, or is `allowed`. */
  end(refusal?: ModelRefusal, outcome?: ModelOutcome, code?: string): void;
}
