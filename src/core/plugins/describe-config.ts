/** What configuration a plugin takes, for whoever operates it. Never contains values. */

import * as z from "zod/mini";
import { attempt, isRecord } from "../data/index.ts";
import { sensitivityOf } from "../observe/index.ts";
import { definitionOf } from "./define-plugin.ts";
import type { Plugin } from "./types.ts";

/** One key of a configuration. */
export interface ConfigKeyFacts {
  readonly key: string;
  /** `string`, `integer`, `"a" | "b"`; `any` where the schema does not say. */
  readonly type: string;
  readonly required: boolean;
  /** As the schema has it; `undefined` where it has none, and for what is secret. */
  readonly default: unknown;
  /** Whether its name is one of those under which secrets go. */
  readonly secret: boolean;
}

/** `undefined` for a plugin that takes none, or whose schema does not tell its keys. */
export function configKeysOf(plugin: Plugin): readonly ConfigKeyFacts[] | undefined {
  const schema = definitionOf(plugin)?.manifest.configSchema?.schema;
  return schema === undefined ? undefined : configKeysIn(schema);
}

/** The same for a schema of somebody's; `undefined` for one that does not tell its keys. */
export function configKeysIn(schema: object): readonly ConfigKeyFacts[] | undefined {
  // Of another schema than one of zod, and of one that has no such form, there is none.
  const document: unknown = attempt(() =>
    z.toJSONSchema(schema as z.core.$ZodType, { io: "input", unrepresentable: "any" }),
  );
  if (!isRecord(document) || !isRecord(document.properties)) return undefined;
  const required = Array.isArray(document.required) ? document.required : [];
  return Object.entries(document.properties).map(([key, part]) => {
    const secret = sensitivityOf(key.toLowerCase()) !== undefined;
    return {
      key,
      type: typeOf(part),
      required: required.includes(key),
      default: secret || !isRecord(part) ? undefined : part.default,
      secret,
    };
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
