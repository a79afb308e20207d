/** `headers` on an older payload: deprecated, and moved to where the capability rules hold. */
import { intrinsics } from "../data/index.ts";
import { emptyExtensions, type Slots, spellingOf } from "../envelope/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

const { create, enumerableKeys, newRecord } = intrinsics;

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
  const merged: Record<string, string> = create(null);
  const present = http === undefined ? [] : enumerableKeys(http.headers);
  for (let i = 0; i < present.length; i++) {
    const name = present[i] as string;
    merged[name] = http?.headers[name] as string;
  }
  const moved = enumerableKeys(headers);
  for (let i = 0; i < moved.length; i++) {
    const name = moved[i] as string;
    const known = spellingOf(http?.headers, name) ?? spellingOf(http?.request_headers, name);
    if (known === undefined) merged[name] = headers[name] as string;
  }
  return replace(base, { http: { ...http, headers: merged } });
}

const warned: Record<string, unknown> = newRecord();
let warnedCount = 0;
const maxCallSites = 1000;

interface MaybeNode {
  process?: {
    emitWarning?: (warning: string, options: { type: string; code: string }) => void;
  };
}

/** Warns once for each place in the host's code that passes `headers`. */
export function warnHeaders(hook: string, callSite: string | undefined): void {
  const key = `${hook} ${callSite ?? ""}`;
  if (warned[key] === true || warnedCount >= maxCallSites) return;
  warned[key] = true;
  warnedCount += 1;
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
