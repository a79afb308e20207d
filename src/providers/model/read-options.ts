/** Checks the arguments of the functions that guard a model. */
import { expectOptions, hasFunctions, kindOf } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import {
  checkManager,
  expectFacts,
  givenOptions,
  type HookManager,
  readAccess,
  readFunction,
  readLabels,
  readTenant,
} from "../guard/index.ts";
import { type ModelProvider, readAllow } from "../rewrite/index.ts";
import { hooks } from "./judge.ts";
import type { ModelCall, ModelGuardOptions, ModelLabels } from "./options.ts";
import { type LabelRules, labelRules } from "./session-labels.ts";

const names = ["access", "allow", "envelope", "labels", "onEnd", "onResult", "tenant", "toolCalls"];

const members = ["readRequest", "writeRequest", "readAnswer", "writeAnswer", "stream", "toEvents"];

/** @throws GlassineError `options_invalid` */
export function checkProvider(provider: unknown, call: string): asserts provider is ModelProvider {
  if (hasFunctions(provider, members)) return;
  throw optionsInvalid(
    `${call} expects a provider, got ${kindOf(provider)}. Pass chatCompletions, responses or an item of the list openai from glassine/openai, or anthropic from glassine/anthropic, google from glassine/google or bedrock from glassine/bedrock.`,
  );
}

/**
 * Refuses plugins with conditions on facts that this guard does not have.
 *
 * @throws GlassineError `options_invalid`
 */
export function checkConditions(
  manager: HookManager,
  { tenant }: { readonly tenant?: unknown },
  run: readonly string[] = Object.values(hooks),
): void {
  for (const handler of run.flatMap((name) => manager.handlersFor(name)))
    if (handler.mode !== "disabled") expectFacts(handler, { tenants: ["tenant", tenant] });
}

/** What guards are created from: a manager, and a copy of the options that nobody can change. */
export interface GuardBasis {
  readonly manager: HookManager;
  readonly options: ModelGuardOptions;
  readonly labels: LabelRules | undefined;
}

/**
 * Checks the arguments of the function named `call`, which reads the options `others` itself.
 *
 * @throws GlassineError `options_invalid`; `session_invalid` for an invalid session
 */
export function readGuardBasis(
  manager: unknown,
  options: unknown,
  call: string,
  others: readonly string[] = [],
): GuardBasis {
  checkManager(manager, call);
  expectOptions(options, [...names, ...others], call);
  const given = options as object;
  const labels: unknown = ownValue(given, "labels");
  const read: ModelGuardOptions = givenOptions({
    access: readAccess(given, call),
    allow: readAllowed(ownValue(given, "allow")),
    envelope: readFunction(given, "envelope", call),
    labels: labels === undefined ? undefined : readLabelOptions(labels, call),
    onEnd: readFunction(given, "onEnd", call),
    onResult: readFunction(given, "onResult", call),
    tenant: readTenant(given, call),
    toolCalls: readBoolean(given, "toolCalls", call),
  });
  checkConditions(manager, read);
  return { manager, options: read, labels: labelRules(read.labels) };
}

/** Like the readers of the other options, refuses null. */
function readBoolean(options: object, name: string, call: string): unknown {
  const value: unknown = ownValue(options, name);
  if (value === undefined || typeof value === "boolean") return value;
  throw optionsInvalid(`${call} expects a boolean as ${name}, got ${kindOf(value)}.`);
}

/** @throws GlassineError `options_invalid` */
function readAllowed(allow: unknown): readonly string[] | undefined {
  if (allow === undefined) return undefined;
  readAllow(allow as readonly string[]);
  return Object.freeze([...(allow as readonly string[])]);
}

/** @throws GlassineError `options_invalid`; `session_invalid` for an invalid session */
export function readLabelOptions<Call = ModelCall>(
  labels: unknown,
  call: string,
): ModelLabels<unknown, Call> {
  const read = readLabels(labels, call);
  if (read.session === undefined) {
    throw optionsInvalid(
      `${call} expects labels.session: a string that names the session, or a function that returns it for an exchange.`,
    );
  }
  return givenOptions(read) as ModelLabels<unknown, Call>;
}
