/**
 * Registers plugins: all of them, or none. What can be told without running a plugin's code is told
 * of every plugin at once.
 */

import type { RegistrationFailure } from "../audit/index.ts";
import {
  type GlassineError,
  ManifestError,
  type ManifestProblem,
  type PluginDependencyError,
  type PluginExecutionError,
} from "../errors/index.ts";
import type { Slots } from "../extensions/index.ts";
import {
  type Denied,
  type House,
  OperationRun,
  operate,
  type PluginState,
  RequestScope,
} from "../hooks/index.ts";
import { freezePayload } from "../messages/index.ts";
import type { AuditDesk } from "./audit-desk.ts";
import type { OperationParts } from "./compile-operations.ts";
import { type Member, stateOf } from "./handler-step.ts";
import { noWishes } from "./invoke-options.ts";
import type { ReadOptions } from "./manager-options.ts";
import { Operations } from "./operations.ts";
import { byName, duplicatesIn, inOrder } from "./order.ts";
import { readConfig } from "./read-config.ts";
import type { ReadItem } from "./read-item.ts";
import type { Surface } from "./read-manifest.ts";
import { single } from "./read-plain.ts";
import { hostFault } from "./requires-host.ts";
import { timeoutFault } from "./settings.ts";
import type { Plugin } from "./types.ts";

/** Why a plugin is refused. */
interface Refusal {
  readonly plugin: Plugin;
  readonly reason: RegistrationFailure;
  readonly error: GlassineError;
  /** Which other plugin voted against it. */
  readonly vetoedBy?: string;
}

export interface Registration {
  /** In the order in which they registered: by name, each after those it depends on. */
  readonly members: readonly Member[];
  /** In the order given, each after those it depends on: that of message hooks. */
  readonly asGiven: readonly Member[];
  readonly operations: Operations;
}

/** What registering needs of the manager that is being made. */
export interface RegistrationInput {
  readonly surface: Surface;
  readonly options: ReadOptions;
  readonly items: readonly ReadItem[];
  readonly parts: OperationParts;
  /** The house of runs that no caller asked for. */
  readonly innerHouse: House;
  readonly desk: AuditDesk;
  readonly noExtensions: Slots;
  /** Told of values of configurations that are secret. */
  readonly keepSecret: (values: readonly string[]) => void;
}

/** @throws ManifestError, PluginDependencyError, GlassineError `audit_failed` */
export async function register(input: RegistrationInput): Promise<Registration> {
  const { items, desk, options, surface } = input;
  const refusals = await staticRefusals(input);
  if (refusals.length > 0) {
    for (const refusal of refusals) await desk.refused(refusal);
    throw together(refusals);
  }
  const operations = new Operations(surface, input.parts, options.core);
  desk.deliverTo(operations, input.innerHouse, input.noExtensions);
  const members: Member[] = [];
  const facts = items.map((item) => ({
    name: item.plugin.name,
    dependsOn: item.plugin.dependsOn,
    item,
  }));
  for (const { item } of byName(facts)) {
    const { refusal, state } = await admitted(input, item, operations);
    if (refusal !== undefined || state === undefined) {
      await desk.refused(refusal as Refusal);
      throw (refusal as Refusal).error;
    }
    const member = { item, state };
    operations.register(member);
    members.push(member);
    await desk.registered(item, state);
    options.logger.info(lineOf(item.plugin));
  }
  const known = new Map(members.map((member) => [member.item, member]));
  const asGiven = inOrder(facts).map(({ item }) => known.get(item) as Member);
  return { members, asGiven, operations };
}

function lineOf({ name, version, hooks, capabilities }: Plugin): string {
  return `registered plugin ${single(name)} version=${version} hooks=[${hooks.join(", ")}] capabilities=[${capabilities.join(", ")}]`;
}

/** What is wrong with the plugins as far as their definitions tell. */
async function staticRefusals({ surface, items }: RegistrationInput): Promise<readonly Refusal[]> {
  const facts = items.map(({ plugin }) => plugin);
  const refusals: Refusal[] = duplicatesIn(facts).map(({ plugin, error }) => ({
    plugin,
    reason: "duplicate",
    error,
  }));
  for (const item of items) {
    const unfit = await hostFault(item.plugin, surface.profile);
    const late = timeoutFaultOf(item, surface);
    if (unfit === undefined && late === undefined) continue;
    const error =
      unfit === undefined
        ? manifestError("hooks", late as string)
        : manifestError("requiresHost", unfit);
    refusals.push({ plugin: item.plugin, reason: "manifest_invalid", error });
  }
  if (refusals.length > 0) return refusals;
  try {
    inOrder(facts);
  } catch (error) {
    const plugin = dependent(facts, error as PluginDependencyError);
    refusals.push({ plugin, reason: "dependency", error: error as PluginDependencyError });
  }
  return refusals;
}

/** A deadline beyond this host's longest, where another host's definePlugin took it. */
function timeoutFaultOf(
  { plugin, definition }: ReadItem,
  { profile }: Surface,
): string | undefined {
  for (const { hook, settings } of definition.manifest.hooks) {
    const fault = timeoutFault(settings.timeoutMs ?? null, profile.maxTimeoutMs);
    if (fault !== undefined)
      return `${fault} (hook ${single(hook)} on plugin ${single(plugin.name)})`;
  }
  return undefined;
}

