import { unfit } from "./payload.ts";

/** The data of a JSON-RPC error as a text, for hooks that have no room for JSON. */
export function dataText(data: unknown): string | undefined {
  return typeof data === "string" ? data : JSON.stringify(data);
}

/** The data that a changed text stands for. Text stays text; anything else is JSON if it can be. */
export function readDataText(changed: unknown, original: unknown): unknown {
  if (changed === undefined || changed === null) return undefined;
  if (typeof changed !== "string") throw unfit("a text as error data");
  if (changed === dataText(original)) return original;
  if (typeof original === "string") return changed;
  try {
    return JSON.parse(changed);
  } catch {
    return changed;
  }
}
