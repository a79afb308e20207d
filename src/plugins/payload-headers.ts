/** `headers` on an older payload: deprecated, and moved to where the capability rules hold. */
import { emptyExtensions, type Slots, spellingOf } from "../extensions/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

interface Headers {
  readonly [name: string]: string;
}

/** The `http` slot with the payload's headers added. A header that is there already stays. */
export function headersMoved(
  slots: CompiledSlots,
  extensions: Slots | undefined,
  headers: Headers,
  replace: (extensions: object, changes: object) => Slots,
): Slots {
  const base = extensions ?? emptyExtensions(slots);
  const http = base.http as
    | { readonly headers: Headers; readonly request_headers?: Headers }
    | undefined;
  const merged: Record<string, string> = Object.assign(Object.create(null), http?.headers);
  for (const [name, value] of Object.entries(headers)) {
    const known = spellingOf(http?.headers, name) ?? spellingOf(http?.request_headers, name);
    if (known === undefined) merged[name] = value;
  }
  return replace(base, { http: { ...http, headers: merged } });
}

const warned = new Set<string>();
const maxCallSites = 1000;

interface MaybeNode {
  process?: {
    emitWarning?: (warning: string, options: { type: string; code: string }) => void;
  };
}

/** Warns once for each place in the host's code that passes `headers`. */
export function warnHeaders(hook: string, callSite: string | undefined): void {
  const key = `${hook} ${callSite ?? ""}`;
  if (warned.has(key) || warned.size >= maxCallSites) return;
  warned.add(key);
  const { process } = globalThis as MaybeNode;
  try {
    process?.emitWarning?.(
      `headers on the payload of ${hook} are deprecated: pass them in extensions.http. They were moved there.`,
      { type: "DeprecationWarning", code: "GLASSINE_PAYLOAD_HEADERS" },
    );
  } catch {
    // The request's outcome does not depend on a warning.
  }
}

type CaptureStack = (target: object, above: (...args: never[]) => unknown) => void;

/**
 * The first line of the stack above `entry`: where the host called. V8 only; else nothing. A
 * `prepareStackTrace` of the host's can make the stack anything, or throw.
 */
export function callSiteAbove(entry: (...args: never[]) => unknown): string | undefined {
  const { captureStackTrace } = Error as { captureStackTrace?: CaptureStack };
  if (captureStackTrace === undefined) return undefined;
  const holder: { stack?: unknown } = {};
  try {
    captureStackTrace(holder, entry);
    const { stack } = holder;
    return typeof stack === "string" ? stack.split("\n")[1]?.trim() : undefined;
  } catch {
    return undefined;
  }
}
