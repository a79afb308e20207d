import { extensionsLimits } from "../../core/data/index.ts";
import type { Call } from "./call.ts";
import { isObject, type JsonObject, sameJson } from "./json.ts";

const prefix = "mcp-param-";
/** Longer values are not written to a header: a plugin may write values of any length. */
const maxUnits = extensionsLimits.headerValueUnits;

/**
 * The send options for a checked request.
 *
 * On MCP 2026-07-28 a client mirrors arguments into `Mcp-Param-*` headers (SEP-2243). Where a
 * plugin changed the arguments these must follow: the old value would be refused by the server,
 * and would leak what was redacted. Which argument a header mirrors is not known here, so it is
 * found by its value; a header that could stand for several, or would be too long, is left out,
 * which a server refuses.
 */
export function optionsToSend(call: Call, before: unknown): unknown {
  const { aux } = call;
  const after = call.params.arguments;
  if (call.direction !== "outgoing" || !isObject(aux) || !isObject(aux.headers)) return aux;
  return sameJson(before, after) ? aux : { ...aux, headers: follow(aux.headers, before, after) };
}

/** Headers whose `Mcp-Param-*` follow from the arguments `before` to those `after`. */
export function follow(headers: JsonObject, before: unknown, after: unknown): JsonObject {
  const changes = changedTexts(before, after);
  const kept = Object.entries(headers).flatMap(([name, value]) => {
    if (!name.toLowerCase().startsWith(prefix)) return [[name, value]];
    const next = changes.get(decode(String(value)));
    const written = next === undefined ? undefined : encode(next);
    return written === undefined || written.length > maxUnits ? [] : [[name, written]];
  });
  return Object.fromEntries(kept);
}

/** The new value for each old text; `undefined` if it was removed or occurred in several places. */
function changedTexts(before: unknown, after: unknown): ReadonlyMap<unknown, string | undefined> {
  const changes = new Map<string, string | undefined>();
  // Iterative, because arguments may nest deeply.
  const open: [before: unknown, after: unknown][] = [[before, after]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [old, now] = pair;
    const text = textOf(old);
    if (text !== undefined) {
      const next = textOf(now);
      changes.set(text, changes.has(text) && changes.get(text) !== next ? undefined : next);
    } else if (isObject(old)) {
      for (const [key, field] of Object.entries(old)) {
        open.push([field, isObject(now) && Object.hasOwn(now, key) ? now[key] : undefined]);
      }
    }
  }
  return changes;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "boolean" || Number.isFinite(value) ? String(value) : undefined;
}

/** SEP-2243: anything but a plain header value is sent as `=?base64?…?=` of its UTF-8 bytes. */
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

/** A text as the value of a header. */
export function encode(text: string): string {
  if (plainValue.test(text) && !sentinel.test(text)) return text;
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return `=?base64?${btoa(bytes.join(""))}?=`;
}
