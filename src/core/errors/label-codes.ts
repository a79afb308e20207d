import type { ErrorCodeSpec } from "./code-spec.ts";

/** The codes of labels that are kept from call to call. Part of `errorCodes`. */
export const labelCodes = {
  session_invalid: {
    kind: "misuse",
    means: "A session of a label store is no text, empty, too long, or no valid Unicode.",
    todo: "Name the session by a text that the host chose.",
  },
  label_store_failed: {
    kind: "failure",
    means:
      "A label store did not answer in time, could not be reached, or answered something else than labels.",
    todo: 'See `cause`. Nothing passes meanwhile, unless the host chose `onStoreError: "ignore"`.',
  },
  label_store_full: {
    kind: "failure",
    means:
      "A label store has no room for one more session, or a session none for one more label. Nothing was forgotten.",
    todo: "Raise `maxSessions`, have unused sessions end sooner with `ttlMs`, or use fewer labels.",
  },
} as const satisfies Record<string, ErrorCodeSpec>;
