import { ownValue } from "../data/intrinsics.ts";

/**
 * Returns an export of an imported module, or `undefined`. CommonJS that a compiler made from an ES
 * module has its default export in `exports.default`, and Node imports all of `exports` as the
 * default.
 */
export function exportOf(module: Readonly<Record<string, unknown>>, name: string): unknown {
  const exported = ownValue(module, name);
  const isCompiled = name === "default" && ownValue(exported, "__esModule") === true;
  return isCompiled ? ownValue(exported, "default") : exported;
}
