/**
 * The semantics, bands, orderings and settings of hooks, and the modes of plugins, also on streams.
 */

/**
 * The five ways in which a hook can be dispatched.
 *
 * - `message`: handlers change a payload and its extensions, or deny.
 * - `voting`: handlers allow or deny; the first denial is the answer.
 * - `filter_chain`: each handler gets the value that the one before it returned.
 * - `score_delta`: handlers return numbers by id, which are summed.
 * - `fire_and_forget`: handlers are notified; what they return is ignored.
 */
export const semantics = [
  "message",
  "voting",
  "filter_chain",
  "score_delta",
  "fire_and_forget",
] as const;

/** How a hook is dispatched. */
export type Semantic = (typeof semantics)[number];

/** The bands of one operation with their numbers, in the order in which its phases run. */
export const bands = Object.freeze({
  AUTHN: 10,
  AUTHZ: 20,
  VALIDATE: 30,
  TRANSFORM: 40,
  FILTER: 50,
  RANK: 60,
  PERSIST: 70,
  AUDIT: 80,
  OBSERVE: 90,
} as const);

/** The phase of an operation that a hook belongs to. It orders hooks, not handlers. */
export type Band = keyof typeof bands;

/**
 * Whether the host's own handlers or the plugins' run first on a hook, and whether the host may
 * have any there at all.
 */
export const orderings = [
  "core_first",
  "plugins_first",
  "core_only_default",
  "plugin_only",
] as const;

/** How core handlers and plugins share a hook. */
export type Ordering = (typeof orderings)[number];

/** The settings of a hook definition, and the semantics that each one applies to. */
export const hookSettings = {
  semantic: semantics,
  description: semantics,
  payload: semantics,
  writable: ["message"],
  side: ["message"],
  covers: ["message"],
  headersField: ["message"],
  streamed: ["message"],
  operation: ["voting", "filter_chain", "score_delta", "fire_and_forget"],
  ordering: ["voting", "filter_chain", "score_delta", "fire_and_forget"],
  band: ["voting", "filter_chain", "score_delta", "fire_and_forget"],
  required: ["voting"],
  keeps: ["filter_chain"],
  strict: ["fire_and_forget"],
} as const satisfies Record<string, readonly Semantic[]>;

/** Modes and what each may do, in the order of their phases. */
export const modes = {
  sequential: { mayHalt: true, mayModify: true },
  transform: { mayHalt: false, mayModify: true },
  audit: { mayHalt: false, mayModify: false },
  concurrent: { mayHalt: true, mayModify: false },
  fire_and_forget: { mayHalt: false, mayModify: false },
  disabled: { mayHalt: false, mayModify: false },
} as const satisfies Record<string, { readonly mayHalt: boolean; readonly mayModify: boolean }>;

/**
 * How a plugin runs on a hook. The modes are the phases of a hook, in this order.
 *
 * - `sequential`: one by one, each with the previous one's changes. May halt.
 * - `transform`: the same, but may not halt.
 * - `audit`: one by one. May neither halt nor modify.
 * - `concurrent`: together. May halt, and may add labels and hops but modify nothing else.
 * - `fire_and_forget`: in the background. May neither halt nor modify.
 * - `disabled`: not at all.
 */
export type Mode = keyof typeof modes;

/** What happens when a handler fails or its result is refused. */
export type OnError = "fail" | "ignore" | "disable";

/**
 * What a handler needs to have seen before the text of a streamed message may be forwarded.
 *
 * - `buffer`: the whole message. The handler is called once.
 * - `sentence`: the sentence. What the handler does with it does not depend on later sentences.
 * - `{ window: n }`: a little more text. When text is appended to a message, at most the last `n`
 *   UTF-16 units of the handler's output change. So `n` must be at least the length of the longest
 *   string that it looks for, and of the longest one that it puts in its place.
 * - `pass`: nothing. The handler is called once, at the end, and can neither hold back nor change
 *   what has been forwarded.
 *
 * With `sentence` and `window`, a handler is called repeatedly with the text so far. If it denies a
 * part of a message, it must also deny the whole.
 */
export type StreamMode = "buffer" | "sentence" | "pass" | { readonly window: number };
