/**
 * Registers plugins: all of them, or none. Problems that can be found without running a plugin's code
 * are reported for every plugin at once.
 */

import type { GlassineError, ManifestProblem, PluginExecutionError } from "../errors/index.ts";
import type { Decision, ManagerRuntime } from "../hooks/index.ts";
import type { AuditRecorder } from "./audit-recorder.ts";
import type { DiscoveryFacts } from "./discovered.ts";
import { type ManagerParts, type Member, stateOf } from "./handler-step.ts";
import { compileOperation, operateAlone } from "./operations.ts";
import {
  byName,
  circleError,
  circleIn,
  duplicatesIn,
  inOrder,
  missingError,
  missingIn,
} from "./order.ts";
import type { Surface } from "./profile.ts";
import { type Environment, readConfig } from "./read-config.ts";
import { emitHook, type ReadItem } from "./read-item.ts";
import { manifestError, problemsError, quoteName } from "./read-plain.ts";
import { failedVote, type Refusal, refusalOf, together, withPackages } from "./refusals.ts";
import { hostFault } from "./requires-host.ts";
import type { Plugin } from "./types.ts";

export interface Registration {
  /** In the order in which they registered: by name, each after those it depends on. */
  readonly members: readonly Member[];
  /** In the order given, each after those it depends on: that of message hooks. */
  readonly asGiven: readonly Member[];
}

/** What registering needs of the manager that is being made. */
export interface RegistrationInput {
  readonly parts: ManagerParts;
  readonly items: readonly ReadItem[];
  /** The runtime of runs that no caller asked for. */
  readonly innerRuntime: ManagerRuntime;
  readonly recorder: AuditRecorder;
  /** The variables of the process; absent where no plugin has a `configSchema`. */
  readonly processEnv: Environment | undefined;
  /** Receives the secret values of configurations. */
  readonly keepSecret: (values: readonly string[]) => void;
}

/** @throws ManifestError, PluginDependencyError, GlassineError `audit_failed` */
export async function register(input: RegistrationInput): Promise<Registration> {
  const { items, recorder, innerRuntime: runtime } = input;
  const { options } = input.parts;
  await expectNoRefusals(input);
  const members: Member[] = [];
  const soFar = { ...input.parts, members, runtime };
  const deliver = () => recorder.deliverTo(compileOperation(soFar, emitHook));
  deliver();
  const facts = items.map((item) => ({
    name: item.plugin.name,
    dependsOn: item.plugin.dependsOn,
    item,
  }));
  for (const { item } of byName(facts)) {
    const member = await admitted(input, item, members);
    if ("error" in member) {
      await recorder.refused(member);
      throw member.error;
    }
    members.push(member);
    deliver();
    await recorder.registered(item, member.state);
    options.logger.info(lineOf(item.plugin));
  }
  const known = new Map(members.map((member) => [member.item, member]));
  const asGiven = inOrder(facts).flatMap(({ item }) => known.get(item) ?? []);
  return { members, asGiven };
}

/** Reports all that is refused before any code of a plugin runs, and throws where that ends it. */
async function expectNoRefusals(input: RegistrationInput): Promise<void> {
  const { recorder } = input;
  const { options } = input.parts;
  const { refused: packages = [], warnings = [] } = options.discovered ?? {};
  for (const warning of warnings) options.logger.warn(warning);
  const refusals = await staticRefusals(input);
  for (const refusal of packages) await recorder.refusedPackage(refusal);
  for (const refusal of refusals) await recorder.refused(refusal);
  if (options.discovered?.skipsRefused !== true && packages.length > 0)
    throw withPackages(packages, refusals);
  for (const { name, code, error } of packages)
    options.logger.warn(`the plugin ${quoteName(name)} is not loaded (${code}): ${error.message}`);
  if (refusals.length > 0) throw together(refusals);
}

function lineOf({ name, version, hooks, capabilities }: Plugin): string {
  return `registered plugin ${quoteName(name)} version=${version} hooks=[${hooks.join(", ")}] capabilities=[${capabilities.join(", ")}]`;
}

