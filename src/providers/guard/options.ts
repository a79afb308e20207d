/** Reads a guard's options strictly, because a typo in them would leave traffic unguarded. */
import {
  expectOptions,
  hasFunctions,
  kindOf,
  longestTimerMs,
  quotedOrKind,
  readWhole,
} from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import { optionsInvalid, quoted, suggestion } from "../../core/errors/index.ts";
import { checkSession } from "../../core/labels/index.ts";
import { type StreamLimits, StreamMeter } from "../rewrite/index.ts";

/** @throws GlassineError `options_invalid` */
export function readFunction(options: object, name: string, call: string): unknown {
  const value: unknown = ownValue(options, name);
  if (value === undefined || typeof value === "function") return value;
  throw optionsInvalid(`${call} expects a function as ${name}, got ${kindOf(value)}.`);
}

/** @throws GlassineError `options_invalid` */
export function readWord(
  options: object,
  name: string,
  words: readonly string[],
  call: string,
): string | undefined {
  const value: unknown = ownValue(options, name);
  if (value === undefined || words.includes(value as string)) return value as string | undefined;
  const hint = typeof value === "string" ? suggestion(value, words) : "";
  throw optionsInvalid(
    `${call} expects ${words.map((word) => quoted(word)).join(" or ")} as ${name}, got ${quotedOrKind(value)}.${hint}`,
  );
}

/** @throws GlassineError `options_invalid` */
export function readTenant(options: object, call: string): unknown {
  const tenant: unknown = ownValue(options, "tenant");
  if (tenant === undefined || typeof tenant === "string" || typeof tenant === "function") {
    return tenant;
  }
  throw optionsInvalid(`${call} expects a string or a function as tenant, got ${kindOf(tenant)}.`);
}

/**
 * Reads the options of labels, except `others`, which the function named `call` reads itself.
 *
 * @throws GlassineError `options_invalid`; `session_invalid` for an invalid session
 */
export function readLabels(labels: unknown, call: string, others: readonly string[] = []) {
  if (isStore(labels))
    throw optionsInvalid(`${call} expects a label store as labels.store, with labels.session.`);
  const known = ["onStoreError", "session", "store", "timeoutMs", ...others];
  expectOptions(labels, known, `The option labels of ${call}`);
  const given = labels as object;
  const store: unknown = ownValue(given, "store");
  const session: unknown = ownValue(given, "session");
  const timeoutMs: unknown = ownValue(given, "timeoutMs");
  if (store !== undefined && !isStore(store)) {
    throw optionsInvalid(
      `${call} expects a label store with load and append as labels.store, got ${kindOf(store)}.`,
    );
  }
  if (session !== undefined && typeof session !== "function") checkSession(session);
  if (timeoutMs !== undefined) readWhole(`${call}: labels.timeoutMs`, timeoutMs, longestTimerMs);
  const onStoreError = readWord(given, "onStoreError", ["deny", "ignore"], call);
  return { store, session, onStoreError, timeoutMs };
}

function isStore(value: unknown): boolean {
  return hasFunctions(value, ["load", "append"]);
}

/** The options that limit a stream. */
export const streamOptions: readonly string[] = ["maxEvents", "textUnits"];

/**
 * Reads the limits of streams. Refuses bad ones when the guard is made, not at the first stream.
 *
 * @throws GlassineError `options_invalid`
 */
export function readStreamLimits(options: object): StreamLimits {
  const limits = givenOptions(
    Object.fromEntries(streamOptions.map((name) => [name, ownValue(options, name)])),
  );
  new StreamMeter(limits);
  return limits;
}

/** Returns the options that are not `undefined`. */
export function givenOptions(options: { readonly [name: string]: unknown }): object {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(options)) {
    if (options[name] !== undefined) given[name] = options[name];
  }
  return given;
}
