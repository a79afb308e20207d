/** Why the code of a plugin is not taken. */

import { describeThrown, redactText } from "../../core/observe/index.ts";
import type { RejectionCode } from "../packages/index.ts";

/** As `plugins list` has it, and as a sentence of a host that does not start. */
export interface LoadFault {
  readonly code: RejectionCode;
  readonly reason: string;
  readonly message: string;
}

/** A fault whose sentence is made of its code and reason. */
export function rejected(id: string, code: RejectionCode, reason: string): LoadFault {
  return { code, reason, message: `plugin '${id}' is rejected: ${code}: ${reason}` };
}

export function late(id: string): LoadFault {
  const message = `plugin entry point '${id}' timed out while loading`;
  return { code: "load_timeout", reason: "it takes too long to load", message };
}

/** One line, at most 500 characters, without credentials. */
export function describeText(thrown: unknown): string {
  return redactText(describeThrown(thrown).text, []);
}
