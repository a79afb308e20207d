/** The types of the SDK's documents that callers need. Documents of every version fit them. */

/** The specification that a document is written for: `v4` in ai 7, `v3` in ai 6, `v2` in ai 5. */
export type SpecificationVersion = "v2" | "v3" | "v4";

/** An option of the functions that write documents. */
export interface VersionOption {
  /** The version that new parts are written for. Default: that of `onto`, or `v3`. */
  readonly specificationVersion?: SpecificationVersion;
}

/** An object with these fields, and any others. */
type Having<Fields> = Fields | (Fields & { readonly [field: string]: unknown });

/** A prompt or a list of `ModelMessage`. */
export type PromptLike = readonly Having<{ readonly role: string; readonly content: unknown }>[];

/** A result of `doGenerate`, or what has been streamed of one so far. */
export type ResultLike = Having<{
  readonly content: readonly StreamPartLike[];
  readonly finishReason?: unknown;
  readonly usage?: unknown;
  readonly response?: object | undefined;
}>;

/** An event of `doStream`, or a part of a result. */
export type StreamPartLike = Having<{ readonly type: string }>;
