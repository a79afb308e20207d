/** Why a plugin is not loaded, and the error message of a host that therefore does not start. */
import type { Rejection } from "../packages/index.ts";
import { printable } from "../trust/index.ts";
import type { Refused, StaticPlugin } from "./types.ts";

export interface Fault extends Pick<Rejection, "code" | "reason"> {
  /** The error message of a host that does not start, if the fault has its own. */
  readonly message?: string;
}

export function refusedFor(source: StaticPlugin, fault: Fault): Refused {
  const { entry, package: found } = source;
  const { id, entryPoint } = entry;
  return { ...withMessage({ id, package: found.name, entryPoint, ...fault }), source };
}

/** Adds the usual message, unless the rejection has its own. */
export function withMessage(rejection: Rejection & Pick<Fault, "message">): Refused {
  const { id, package: name, code, reason } = rejection;
  const who = id === undefined ? `package '${name}'` : `plugin '${id}' of package '${name}'`;
  // This reason names the package itself.
  const isWhole = code === "invalid_metadata" && reason.startsWith("package ");
  const message = isWhole ? reason : `${who} is rejected: ${code}: ${reason}`;
  return { message, ...rejection };
}

/** `path` is where the link leads. */
export function linkedPackage(path: string): Fault {
  const reason = `it is a link to ${printable(path)}, not an installed package`;
  return { code: "linked_package", reason };
}

export function loadTimedOut(id: string): Fault {
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
