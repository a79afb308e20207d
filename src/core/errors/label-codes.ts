import type { ErrorCodeSpec } from "./code-spec.ts";

/** The codes of labels that are kept from call to call. Part of `errorCodes`. */
export const labelCodes = {
  session_invalid: {
    kind: "misuse",
    means: "A session of a label store is not a string, empty, too long, or not valid Unicode.",
    todo: "Use a session name that the host chose.",
  },
  label_store_failed: {
    kind: "failure",
    means:
      "A label store did not answer in time, could not be reached, or returned something other than labels.",
    todo: 'See `cause`. Meanwhile nothing passes, unless the host chose `onStoreError: "ignore"`.',
  },
  label_store_full: {
    kind: "failure",
    means:
      "A label store has no room for another session, or a session no room for another label. Nothing was forgotten.",
    todo: "Raise `maxSessions`, let unused sessions expire sooner with `ttlMs`, or use fewer labels.",
  },
} as const satisfies Record<string, ErrorCodeSpec>;