/** What is wrong with the plugins, judged by their definitions. */
async function staticRefusals({
  parts: { surface, options },
  items,
}: RegistrationInput): Promise<readonly Refusal[]> {
  const plugins = items.map(({ plugin }) => plugin);
  const refusals: Refusal[] = duplicatesIn(plugins).map(({ plugin, error }) => ({
    plugin,
    reason: "duplicate",
    error,
  }));
  for (const item of items) {
    const error = await unfitError(item, surface);
    if (error !== undefined)
      refusals.push({ plugin: item.plugin, reason: "manifest_invalid", error });
  }
  return [...refusals, ...unresolvedAmong(plugins, options.discovered)];
}

/** What of a manifest does not fit this host, all in one error. */
async function unfitError(item: ReadItem, surface: Surface): Promise<GlassineError | undefined> {
  const { plugin, faults } = item;
  const problems: ManifestProblem[] = [...faults];
  const unfit = await hostFault(plugin, surface.profile);
  if (unfit !== undefined) problems.push({ field: "requiresHost", message: unfit });
  return problems.length === 0 ? undefined : problemsError(problems);
}

/** One refusal for each plugin that lacks something, and one for a circle. */
function unresolvedAmong(
  plugins: readonly Plugin[],
  discovered: DiscoveryFacts | undefined,
): readonly Refusal[] {
  const refused = discovered?.refused.map(({ name }) => name) ?? [];
  const lacking = missingIn(plugins).map(
    ({ plugin, dependencies }): Refusal => ({
      plugin,
      reason: dependencies.every((name) => refused.includes(name))
        ? "dependency_rejected"
        : "dependency",
      error: missingError([{ plugin: plugin.name, dependencies }]),
    }),
  );
  const circle = circleIn(plugins);
  if (circle === undefined) return lacking;
  const inCircle = plugins
    .filter(({ name }) => name === circle[0])
    .map((plugin): Refusal => ({ plugin, reason: "dependency", error: circleError(circle) }));
  return [...lacking, ...inCircle];
}

/** Reads a plugin's configuration and has it voted on. */
async function admitted(
  input: RegistrationInput,
  item: ReadItem,
  members: readonly Member[],
): Promise<Member | Refusal> {
  const { items } = input;
  const { options, surface, defaults } = input.parts;
  const { plugin, definition } = item;
  const read = readConfig({
    plugin: plugin.name,
    names: items.map((each) => each.plugin.name),
    schema: definition.manifest.configSchema,
    section: options.config[plugin.name] ?? { value: undefined },
    item: item.config,
    env: options.env ?? (definition.manifest.configSchema && input.processEnv),
    prefix: surface.profile.envPrefix,
  });
  if ("fault" in read) {
    const error = manifestError("configSchema", read.fault);
    return { plugin, reason: "config_validate", error };
  }
  input.keepSecret(read.secrets);
  for (const warning of read.warnings) options.logger.warn(warning);
  const state = stateOf(defaults.slots, {
    id: definition.id,
    name: plugin.name,
    version: plugin.version,
    mask: item.mask,
    services: item.services,
    config: read.config,
    asyncSafe: plugin.asyncSafe,
  });
  return (await vetoOf(input, { item, state }, members)) ?? { item, state };
}

/** What the voters of `config_validate` have against a plugin; its own handler votes last. */
async function vetoOf(
  { parts, innerRuntime: runtime }: RegistrationInput,
  member: Member,
  members: readonly Member[],
): Promise<Refusal | undefined> {
  const { plugin } = member.item;
  const compiled = compileOperation({ ...parts, members, runtime }, "config_validate", [member]);
  if (compiled?.semantic !== "voting") return undefined;
  const facts = { plugin: publicView(plugin, member.item) };
  try {
    const decision = (await operateAlone(compiled, facts)) as Decision;
    if (decision.allow) return undefined;
    const { reason, plugin: by } = decision;
    const text = `plugin ${quoteName(plugin.name)} failed config validation: ${reason}`;
    return refusalOf(plugin, "config_validate", text, by);
  } catch (error) {
    return failedVote(plugin, error as PluginExecutionError);
  }
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
