/** `plugins trust`, `untrust` and `lock`: the documents and the lines. */
import type { Documents } from "../documents.ts";
import { dependencyChange, permissionChange, signerChange, type Words } from "../plain-words.ts";
import type {
  LockChange,
  LockedFacts,
  TrustChange,
  TrustedPlugin,
  UntrustChange,
} from "../reports.ts";
import { texts } from "../texts.ts";
import { shortHash } from "./list.ts";
import type { Paint } from "./paint.ts";
import { listed, say } from "./printable.ts";

/** With the algorithm in front, thirty characters. */
const hashDigits = 23;

/** The document of `trust --json`. */
export function trustDocument(change: TrustChange): Documents["trust"] {
  const { previous, lock, journal, warnings } = change;
  return {
    action: "trust",
    id: change.id,
    ...factsOf(change),
    previous: previous === null ? null : factsOf(previous),
    ...{ lock, journal_path: journal },
    ...changesOf(change),
    warnings,
  };
}

function factsOf(facts: LockedFacts) {
  const { package: name, version, entry_point, distribution_hash, until } = facts;
  const { capabilities, hooks, signer, dependencies } = facts;
  return {
    ...{ package: name, version, entry_point, distribution_hash, until },
    ...{ capabilities, hooks, signer, dependencies },
  };
}

function changesOf({ capabilities, hooks, signer, previous }: TrustedPlugin) {
  return {
    permission_change: permissionChange(previous?.capabilities ?? null, capabilities),
    hook_change: permissionChange(previous?.hooks ?? null, hooks),
    signer_change: signerChange(previous?.signer ?? null, signer),
  };
}

/** The lines of `trust`. */
export function trustLines(change: TrustChange, words: Words, paint: Paint): readonly string[] {
  return [...trustedLines(change, paint), ...pathLines(change), ...permissionLines(change, words)];
}

function trustedLines(plugin: TrustedPlugin, paint: Paint): readonly string[] {
  const { id, version, distribution_hash: hash, previous, until } = plugin;
  const end = (day: string | null) => (day === null ? "" : ` until ${day}`);
  return [
    `${paint.good("trusted:")} ${say`${id} ${version} (${shortHash(hash, hashDigits)})${end(until)}`}`,
    ...(previous === null
      ? []
      : [
          say`  was:     ${previous.version} (${shortHash(previous.distribution_hash, hashDigits)})${end(previous.until)}`,
          ...(previous.version === version && previous.distribution_hash !== hash
            ? [texts.sameVersion]
            : []),
        ]),
  ];
}

function pathLines({ lock, journal }: Pick<TrustChange, "lock" | "journal">): readonly string[] {
  return [say`  lock:    ${lock.path}`, say`  journal: ${journal}`];
}

/** What is trusted with it: what it may do, what it needs, and what is other than before. */
function permissionLines(plugin: TrustedPlugin, words: Words): readonly string[] {
  const { previous, hooks: asked, signer: now, dependencies } = plugin;
  const hooks = permissionChange(previous?.hooks ?? null, asked);
  const signer = signerChange(previous?.signer ?? null, now);
  const needed = dependencies.map(({ name, version }) => `${name}==${version}`);
  return [
    ...capabilityLines(plugin, words),
    ...hooks.added.map((name) => say`  new:     hook ${name} (${words.ofHook(name)})`),
    ...hooks.removed.map((name) => say`  gone:    hook ${name}`),
    ...(signer === null ? [] : [`  signer:  ${texts.otherSigner(signer)}`]),
    ...(needed.length === 0 ? [] : [`  needs:   ${listed(needed)}`]),
    ...(previous === null ? [] : dependencyLines(previous, plugin)),
  ];
}

/** One line each: another hash under the same version is another package. */
function dependencyLines(was: LockedFacts, now: LockedFacts): readonly string[] {
  const { changed, added, removed } = dependencyChange(was.dependencies, now.dependencies);
  const shown = ({ version, hash }: LockedFacts["dependencies"][number]) =>
    `${version} (${shortHash(hash, hashDigits)})`;
  return [
    ...changed.map(
      (each) =>
        say`  changed: dependency ${each.now.name} ${shown(each.now)}, was ${shown(each.was)}`,
    ),
    ...added.map((each) => say`  new:     dependency ${each.name} ${shown(each)}`),
    ...removed.map((each) => say`  gone:    dependency ${each.name} ${shown(each)}`),
  ];
}

/** All of them for the first time, and else those that came and went. */
function capabilityLines(
  { capabilities, previous }: TrustedPlugin,
  words: Words,
): readonly string[] {
  const asked = [...(capabilities ?? [])].sort();
  const granted = previous?.capabilities ?? null;
  if (granted === null || capabilities === null)
    return asked.length === 0 ? [] : [`  granted: ${listed(asked)}`];
  const { added, removed } = permissionChange(granted, asked);
  return [
    ...added.map((name) => say`  new:     ${name} (${words.of(name)})`),
    ...removed.map((name) => say`  gone:    ${name}`),
  ];
}

/** The document of `untrust --json`. */
export function untrustDocument(change: UntrustChange): Documents["untrust"] {
  const { id, previous, lock, journal, warnings } = change;
  const facts = factsOf(previous);
  return { action: "untrust", id, previous: facts, lock, journal_path: journal, warnings };
}

/** The lines of `untrust`. */
export function untrustLines(change: UntrustChange, paint: Paint): readonly string[] {
  return [`${paint.doubtful("untrusted:")} ${say`${change.id}`}`, ...pathLines(change)];
}

/** The document of `lock --json`. */
export function lockDocument(
  action: Documents["lock"]["action"],
  change: LockChange,
): Documents["lock"] {
  const { lock, journal, created, trusted, removed, skipped, warnings } = change;
  return {
    action,
    ...{ lock, journal_path: journal, created },
    trusted: trusted.map((plugin) => ({
      id: plugin.id,
      ...factsOf(plugin),
      previous: plugin.previous === null ? null : factsOf(plugin.previous),
      ...changesOf(plugin),
    })),
    untrusted: removed.map(({ id }) => ({ id })),
    skipped: skipped.map(({ id, code, reason }) => ({ id, code, reason })),
    warnings,
  };
}

/** The lines of `lock`. */
export function lockLines(
  action: string,
  change: LockChange,
  words: Words,
  paint: Paint,
): readonly string[] {
  const { lock, journal, created, trusted, removed, skipped } = change;
  const { path, entries } = lock;
  const word = created ? "created" : action === "check" ? "valid" : "exists";
  if (action === "create" || action === "check")
    return [created ? say`${word}: ${path}` : say`${word}: ${path} (${entries} entries)`];
  const done = action === "all" ? trusted.length : removed.length;
  return [
    ...trusted.flatMap((plugin) => [
      ...trustedLines(plugin, paint),
      ...permissionLines(plugin, words),
    ]),
    ...removed.map(({ id }) => `${paint.doubtful("untrusted:")} ${say`${id}`}`),
    ...skipped.map(({ id, code }) => `${paint.doubtful("skipped:")} ${say`${id}: ${code}`}`),
    ...(done > 0 ? [] : [action === "all" ? "nothing to trust" : "nothing to remove"]),
    say`  lock:    ${path}`,
    ...(journal === null ? [] : [say`  journal: ${journal}`]),
  ];
}
