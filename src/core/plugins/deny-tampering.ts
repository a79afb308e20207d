/** How a manager with `tampering: "deny"` refuses a realm that was changed. */
import { attempt, detectTampering, type Json } from "../data/index.ts";
import { freeze } from "../data/intrinsics.ts";
import { GlassineError } from "../errors/index.ts";
import type { Violation } from "../hooks/index.ts";

const message = "Built-ins have changed since the library was loaded";
const maxNamed = 8;

/** Whether the options ask to deny. Read first, because a patch may mislead what reads the rest. */
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

/** Names the changes in the details, which stay with the host: the reason may reach a caller. */
export function tamperedViolation(): Violation | undefined {
  const changes = detectTampering();
  if (changes.length === 0) return undefined;
  // Changes are plain JSON; their interface has no index signature.
  const details = freeze({ changes: changes as unknown as Json });
  return freeze({ code: "realm_tampered", reason: `${message}.`, details });
}
