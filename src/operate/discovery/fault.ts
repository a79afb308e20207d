/** Why a plugin is not loaded, and the sentence of a host that does not start because of it. */
import type { Rejection } from "../packages/index.ts";
import type { Refused, StaticPlugin } from "./types.ts";

export interface Fault extends Pick<Rejection, "code" | "reason"> {
  /** The sentence of a host that does not start, where the fault has one of its own. */
  readonly message?: string;
}

export function refusedFor(source: StaticPlugin, fault: Fault): Refused {
  const { entry, package: found } = source;
  const { id, entryPoint } = entry;
  return { ...withMessage({ id, package: found.name, entryPoint, ...fault }), source };
}

/** With the sentence that refusals have in common, where it has none of its own. */
export function withMessage(rejection: Rejection & Pick<Fault, "message">): Refused {
  const { id, package: name, code, reason } = rejection;
  const who = id === undefined ? `package '${name}'` : `plugin '${id}' of package '${name}'`;
  // Such a reason names the package itself.
  const isWhole = code === "invalid_metadata" && reason.startsWith("package ");
  const message = isWhole ? reason : `${who} is rejected: ${code}: ${reason}`;
  return { message, ...rejection };
}

export function late(id: string): Fault {
  const message = `plugin entry point '${id}' timed out while loading`;
  return { code: "load_timeout", reason: "it takes too long to load", message };
}

export function importFailed(id: string, reason: string): Fault {
  const message = `failed to load plugin entry point '${id}': ${reason}`;
  return { code: "import_failed", reason, message };
}

export function factoryFailed(id: string, reason: string): Fault {
  const message = `plugin entry point '${id}' failed while creating its plugin: ${reason}`;
  return { code: "factory_failed", reason, message };
}
