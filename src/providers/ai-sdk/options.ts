/** The version that a `to…` writes. */

import { GlassineError } from "../../core/errors/index.ts";
import { kindOf } from "../rewrite/index.ts";
import type { SpecificationVersion } from "./types.ts";

const versions: readonly unknown[] = ["v2", "v3", "v4"] satisfies SpecificationVersion[];

/** @throws GlassineError `options_invalid` */
export function givenVersion(version: SpecificationVersion = "v3"): SpecificationVersion {
  if (versions.includes(version)) return version;
  const received = typeof version === "string" ? "another string" : kindOf(version);
  const known = `"v4" for ai 7, "v3" for ai 6 or "v2" for ai 5`;
  const text = `specificationVersion expects ${known}, got ${received}.`;
  throw new GlassineError("options_invalid", text);
}
