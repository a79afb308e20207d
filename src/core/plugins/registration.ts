/**
 * Registers plugins: all of them, or none. Problems that can be found without running a plugin's
 * code are reported for every plugin at once.
 */

import { optionsInvalid, type PluginExecutionError, quoteName } from "../errors/index.ts";
import type { Decision, ManagerRuntime } from "../hooks/index.ts";
import type { AuditRecorder } from "./audit-recorder.ts";
import { type CompilerInput, type ManagerParts, type Member, stateOf } from "./handler-step.ts";
import { isolationOf } from "./isolated.ts";
import { compileOperation, operateAlone } from "./operations.ts";
import { byName, inOrder } from "./order.ts";
import { type Environment, readConfig } from "./read-config.ts";
import { emitHook, type ReadItem } from "./read-item.ts";
import { manifestError, problemsError } from "./read-plain.ts";
import {
  duplicatesAmong,
  failedVote,
  type Refusal,
  refusalOf,
  together,
  unresolvedAmong,
  withPackages,
} from "./refusals.ts";
import { hostFault } from "./requires-host.ts";
import type { Plugin } from "./types.ts";

/** What registering needs from the manager that is being made. */
export interface RegistrationInput extends ManagerParts {
  readonly items: readonly ReadItem[];
  /** The runtime of runs that no caller started. */
  readonly runtime: ManagerRuntime;
  readonly recorder: AuditRecorder;
  /** The variables of the process; absent if no plugin reads or refuses any. */
  readonly processEnv: Environment | undefined;
  /** Receives the secret values of configurations. */
  readonly keepSecret: (values: readonly string[]) => void;
}

/**
 * @throws ManifestError, PluginDependencyError, PluginDiscoveryError, the error of a refused package,
 *   GlassineError `audit_failed`
 */
export async function register(input: RegistrationInput) {
  const { items, options, recorder } = input;
  await expectNoRefusals(input);
  /** In the order in which they register: by name, each after those it depends on. */
  const members: Member[] = [];
  const soFar = { ...input, members };
  const deliver = () => recorder.deliverTo(compileOperation(soFar, emitHook));
  deliver();
  for (const item of byName(items).order) {
    const member = await admitted(soFar, item);
    if ("error" in member) {
      await recorder.refused(member);
      throw together([member]);
    }
    members.push(member);
    deliver();
    await recorder.registered(item, member.state);
    options.logger.info(lineOf(item.plugin));
  }
  const known = new Map(members.map((member) => [member.item, member]));
  /** In the order given, each after those it depends on. Message hooks run in this order. */
  const asGiven = inOrder(items).order.flatMap((item) => known.get(item) ?? []);
  return { members, asGiven };
}

/** Reports all refusals before any plugin code runs, and throws if they end the registration. */
async function expectNoRefusals(input: RegistrationInput): Promise<void> {
  const { options, recorder } = input;
  const { refused: packages = [], warnings = [] } = options.discovered ?? {};
  for (const warning of warnings) options.logger.warn(warning);
  const refusals = await staticRefusals(input);
  for (const refusal of [...packages, ...refusals]) await recorder.refused(refusal);
  if (options.discovered?.skipsRefused !== true && packages.length > 0)
    throw withPackages(packages, refusals);
  for (const { name, code, error } of packages)
    options.logger.warn(`the plugin ${quoteName(name)} is not loaded (${code}): ${error.message}`);
  if (refusals.length > 0) throw together(refusals);
  if (options.discovered?.needsSink === true && options.audit.sink === undefined)
    throw optionsInvalid(
      "plugins of production mode need audit.sink, to record what they do, such as audit: { sink: fileAuditSink(PATH) } with glassine/node.",
    );
}

function lineOf({ name, version, hooks, capabilities }: Plugin): string {
  return `registered plugin ${quoteName(name)} version=${version} hooks=[${hooks.join(", ")}] capabilities=[${capabilities.join(", ")}]`;
}

/** Returns the refusals that follow from the plugins' definitions. */
async function staticRefusals({
  surface,
  options,
  items,
}: RegistrationInput): Promise<readonly Refusal[]> {
  const refusals = [...duplicatesAmong(items)];
  for (const { plugin, faults } of items) {
    const problems = [...faults];
    const message = await hostFault(plugin, surface.profile);
    if (message !== undefined) problems.push({ field: "requiresHost", message });
    if (problems.length > 0)
      refusals.push({ plugin, reason: "manifest_invalid", error: problemsError(problems) });
  }
  return [...refusals, ...unresolvedAmong(items, options.discovered)];
}

/** Reads a plugin's configuration, and has the plugin voted on. */
async function admitted(
  soFar: RegistrationInput & CompilerInput,
  item: ReadItem,
): Promise<Member | Refusal> {
  const { items, options, surface } = soFar;
  const { plugin, manifest } = item;
  const isolation = isolationOf(plugin);
  const read = readConfig({
    plugin: plugin.name,
    names: items.map((each) => each.plugin.name),
    schema: manifest.configSchema,
    startedWith: isolation,
    section: options.config[plugin.name] ?? { value: undefined },
    item: item.config,
    env: options.env ?? ((manifest.configSchema ?? isolation) && soFar.processEnv),
    prefix: surface.profile.envPrefix,
  });
  if ("fault" in read) {
    const error = manifestError("configSchema", read.fault);
    return { plugin, reason: "config_validate", error };
  }
  soFar.keepSecret(read.secrets);
  for (const warning of read.warnings) options.logger.warn(warning);
  const state = stateOf(surface, item, read.config);
  return (await vetoOf(soFar, { item, state })) ?? { item, state };
}

/** Refuses a plugin if a `config_validate` handler denies or fails. Its own handler votes last. */
async function vetoOf(soFar: CompilerInput, member: Member): Promise<Refusal | undefined> {
  const { plugin } = member.item;
  const compiled = compileOperation(soFar, "config_validate", [member]);
  if (compiled === undefined) return undefined;
  const facts = { plugin: publicView(member.item) };
  try {
    const decision = (await operateAlone(compiled, facts)) as Decision;
    if (decision.allow) return undefined;
    // Unlike the answer of a run, this goes into an error, which operators log.
    const why = soFar.runtime.redact(decision.reason);
    const text = `plugin ${quoteName(plugin.name)} failed config validation: ${why}`;
    return refusalOf(plugin, "config_validate", text, decision.plugin);
  } catch (error) {
    return failedVote(plugin, error as PluginExecutionError);
  }
}

/** What others see of a plugin: names and flags, nothing that can be called or is secret. */
function publicView({ plugin, surface }: ReadItem): object {
  const { description: _, requiresHost = surface.profile.requiresDefault, ...facts } = plugin;
  return { ...facts, requiresHost };
}
