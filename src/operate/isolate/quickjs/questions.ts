/** What a plugin inside QuickJS may import, and what it is asked and answers. */

/** The names that a plugin may import, by the entry of this library that has them. */
export const offered = {
  glassine: [
    "addLabels",
    "allow",
    "capabilities",
    "definePlugin",
    "deny",
    "getHeader",
    "GlassineError",
    "hasLabel",
    "hookNames",
    "isGlassineError",
    "RejectError",
    "removeHeader",
    "setCustom",
    "setHeader",
    "slotNames",
  ],
  "glassine/audit": ["health"],
  "glassine/messages": ["freezePayload", "text", "thinking"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What rarely changes between turns, and is sent only when it has changed. */
export interface Settings {
  readonly plugin: { readonly name: string; readonly version: string };
  readonly capabilities: readonly string[];
  readonly config?: unknown;
}

/** What the host asks. */
export type Question = (
  | { readonly do: "describe"; readonly exportName: string }
  | { readonly do: "config"; readonly value: unknown }
  | { readonly do: "health" }
  | {
      readonly do: "turn";
      /** The entry of the manifest, and the hook that was invoked. */
      readonly entry: string;
      readonly hook: string;
      readonly request: string;
      readonly operation?: unknown;
      readonly stream?: unknown;
      readonly payload: object;
      readonly extensions?: object | undefined;
    }
) & { readonly settings?: Settings | undefined };

/** A function in a plugin's description of itself. */
export interface SaidFunction {
  readonly arity: number;
}

export type Answer =
  | { readonly is: "nothing" }
  | { readonly is: "allow" }
  | { readonly is: "denial"; readonly denial: Readonly<Record<string, unknown>> }
  | { readonly is: "value"; readonly value: unknown }
  | { readonly is: "health"; readonly status: string; readonly message: string }
  | { readonly is: "error"; readonly message: string; readonly code: string };
