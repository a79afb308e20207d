/** Checks the arguments of a guard: a typo in them would leave a connection unguarded. */
import { expectOptions, hasFunctions, kindOf, readOption } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import {
  checkManager,
  givenOptions,
  readAccess,
  readFunction,
  readLabels,
  readTenant,
  readWord,
} from "../guard/index.ts";
import type { FactoryParts } from "./guard-factory.ts";
import { passGroups } from "./methods.ts";
import type { GuardLabels, GuardOptions, WrapOptions } from "./options.ts";

/** The name of the function in messages. */
const call = "createGuard";

const guardOptions: readonly string[] = [
  "access",
  "envelope",
  "labels",
  "onDeny",
  "onEnd",
  "onFailure",
  "onResult",
  "onWarning",
  "pass",
  "serverId",
  "tenant",
];

/**
 * Refuses anything but a transport, and one that is already connected: the client or server on it
 * would go on sending past the guard. `method` is the one that got it.
 *
 * @throws GlassineError `options_invalid`
 */
export function checkTransport(transport: unknown, method: string): void {
  if (!hasFunctions(transport, ["start", "send", "close"])) {
    throw optionsInvalid(
      `${method} expects a transport with start, send and close, got ${kindOf(transport)}. Pass the transport itself.`,
    );
  }
  if (!hasFunctions(transport, ["onmessage"])) return;
  const hint =
    method === "guard.wrap"
      ? "Wrap it first, then connect to what wrap returns."
      : "Pass it before anything is connected to it.";
  throw optionsInvalid(
    `${method} expects a transport that nothing is connected to, got one with a message handler. ${hint}`,
  );
}

/** @throws GlassineError `options_invalid` */
export function checkGuarded(manager: unknown): void {
  if (hasFunctions(manager, ["start", "send", "close"])) {
    throw optionsInvalid(
      "A guard expects a plugin manager, got a transport. Pass transports to guard.wrap.",
    );
  }
  checkManager(manager, "A guard");
}

/** @throws GlassineError `options_invalid` */
export function readWrap(options: unknown, method: string): WrapOptions {
  expectOptions(options, ["fetch", "session"], method);
  const session = readOption(options as object, "session", "string");
  const fetch = readFunction(options as object, "fetch", method);
  return { session, fetch: fetch as WrapOptions["fetch"] };
}

/** @throws GlassineError `options_invalid` */
export function readFactory<Context, Server extends object>(
  factory: unknown,
  session: unknown,
): FactoryParts<Context, Server> {
  if (typeof factory !== "function") {
    throw optionsInvalid(
      `guard.factory expects a function that makes a server, got ${kindOf(factory)}.`,
    );
  }
  if (session !== undefined && typeof session !== "function") {
    throw optionsInvalid(
      `guard.factory expects a function as its second argument, got ${kindOf(session)}.`,
    );
  }
  return { factory, session } as FactoryParts<Context, Server>;
}

/**
 * A copy of the options, so that nobody can change them later.
 *
 * @throws GlassineError `options_invalid`; `session_invalid` for an invalid session
 */
export function readGuardOptions(options: unknown): GuardOptions {
  expectOptions(options, guardOptions, "createGuard");
  const given = options as object;
  const labels: unknown = ownValue(given, "labels");
  return givenOptions({
    access: readAccess(given, call),
    envelope: readFunction(given, "envelope", call),
    labels: labels === undefined ? undefined : readLabelOptions(labels),
    onDeny: readWord(given, "onDeny", ["error", "tool_result"], call),
    onEnd: readFunction(given, "onEnd", call),
    onFailure: readFunction(given, "onFailure", call),
    onResult: readFunction(given, "onResult", call),
    onWarning: readFunction(given, "onWarning", call),
    pass: readPass(ownValue(given, "pass")),
    serverId: readOption(given, "serverId", "string"),
    tenant: readTenant(given, call),
  });
}

/** @throws GlassineError `options_invalid` */
function readPass(pass: unknown): readonly string[] | undefined {
  if (pass === undefined) return undefined;
  if (!Array.isArray(pass))
    throw optionsInvalid(`createGuard expects an array as pass, got ${kindOf(pass)}.`);
  const given: readonly unknown[] = [...pass];
  for (const word of given)
    readWord({ "each of pass": word ?? null }, "each of pass", passGroups, call);
  return Object.freeze(given as string[]);
}

function readLabelOptions(labels: unknown): GuardLabels {
  const read = readLabels(labels, call, ["fromWire"]);
  if (read.store !== undefined && read.session === undefined) {
    throw optionsInvalid(
      "createGuard expects labels.session with labels.store: a string that names the session, or a function that returns it for a request. Without it, a store carries nothing to another connection.",
    );
  }
  return givenOptions({ ...read, fromWire: readFromWire(ownValue(labels, "fromWire")) });
}

function readFromWire(mapping: unknown): object | undefined {
  if (mapping === undefined) return undefined;
  expectOptions(mapping, ["annotations", "meta"], "The option labels.fromWire of createGuard");
  const given = mapping as object;
  return givenOptions({
    meta: readFunction(given, "meta", call),
    annotations: readFunction(given, "annotations", call),
  });
}
