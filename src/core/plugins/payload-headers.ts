/** `headers` on an older payload: deprecated, and moved to where the capability rules hold. */
import { intrinsics } from "../data/index.ts";
import { emptyExtensions, type Slots, spellingOf } from "../envelope/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

const { create, enumerableKeys } = intrinsics;

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

/** Warns of `headers` on a payload. On a runtime without such warnings it does nothing. */
export function warnHeaders(hook: string): void {
  const { process } = globalThis as {
    process?: { emitWarning?: (text: string, kind: { type: string; code: string }) => void };
  };
  try {
    process?.emitWarning?.(
      `headers on the payload of ${hook} are deprecated: pass them in extensions.http. They were moved there.`,
      { type: "DeprecationWarning", code: "GLASSINE_PAYLOAD_HEADERS" },
    );
  } catch {
    // The request's outcome does not depend on a warning.
  }
}
