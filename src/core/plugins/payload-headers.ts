/** `headers` on an older payload: deprecated, and moved to where the capability rules hold. */
import { type HeaderMap, replaceSlots, type Slots, spellingOf } from "../envelope/index.ts";

/** Returns `extensions` with a payload's headers added to the `http` slot, where none is replaced. */
export function headersMoved(extensions: Slots, headers: HeaderMap): Slots {
  const http = extensions.http as
    | { readonly headers: HeaderMap; readonly request_headers?: HeaderMap }
    | undefined;
  const isNew = ([name]: readonly [string, string]) =>
    (spellingOf(http?.headers, name) ?? spellingOf(http?.request_headers, name)) === undefined;
  const all = [...Object.entries(http?.headers ?? {}), ...Object.entries(headers).filter(isNew)];
  return replaceSlots(extensions, { http: { ...http, headers: Object.fromEntries(all) } });
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
