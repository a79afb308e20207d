/** Headers that hold credentials, which no serialised form shows. */
import { intrinsics, isSensitiveHeader } from "../admit/index.ts";
import type { TextMap } from "./types.ts";

const { create, enumerableKeys, freeze } = intrinsics;

export function withoutSensitive(headers: TextMap): TextMap {
  const rest: Record<string, string> = create(null);
  const names = enumerableKeys(headers);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (!isSensitiveHeader(name)) rest[name] = headers[name] as string;
  }
  return freeze(rest);
}
