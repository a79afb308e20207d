import type { Call } from "./call.ts";
import { isObject, type JsonObject, sameJson } from "./json.ts";

const prefix = "mcp-param-";

/**
 * The send options for a checked request.
 *
 * On MCP 2026-07-28 a client mirrors arguments into `Mcp-Param-*` headers (SEP-2243). Where a
 * plugin changed the arguments these must follow: the old value would be refused by the server,
 * and would leak what was redacted. Which argument a header mirrors is not known here, so it is
 * found by its value; a header that could stand for several is left out, which a server refuses.
 */
export function optionsToSend(call: Call, before: unknown): unknown {
  const { aux } = call;
  const after = call.params.arguments;
  if (call.direction !== "outgoing" || !isObject(aux) || !isObject(aux.headers)) return aux;
  return sameJson(before, after) ? aux : { ...aux, headers: follow(aux.headers, before, after) };
}

function follow(headers: JsonObject, before: unknown, after: unknown): JsonObject {
  const texts = leaves(before);
  const kept = Object.entries(headers).flatMap(([name, value]) => {
    if (!name.toLowerCase().startsWith(prefix)) return [[name, value]];
    const paths = texts.filter((leaf) => leaf.text === decode(String(value))).map((l) => l.path);
    const next = new Set(paths.map((path) => textAt(after, path)));
    const [text] = next;
    return next.size === 1 && text !== undefined ? [[name, encode(text)]] : [];
  });
  return Object.fromEntries(kept);
}

interface Leaf {
  readonly path: readonly string[];
  readonly text: string;
}

function leaves(value: unknown, path: readonly string[] = []): Leaf[] {
  const text = textOf(value);
  if (text !== undefined) return [{ path, text }];
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, field]) => leaves(field, [...path, key]));
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  let found = value;
  for (const key of path) {
    found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return textOf(found);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "boolean" || Number.isFinite(value) ? String(value) : undefined;
}

/** SEP-2243: what is no plain header value travels as `=?base64?…?=` of its UTF-8 bytes. */
const sentinel = /^=\?base64\?(.*)\?=$/s;
const plainValue = /^(?![ \t])[\t\x20-\x7e]+(?<![ \t])$/;

function decode(value: string): string | undefined {
  const encoded = sentinel.exec(value)?.[1];
  if (encoded === undefined) return value;
  try {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function encode(text: string): string {
  if (plainValue.test(text) && !sentinel.test(text)) return text;
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return `=?base64?${btoa(bytes.join(""))}?=`;
}
