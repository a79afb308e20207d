/** Which version of the SDK a document was written for, if that shows, and which to write for. */
import { isRecord, kindOf } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import { valueAt } from "../rewrite/index.ts";
import { isList, reading, textOf } from "./host-values.ts";
import type { SpecificationVersion } from "./types.ts";

const versions: readonly unknown[] = ["v2", "v3", "v4"] satisfies SpecificationVersion[];

/** @throws GlassineError `options_invalid` */
export function givenVersion(version: SpecificationVersion): SpecificationVersion {
  if (versions.includes(version)) return version;
  const received = typeof version === "string" ? "a string that does not match" : kindOf(version);
  const known = `"v4" for ai 7, "v3" for ai 6 or "v2" for ai 5`;
  throw optionsInvalid(`specificationVersion expects ${known}, got ${received}.`);
}

export function versionOfPrompt(prompt: unknown): SpecificationVersion {
  const parts = () => {
    const contents = itemsOf(prompt).map((message) => ownValue(message, "content"));
    const all = contents.flatMap(itemsOf);
    return [...all, ...all.flatMap((part) => itemsOf(valueAt(part, ["output", "value"])))];
  };
  return versionOf("prompt", parts);
}

export function versionOfResult(result: unknown): SpecificationVersion {
  return versionOf("result", () => itemsOf(ownValue(result, "content")));
}

function versionOf(what: string, partsIn: () => readonly unknown[]): SpecificationVersion {
  const read = (): SpecificationVersion => {
    const parts = partsIn();
    if (parts.some(isNewer)) return "v4";
    return parts.some((part) => ownValue(part, "type") === "media") ? "v2" : "v3";
  };
  return reading(what, read);
}

/** Whether a part is one that only ai 7 has, or a file whose data is tagged with its type. */
function isNewer(part: unknown): boolean {
  const type = ownValue(part, "type");
  const data = ownValue(part, "data");
  const isTagged = isRecord(data) && textOf(data) === undefined;
  return type === "reasoning-file" || (type === "file" && isTagged);
}

function itemsOf(list: unknown): readonly unknown[] {
  return isList(list) ? Array.from(list) : [];
}
