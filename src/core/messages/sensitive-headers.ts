/** Headers with credentials, which no serialised form contains. */
import { intrinsics, isSensitiveHeader } from "../data/index.ts";
import type { TextMap } from "./part-types.ts";

const { enumerableKeys, freeze, newMap } = intrinsics;

export function withoutSensitive(headers: TextMap): TextMap {
  const names = enumerableKeys(headers);
  const rest = newMap(names.length) as Record<string, string>;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (!isSensitiveHeader(name)) rest[name] = headers[name] as string;
  }
  return freeze(rest);
}
