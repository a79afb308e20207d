import { GlassineError, quoted } from "../errors/index.ts";
import { checkedHook, type HookDefinition, type HookTable } from "./define-hook.ts";

const hookPattern = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$/;

/**
 * Declares the hooks of a host by name. Each is checked as `defineHook` does.
 *
 * Two names have a meaning for the manager, where a host has them: plugins vote on each other in
 * `config_validate` (voting), and audit events go to `audit_emit` (fire and forget).
 *
 * @throws GlassineError `hook_invalid`
 * @example
 * ```ts
 * import { defineHooks } from "glassine/host";
 * import * as z from "zod";
 *
 * const hooks = defineHooks({
 *   "refund.authorize": {
 *     semantic: "voting",
 *     description: "Somebody asks for a refund.",
 *     payload: z.object({ invoice: z.string() }),
 *     ordering: "core_first",
 *     band: "AUTHZ",
 *   },
 * });
 * console.log(Object.keys(hooks)); // [ 'refund.authorize' ]
 * ```
 */
export function defineHooks<const Hooks extends { readonly [hook: string]: HookDefinition }>(
  hooks: Hooks,
): Hooks {
  return Object.freeze(joinHooks({}, hooks));
}

/** Joins two tables. A name that exists, or differs only in separators, is refused. */
export function joinHooks<A extends HookTable, B extends HookTable>(a: A, b: B): A & B {
  const names = new Map(Object.keys(a).map((name) => [folded(name), name]));
  const specs = Object.entries(b).map(([name, spec]) => {
    if (!hookPattern.test(name) || name.length > 64 || reserved.includes(name)) {
      throw invalid(
        `A hook name is lower-case words with _ and dots, and none of ${reserved.join(", ")}; got ${quoted(name)}.`,
        name,
      );
    }
    const clash = names.get(folded(name));
    if (clash === name) throw invalid(`The hook ${quoted(name)} is there already.`, name);
    if (clash !== undefined)
      throw invalid(`The hook ${quoted(name)} is too close to ${quoted(clash)}.`, name);
    names.set(folded(name), name);
    return [name, checkedHook({ ...spec }, name)] as const;
  });
  // The entries of `b`, checked; fromEntries does not keep their keys in its type.
  return Object.freeze({ ...a, ...(Object.fromEntries(specs) as unknown as B) });
}

// A health check is a function of the manifest; `constructor` is a key of every ordinary object.
const reserved = ["health_check", "constructor"];

function invalid(text: string, name: string): GlassineError {
  return new GlassineError("hook_invalid", text, { name });
}

function folded(name: string): string {
  return name.replaceAll(/[_.]/g, "");
}
