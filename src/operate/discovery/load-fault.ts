/** Why the code of a plugin is not taken. */

import { describeThrown, redactText } from "../../core/observe/index.ts";
import type { RejectionCode } from "../packages/index.ts";

/** As `plugins list` has it, and as a sentence of a host that does not start. */
export interface LoadFault {
  readonly code: RejectionCode;
  readonly reason: string;
  readonly message: string;
}

export function rejected(
  id: string,
  code: RejectionCode,
  reason: string,
  message = `plugin '${id}' is rejected: ${code}: ${reason}`,
): LoadFault {
  return { code, reason, message };
}

export function late(id: string): LoadFault {
  const message = `plugin entry point '${id}' timed out while loading`;
  return rejected(id, "load_timeout", "it takes too long to load", message);
}

export function importFailed(id: string, reason: string): LoadFault {
  const message = `failed to load plugin entry point '${id}': ${reason}`;
  return rejected(id, "import_failed", reason, message);
}

export function factoryFailed(id: string, reason: string): LoadFault {
  const message = `plugin entry point '${id}' failed while creating its plugin: ${reason}`;
  return rejected(id, "factory_failed", reason, message);
}

/** One line, at most 500 characters, without credentials. */
export function describeText(thrown: unknown): string {
  return redactText(describeThrown(thrown).text, []);
}

export function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
