/**
 * `headers` on an older payload: deprecated, and moved to the `http` slot, where the capability
 * rules apply. A plugin of an earlier run may have patched the realm by then.
 */
import { attempt } from "../data/index.ts";
import { create, enumerableKeys, forEach } from "../data/intrinsics.ts";
import { type HeaderMap, replaceSlots, type Slots, spellingOf } from "../envelope/index.ts";

/** Returns `extensions` with a payload's headers added to the `http` slot. Replaces none there. */
export function headersMoved(extensions: Slots, headers: HeaderMap): Slots {
  const http = extensions.http as
    | { readonly headers: HeaderMap; readonly request_headers?: HeaderMap }
    | undefined;
  const present: HeaderMap = http?.headers ?? {};
  const all: Record<string, unknown> = create(null);
  forEach(enumerableKeys(present), (name) => {
    all[name] = present[name];
  });
  forEach(enumerableKeys(headers), (name) => {
    const known = spellingOf(present, name) ?? spellingOf(http?.request_headers, name);
    if (known === undefined) all[name] = headers[name];
  });
  return replaceSlots(extensions, { http: { ...http, headers: all } });
}

/** Warns about `headers` on a payload. Does nothing if the runtime has no such warnings. */
export function warnHeaders(hook: string): void {
  const { process } = globalThis as {
    process?: { emitWarning?: (text: string, kind: { type: string; code: string }) => void };
  };
  // A failing warning must not change the request's outcome.
  attempt(() =>
    process?.emitWarning?.(
      `headers on the payload of ${hook} are deprecated: pass them in extensions.http. They were moved there.`,
      { type: "DeprecationWarning", code: "GLASSINE_PAYLOAD_HEADERS" },
    ),
  );
}
