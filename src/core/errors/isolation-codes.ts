import type { ErrorCodeSpec } from "./code-spec.ts";

/** The codes of plugins whose code runs in a thread or a process of its own. Part of `errorCodes`. */
export const isolationCodes = {
  isolation_refused: {
    means:
      "This machine cannot hold an isolated plugin to what its kind promises. `data.open` lists what stays open.",
    todo: "Run it where namespaces may be made, choose another kind, or accept by name what stays open.",
  },
  plugin_isolation_failed: {
    means:
      "An isolated plugin cannot be read or loaded, or exports no plugin. `data.step` is what failed: `package` (its hash), `import`, `factory`, `manifest` or `config`.",
    todo: "Do what the message says. What it prints while it starts, `onOutput` gets.",
  },
  plugin_ended: {
    means:
      "The code of an isolated plugin ended, was ended at its deadline or its memory limit, or is closed. It starts again with the next turn, after a pause that grows.",
    todo: "Look at what it prints, with `onOutput`. Its handlers fail under their own `onError` until then.",
  },
  plugin_busy: {
    means: "An isolated plugin has as many open turns as it may have.",
    todo: "Raise maxTurns, give it a shorter time, or run more of it with `size`.",
  },
} as const satisfies Record<string, ErrorCodeSpec>;
