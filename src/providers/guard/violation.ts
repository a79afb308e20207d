/** Limits what a peer may read of a plugin's denial. */

import type { ModelRefusal } from "../rewrite/index.ts";
import type { HookViolation } from "./hook-manager.ts";

/** A plugin's denial without its description and details, which stay with the host. */
export type Denial = Omit<ModelRefusal, "status">;

/** Control, invisible and direction characters, which could forge or hide text. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;
const maxReasonLength = 500;

function printable(text: unknown, max: number): string {
  if (typeof text !== "string") return "";
  return [
    ...text
      .slice(0, max * 2)
      .replace(unprintable, " ")
      .trim(),
  ]
    .slice(0, max)
    .join("");
}

/** Returns the parts of a denial that a peer may read, printable and cut to a maximum length. */
export function publicViolation(violation: HookViolation | undefined): Denial {
  return {
    code: printable(violation?.code, 128) || "denied",
    reason: printable(violation?.reason, maxReasonLength) || "Refused by policy",
    plugin: printable(violation?.plugin, 128) || undefined,
  };
}
