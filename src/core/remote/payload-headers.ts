/** Headers that a payload of an older hook carries, where a host keeps them there. */
import type { HookTable } from "../hooks/index.ts";
import { recordOf } from "./header-secrets.ts";

/** Returns the payload with its deprecated headers changed; the same payload if it has none. */
export function withHeadersField(
  hooks: HookTable,
  hook: string | undefined,
  payload: object,
  change: (map: unknown) => unknown,
): object {
  const field =
    hook !== undefined && Object.hasOwn(hooks, hook) ? hooks[hook]?.headersField : undefined;
  if (field === undefined || !Object.hasOwn(payload, field)) return payload;
  const map = (payload as { readonly [field: string]: unknown })[field];
  const next = change(map);
  if (next === map) return payload;
  const entries = Object.entries(payload).filter(([key]) => key !== field);
  return recordOf(next === undefined ? entries : [...entries, [field, next]]);
}
