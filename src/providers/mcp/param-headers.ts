import { attempt, extensionsLimits } from "../../core/data/index.ts";
import { sameJson } from "../rewrite/index.ts";
import type { Call } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";

const prefix = "mcp-param-";
/** Longer values are not written to a header: a plugin may write values of any length. */
const maxUnits = extensionsLimits.headerValueUnits;

/**
 * The send options for a checked request.
 *
 * In MCP 2026-07-28 a client mirrors arguments into `Mcp-Param-*` headers (SEP-2243). If a plugin
 * changed the arguments, the headers must follow: the server would refuse the old value, which
 * would also leak what was redacted. The guard does not know which argument a header mirrors, so it
 * matches them by value. A header that could stand for several arguments, or would be too long, is
 * left out, and the server then refuses the request.
 */
export function optionsToSend(call: Call, before: unknown): unknown {
  const { aux } = call;
  const after = call.params.arguments;
  if (call.direction !== "outgoing" || !isObject(aux) || !isObject(aux.headers)) return aux;
  return sameJson(before, after) ? aux : { ...aux, headers: follow(aux.headers, before, after) };
}

/** Returns headers whose `Mcp-Param-*` values are changed as the arguments were. */
export function follow(headers: JsonObject, before: unknown, after: unknown): JsonObject {
  const changes = changedTexts(before, after);
  const kept = Object.entries(headers).flatMap(([name, value]) => {
    if (!name.toLowerCase().startsWith(prefix)) return [[name, value]];
    const text = decode(String(value));
    // SEP-2243: a header may have `42.0` for the number 42.
    const next = changes.get(text) ?? changes.get(String(Number(text)));
    const written = next === undefined ? undefined : encode(next);
    return written === undefined || written.length > maxUnits ? [] : [[name, written]];
  });
  return Object.fromEntries(kept);
}

/** The new string for each old one, or `undefined` if it was removed or has several new ones. */
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
  return attempt(() => {
    const binary = atob(encoded);
    // Servers refuse what is not canonical, such as without padding.
    if (btoa(binary) !== encoded) return undefined;
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  });
}

/** Encodes a string as the value of a header. */
export function encode(text: string): string {
  if (plainValue.test(text) && !sentinel.test(text)) return text;
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return `=?base64?${btoa(bytes.join(""))}?=`;
}
