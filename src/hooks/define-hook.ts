import type * as z from "zod";
import { GlassineError, quoted, suggestion } from "../errors/index.ts";
import { messageSchema } from "../messages/index.ts";
import type { DeepReadonly } from "../slots/index.ts";

/** What kind of dispatch a hook gets. */
type Semantic = "message";

/** A hook point: what its payload is and what plugins may change of it. */
export interface HookSpec {
  readonly semantic: Semantic;
  readonly description: string;
  readonly payload: z.ZodType;
  /** The payload fields that plugins may change. None by default. */
  readonly writable?: readonly string[];
  /** Which side of the operation the point is on. Handlers of `covers` hooks go by it. */
  readonly side?: "pre" | "post";
  /** A hook whose handlers take part in every point of that side. */
  readonly covers?: "pre" | "post";
  /** A payload field that is deprecated for the `http` slot. */
  readonly headersField?: string;
}

/** Hooks by name. */
export interface HookTable {
  readonly [hook: string]: HookSpec;
}

/** The payload of a hook, frozen. */
export type PayloadOf<Spec extends HookSpec> = DeepReadonly<z.output<Spec["payload"]>>;

/** What `invoke` takes as payload: fields with a default may be left out. */
export type PayloadInputOf<Spec extends HookSpec> = DeepReadonly<z.input<Spec["payload"]>>;

/**
 * Declares a hook of a host. Used in `defineHost({ hooks })`.
 *
 * @throws GlassineError `hook_invalid`
 * @example
 * ```ts
 * import { defineHook } from "glassine";
 * import * as z from "zod";
 *
 * const invoicePaid = defineHook({
 *   semantic: "message",
 *   description: "An invoice is about to be paid.",
 *   payload: z.object({ invoice: z.string(), amount: z.number() }),
 *   writable: ["amount"],
 * });
 * console.log(invoicePaid.writable); // [ 'amount' ]
 * ```
 */
export function defineHook<const Spec extends HookSpec>(spec: Spec): Spec {
  if (spec.semantic !== "message") {
    throw new GlassineError("hook_invalid", 'A hook\'s semantic is "message".');
  }
  const shape = (spec.payload?._zod?.def as { shape?: object } | undefined)?.shape;
  if (shape === undefined) {
    throw new GlassineError("hook_invalid", "A hook's payload is a z.object schema.");
  }
  for (const key of Object.keys(spec)) {
    if (settings.includes(key)) continue;
    throw new GlassineError(
      "hook_invalid",
      `A hook has no setting ${quoted(key)}.${suggestion(key, settings)}`,
    );
  }
  if ((spec.side ?? spec.covers) !== undefined && spec.payload !== messageSchema) {
    throw new GlassineError(
      "hook_invalid",
      "A hook with side or covers shares its handlers with message points: its payload is messageSchema.",
    );
  }
  for (const field of spec.writable ?? []) {
    if (!Object.hasOwn(shape, field)) {
      throw new GlassineError(
        "hook_invalid",
        `The writable field ${quoted(field)} is not in the payload.`,
      );
    }
  }
  return Object.freeze(spec);
}

const settings = [
  "semantic",
  "description",
  "payload",
  "writable",
  "side",
  "covers",
  "headersField",
];
