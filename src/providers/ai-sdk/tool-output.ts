/**
 * The output of a tool. A list of content is shown as a list of message parts, so that it looks the
 * same for every provider; any other output is shown as JSON.
 */

import type { Json } from "../../core/data/index.ts";
import type { ContentPart } from "../../core/messages/index.ts";
import {
  type FieldRule,
  isSameJsonText,
  knownFields,
  objectIn,
  objectsIn,
  partsAsJson,
  partsIn,
  pathOf,
  reportFields,
} from "../rewrite/index.ts";
import { jsonOf } from "./host-values.ts";

const known = knownFields(["type", "value", "reason"]);
const failures: readonly unknown[] = ["error-text", "error-json", "execution-denied"];

export const isFailed: FieldRule["read"] = (_value, _path, _reading, block) =>
  failures.includes(objectIn(block.output).type);

export const toolOutput: FieldRule = {
  at: "output",
  showsNothing: true,
  alsoDependsOn: ["is_error"],
  read(given, path, reading) {
    const output = objectIn(given);
    const report = (kind: "setting" | "content", reason: string) =>
      reading.left.add({ path: pathOf(...path), kind, reason });
    reportFields(reading, output, path, known);
    switch (output.type) {
      case "text":
      case "json":
      case "error-text":
      case "error-json":
        return (jsonOf(output.value) as Json | undefined) ?? undefined;
      case "execution-denied":
        report("setting", "A call that a person denied is shown as an error.");
        return output.reason ?? undefined;
      case "content": {
        return partsAsJson(reading.readInner(output.value, [...path, "value"], "output"));
      }
      default:
        report("content", "Messages cannot show an output of this kind.");
        return undefined;
    }
  },
  write(content, old, path, { lost, removed, writeInner, content: { is_error } }) {
    const { type, value: before, reason: _, ...settings } = objectIn(old?.value);
    const failed = is_error === true;
    const value = content ?? null;
    // What a tool returned as data must not become content, whose URLs the SDK fetches.
    if (type === "json" && !failed) return { ...settings, type, value };
    if (type === "execution-denied") {
      if (failed && content === undefined) return { ...settings, type };
      if (failed && typeof content === "string") return { ...settings, type, reason: content };
      const reason = "The new result no longer says that a person denied the call.";
      lost.add({ path: pathOf(...path.slice(0, -1)), reason });
    }
    const isList = type === "content" && Array.isArray(before);
    const parts = failed ? undefined : shownParts(content);
    const at = [...(old?.path ?? []), "value"];
    if (parts !== undefined) {
      const inner = isList ? { blocks: objectsIn(before), path: at } : undefined;
      const items = writeInner(parts, inner, (i) => [...path, i], "output");
      return { ...settings, type: "content", value: items };
    }
    for (const i of isList ? before.keys() : []) removed(pathOf(...at, i));
    const form = typeof content === "string" ? "text" : "json";
    return { ...settings, type: failed ? `error-${form}` : form, value };
  },
};

/** The parts of a result's content; `undefined` if it is not a list of parts. */
function shownParts(content: Json | undefined): readonly ContentPart[] | undefined {
  if (!Array.isArray(content) || content.length === 0) return undefined;
  const types = ["text", "image", "audio", "video", "document", "resource"];
  const parts = partsIn(content, types);
  return parts !== undefined && isSameJsonText(parts, content) ? parts : undefined;
}
