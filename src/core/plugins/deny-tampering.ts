/** What a manager with `tampering: "deny"` does in a realm that was changed. */
import { attempt, detectTampering, type Json } from "../data/index.ts";
import { freeze } from "../data/intrinsics.ts";
import { GlassineError } from "../errors/index.ts";
import type { Violation } from "../hooks/index.ts";

const message = "The realm is not as it was when the library loaded";
const maxNamed = 8;

/** Whether the options of a manager say so. They are read later, by code that a patch may mislead. */
export function asksToDeny(options: unknown): boolean {
  return attempt(() => (options as { readonly tampering?: unknown }).tampering) === "deny";
}

/** @throws GlassineError `realm_tampered` */
export function assertUntampered(): void {
  const changes = detectTampering();
  if (changes.length === 0) return;
  let text = "";
  for (let i = 0; i < changes.length && i < maxNamed; i++) {
    text += `${i === 0 ? "" : ", "}${changes[i]?.intrinsic} was ${changes[i]?.change}`;
  }
  const others = changes.length - maxNamed;
  if (others > 0) text += `, and ${others} more`;
  throw new GlassineError("realm_tampered", `${message}: ${text}.`, { changes });
}

/** The reason may reach a caller, so the names are in the details, which stay with the host. */
export function tamperedViolation(): Violation | undefined {
  const changes = detectTampering();
  if (changes.length === 0) return undefined;
  // Changes are plain JSON; their interface has no index signature.
  const details = freeze({ changes: changes as unknown as Json });
  return freeze({ code: "realm_tampered", reason: `${message}.`, details });
}