/** The plugin that an unresolved dependency is told of. */
function dependent(plugins: readonly Plugin[], error: PluginDependencyError): Plugin {
  const { missing, circle } = error.data as {
    missing?: readonly { readonly plugin: string }[];
    circle?: string;
  };
  const name = missing?.[0]?.plugin ?? circle?.split(" -> ")[0];
  return plugins.find((plugin) => plugin.name === name) as Plugin;
}

function manifestError(field: string, message: string): ManifestError {
  return new ManifestError("manifest_invalid", message, [{ field, message }]);
}

/** One error for all that is wrong; one alone is thrown as it is. */
function together(refusals: readonly Refusal[]): GlassineError {
  if (refusals.length === 1) return (refusals[0] as Refusal).error;
  const problems: ManifestProblem[] = refusals.map(({ plugin, error }) => ({
    field: plugin.name,
    message: error.message,
  }));
  const text = problems.map(({ message }) => message).join("; ");
  return new ManifestError("manifest_invalid", text, Object.freeze(problems));
}

/** Reads a plugin's configuration and has it voted on. */
async function admitted(
  input: RegistrationInput,
  item: ReadItem,
  operations: Operations,
): Promise<{ readonly refusal?: Refusal; readonly state?: PluginState }> {
  const { options, items, surface } = input;
  const { plugin, definition } = item;
  const read = readConfig({
    plugin: plugin.name,
    names: items.map((each) => each.plugin.name),
    schema: definition.manifest.configSchema,
    section: options.config[plugin.name],
    item: item.config,
    env: options.env,
    prefix: surface.profile.envPrefix,
  });
  if ("fault" in read) {
    const error = manifestError("configSchema", read.fault);
    return { refusal: { plugin, reason: "config_validate", error } };
  }
  input.keepSecret(read.secrets);
  for (const warning of read.warnings) options.logger.warn(warning);
  const state = stateOf(input.parts.shop.slots, {
    id: definition.id,
    name: plugin.name,
    version: plugin.version,
    mask: item.mask,
    services: item.services,
    config: read.config,
    asyncSafe: plugin.asyncSafe,
  });
  const refusal = await vetoOf(input, { item, state }, operations);
  return refusal === undefined ? { state } : { refusal };
}

/** What the voters of `config_validate` have against a plugin; its own handler votes last. */
async function vetoOf(
  { innerHouse, noExtensions }: RegistrationInput,
  member: Member,
  operations: Operations,
): Promise<Refusal | undefined> {
  const { plugin } = member.item;
  const program = operations.programWithLast("config_validate", member, innerHouse);
  if (program?.semantic !== "voting") return undefined;
  const facts = freezePayload({ plugin: publicView(plugin, member.item) });
  const scope = new RequestScope(undefined);
  const run = new OperationRun(program, facts, noExtensions, scope, noWishes);
  innerHouse.inFlight += 1;
  try {
    const decision = (await operate(run)) as { readonly allow: boolean };
    if (decision.allow) return undefined;
    const { reason, plugin: by } = decision as Denied;
    const text = `plugin ${single(plugin.name)} failed config validation: ${reason}`;
    return refusalOf(plugin, "config_validate", text, by);
  } catch (error) {
    return failedVote(plugin, error as PluginExecutionError);
  }
}

function failedVote(plugin: Plugin, error: GlassineError): Refusal {
  const {
    plugin: by,
    type,
    detail,
    handler,
  } = error.data as {
    readonly [key: string]: string | undefined;
  };
  const who = `plugin ${single(plugin.name)} config validator`;
  const isOwn = by === plugin.name;
  if (!isOwn)
    return refusalOf(
      plugin,
      "config_exception",
      `${who} ${handler ?? "unknown"} failed: ${detail ?? error.message}`,
      by,
      error,
    );
  if (type === "ContractViolation")
    return refusalOf(plugin, "config_result", `${who} ${detail}`, undefined, error);
  return refusalOf(plugin, "config_exception", `${who} failed: ${detail}`, undefined, error);
}

function refusalOf(
  plugin: Plugin,
  reason: RegistrationFailure,
  text: string,
  by?: string,
  cause?: GlassineError,
): Refusal {
  const problems = [{ field: "hooks", message: text }];
  const error = new ManifestError("manifest_invalid", text, problems, cause);
  const vetoed = by === undefined || by === plugin.name ? {} : { vetoedBy: by };
  return { plugin, reason, error, ...vetoed };
}

/** What others are shown of a plugin: names and flags, nothing that can be called or is secret. */
function publicView(plugin: Plugin, { definition }: ReadItem): object {
  return {
    name: plugin.name,
    version: plugin.version,
    requiresHost: plugin.requiresHost ?? definition.surface.profile.requiresDefault,
    capabilities: plugin.capabilities,
    hooks: plugin.hooks,
    dependsOn: plugin.dependsOn,
    asyncSafe: plugin.asyncSafe,
  };
}
