/** Answers of Embeddings: vectors, which say nothing that a plugin could read. */
import { GlassineError, type Problem } from "../../core/errors/index.ts";
import { collector, kindOf, type Left, pathOf, type Read } from "../rewrite/index.ts";
import { isObject } from "./json.ts";

const known = ["object", "data", "model", "usage"];
const knownOfItem = ["object", "index", "embedding"];

/**
 * No message, and in `left` whatever is not a vector. The vectors are not copied: there may be
 * millions of numbers.
 *
 * @throws GlassineError `document_invalid`
 */
export function readEmbeddings(document: unknown): Read {
  if (!isObject(document) || !Array.isArray(document.data)) {
    const text = "The embeddings answer is not readable. It has no array data.";
    const received = kindOf(isObject(document) ? document.data : document);
    const problem: Problem = {
      ...{ path: ["data"], code: "document_invalid", expected: "an array", received },
    };
    throw new GlassineError("document_invalid", text, { problems: [problem] });
  }
  const left = collector<Left>();
  const report = (...path: readonly (string | number)[]) =>
    left.add({ path: pathOf(...path), kind: "content", reason: "Not part of a vector." });
  for (const key of Object.keys(document)) if (!known.includes(key)) report(key);
  for (const [name, count] of Object.entries(isObject(document.usage) ? document.usage : {})) {
    if (typeof count !== "number") report("usage", name);
  }
  for (const [at, item] of document.data.entries()) {
    if (!isObject(item) || !isVector(item.embedding)) report("data", at);
    else
      for (const key of Object.keys(item)) if (!knownOfItem.includes(key)) report("data", at, key);
  }
  return Object.freeze({ messages: Object.freeze([]), extensions: {}, left: left.list() });
}

/** Numbers, or the same as base64. */
function isVector(value: unknown): boolean {
  if (typeof value === "string") return /^[A-Za-z0-9+/]*={0,2}$/.test(value);
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}
