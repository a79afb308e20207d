/** What a manager with `tampering: "deny"` does in a realm that was changed. */
import { detectTampering, intrinsics, type Json } from "../data/index.ts";
import { GlassineError } from "../errors/index.ts";
import type { Violation } from "../hooks/index.ts";

const { freeze, getOwnPropertyDescriptor, hasOwn, isProxy } = intrinsics;
const maxNamed = 8;

/** Whether the options of a manager, which nobody has read yet, say so. */
export function asksToDeny(options: unknown): boolean {
  if (typeof options !== "object" || options === null || isProxy(options)) return false;
  try {
    const option = getOwnPropertyDescriptor(options, "tampering");
    return option !== undefined && hasOwn(option, "value") && option.value === "deny";
  } catch {
    // A global of another context can throw when it is read, and is refused when it is.
    return false;
  }
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
  throw new GlassineError(
    "realm_tampered",
    `The realm is not as it was when the library loaded: ${text}.`,
    { changes },
  );
}

/** The reason may reach a caller, so the names are in the details, which stay with the host. */
export function tamperedViolation(): Violation | undefined {
  const changes = detectTampering();
  if (changes.length === 0) return undefined;
  // Changes are plain JSON; their interface has no index signature.
  return freeze({
    code: "realm_tampered",
    reason: "The realm is not as it was when the library loaded.",
    details: freeze({ changes: changes as unknown as Json }),
  });
}
