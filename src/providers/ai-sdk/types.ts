/** The SDK's documents, as far as callers have to type them: those of every version fit. */

/** Which specification a document is written for: `v4` is that of ai 7, `v3` of ai 6, `v2` of ai 5. */
export type SpecificationVersion = "v2" | "v3" | "v4";

/** An option of what writes documents. */
export interface VersionOption {
  /** For which version new parts are written. Default that of `onto`, or `v3`. */
  readonly specificationVersion?: SpecificationVersion;
}

/** What has these fields, and any others. */
type Having<Fields> = Fields | (Fields & { readonly [field: string]: unknown });

/** A prompt or a list of `ModelMessage`. */
export type PromptLike = readonly Having<{ readonly role: string; readonly content: unknown }>[];

/** A result of `doGenerate`, or as much as was streamed of one. */
export type ResultLike = Having<{
  readonly content: readonly StreamPartLike[];
  readonly finishReason?: unknown;
  readonly usage?: unknown;
  readonly response?: object | undefined;
}>;

/** An event of `doStream`, or a part of a result. */
export type StreamPartLike = Having<{ readonly type: string }>;
