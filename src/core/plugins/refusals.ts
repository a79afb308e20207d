/** Plugins that are refused, and the one error that reports all of them. */

import { weakGet, weakSet } from "../data/intrinsics.ts";
import {
  type GlassineError,
  ManifestError,
  type ManifestProblem,
  type PackageProblem,
  PluginDependencyError,
  PluginDiscoveryError,
  quoteName,
} from "../errors/index.ts";
import type { RegistrationFailure } from "../observe/index.ts";
import type { DiscoveryFacts, RefusedPackage } from "./discovered.ts";
import { byName, byUnits } from "./order.ts";
import type { ReadItem } from "./read-item.ts";
import { problemsError } from "./read-plain.ts";
import type { Plugin } from "./types.ts";

/** Why a plugin is refused. */
export interface Refusal {
  readonly plugin: Plugin;
  readonly reason: RegistrationFailure;
  readonly error: GlassineError;
  /** The other plugin that voted against it. */
  readonly vetoedBy?: string;
}

/** Returns a refusal for every plugin whose name another one already has. */
export function duplicatesAmong(items: readonly ReadItem[]): readonly Refusal[] {
  const first = new Map<string, Plugin>();
  return items.flatMap(({ plugin }): readonly Refusal[] => {
    const other = first.get(plugin.name);
    if (other === undefined) {
      first.set(plugin.name, plugin);
      return [];
    }
    const message = `plugin ${quoteName(plugin.name)} is already registered`;
    const problems = [{ field: "name", message }];
    // A plugin listed twice is a slip; two with one name may be an attack, however much alike.
    const data = { plugin: plugin.name, isSame: plugin === other };
    const error = new ManifestError("plugin_duplicate", message, problems, undefined, data);
    return [{ plugin, reason: "duplicate", error }];
  });
}

/** Returns a refusal, by name, for each plugin that lacks a dependency, and one for a circle. */
export function unresolvedAmong(
  items: readonly ReadItem[],
  discovered: DiscoveryFacts | undefined,
): readonly Refusal[] {
  const plugins = items.map(({ plugin }) => plugin);
  const known = new Set(plugins.map(({ name }) => name));
  const refused = discovered?.refused.map(({ name }) => name) ?? [];
  const lacking = plugins.flatMap((plugin): readonly Refusal[] => {
    const missing = plugin.dependsOn.filter((name) => !known.has(name)).sort(byUnits);
    if (missing.length === 0) return [];
    const isRejected = missing.every((name) => refused.includes(name));
    const reason = isRejected ? "dependency_rejected" : "dependency";
    const error = missingError([{ plugin: plugin.name, dependencies: missing }]);
    return [{ plugin, reason, error }];
  });
  lacking.sort((a, b) => byUnits(a.plugin.name, b.plugin.name));
  const { circle } = byName(items);
  if (circle === undefined) return lacking;
  const text = `plugin dependency cycle detected: ${circle.join(" -> ")}`;
  const error = new PluginDependencyError(text, { circle: circle.join(" -> ") });
  const inCircle = plugins.filter(({ name }) => name === circle[0]);
  return [
    ...lacking,
    ...inCircle.map((plugin): Refusal => ({ plugin, reason: "dependency", error })),
  ];
}

/** The dependencies of one plugin that are missing, sorted. */
interface Missing {
  readonly plugin: string;
  readonly dependencies: readonly string[];
}

function missingError(missing: readonly Missing[]): PluginDependencyError {
  const sentences = missing.map(
    ({ plugin, dependencies }) => `${plugin} missing ${dependencies.join(", ")}`,
  );
  const text = `missing plugin dependencies: ${sentences.join("; ")}`;
  return new PluginDependencyError(text, { missing });
}

/** The refusals behind an error of `together`. */
const reported = new WeakMap<object, readonly Refusal[]>();

/** Returns the refusals that an error of `createPluginManager` reports; none for any other error. */
export function refusalsIn(error: unknown): readonly Refusal[] {
  return weakGet(reported, error as object) ?? [];
}

/** Returns one error for all refusals; a single refusal keeps its own. */
export function together(refusals: readonly Refusal[]): GlassineError {
  const error = errorOf(refusals);
  weakSet(reported, error, refusals);
  return error;
}

function errorOf(refusals: readonly Refusal[]): GlassineError {
  const [first, ...others] = refusals;
  if (first !== undefined && others.length === 0) return first.error;
  const unresolved = refusals.flatMap(({ error }) =>
    error instanceof PluginDependencyError ? [error] : [],
  );
  if (unresolved.length === refusals.length) return unresolvedTogether(unresolved);
  const problems: ManifestProblem[] = refusals.map(({ plugin, error }) => ({
    field: plugin.name,
    message: error.message,
  }));
  return problemsError(problems);
}

/** Joins the errors: what is missing in one sentence, and a circle after it. */
function unresolvedTogether(errors: readonly PluginDependencyError[]): PluginDependencyError {
  const lacking = missingError(
    errors.flatMap(({ data }) => (data.missing as readonly Missing[]) ?? []),
  );
  const all = [lacking, ...errors.filter(({ data }) => data.circle !== undefined)];
  return new PluginDependencyError(
    all.map(({ message }) => message).join("; "),
    Object.assign({}, ...all.map(({ data }) => data)),
  );
}

/** Returns one error for all packages and plugins that are refused. */
export function withPackages(
  packages: readonly RefusedPackage[],
  refusals: readonly Refusal[],
): GlassineError {
  const [first] = packages;
  if (first !== undefined && packages.length === 1 && refusals.length === 0) return first.error;
  const problems: PackageProblem[] = [
    ...packages.map(({ name, code, error, origin }) => ({
      id: name,
      package: origin?.package ?? name,
      code,
      message: error.message,
    })),
    ...refusals.map(({ plugin, reason, error }) => ({
      id: plugin.name,
      package: plugin.name,
      code: reason,
      message: error.message,
    })),
  ];
  // Several problems may have the same message.
  const text = [...new Set(problems.map(({ message }) => message))].join("; ");
  return new PluginDiscoveryError(text, Object.freeze(problems));
}

export function failedVote(plugin: Plugin, error: GlassineError): Refusal {
  const facts = error.data as { readonly [key: string]: string | undefined };
  const { plugin: by, type, detail, handler } = facts;
  const isOwn = by === plugin.name;
  const isContract = isOwn && type === "ContractViolation";
  const who = `plugin ${quoteName(plugin.name)} config validator`;
  const how = isOwn
    ? `failed: ${detail}`
    : `${handler ?? "unknown"} failed: ${detail ?? error.message}`;
  const reason = isContract ? "config_result" : "config_exception";
  return refusalOf(plugin, reason, `${who} ${isContract ? detail : how}`, by, error);
}

/** `by`: who voted against it. */
export function refusalOf(
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
