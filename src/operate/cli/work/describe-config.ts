/** What configuration a plugin takes, for whoever operates it. Never contains values. */
import * as z from "zod/mini";
import { attempt, isRecord } from "../../../core/data/index.ts";
import { sensitivityOf } from "../../../core/observe/index.ts";
import type { ConfigKey, Json } from "../reports.ts";

/** The keys of a schema of somebody's; `null` without one, and for one that does not tell its keys. */
export function configKeysOf(schema: object | undefined): readonly ConfigKey[] | null {
  // Of another schema than one of zod, and of one that has no such form, there is none.
  const document: unknown = attempt(() =>
    z.toJSONSchema(schema as z.core.$ZodType, { io: "input", unrepresentable: "any" }),
  );
  if (!isRecord(document) || !isRecord(document.properties)) return null;
  const required = Array.isArray(document.required) ? document.required : [];
  return Object.entries(document.properties).map(([key, part]) => {
    const secret = sensitivityOf(key.toLowerCase()) !== undefined;
    const facts = { key, type: typeOf(part), required: required.includes(key), secret };
    if (secret || !isRecord(part) || part.default === undefined) return facts;
    return { ...facts, default: part.default as Json };
  });
}

function typeOf(part: unknown): string {
  if (!isRecord(part)) return "any";
  const { enum: choices, const: only, anyOf, type } = part;
  if (Array.isArray(choices)) return choices.map((choice) => JSON.stringify(choice)).join(" | ");
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(typeOf))].join(" | ");
  return typeof type === "string" ? type : "any";
}
