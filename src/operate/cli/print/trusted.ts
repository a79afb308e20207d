/** The output of commands that change what is trusted. */
import { type Isolation, isolations, kinds } from "../../isolate/kinds.ts";
import { memberText } from "../../packages/index.ts";
import { dependencyChanges } from "../../trust/index.ts";
import type { LockedFacts, TrustedPlugin } from "../documents.ts";
import { changesSince, type Words } from "../plain-words.ts";
import { texts } from "../texts.ts";
import type { LockChange } from "../work/lock.ts";
import { type Paint, shortHash } from "./parts.ts";
import { listed, say } from "./printable.ts";

/** What documents contain about a plugin that was just trusted. */
export function trustedDocument<Plugin extends TrustedPlugin>(plugin: Plugin) {
  return { ...plugin, ...changesSince(plugin.previous, plugin) };
}

export function trustedLines(plugin: TrustedPlugin, paint: Paint): readonly string[] {
  const { id, package: of, version, entry_point: entry, previous, until } = plugin;
  const { distribution_hash: hash } = plugin;
  const end = (day: string | null) => (day === null ? "" : ` until ${day}`);
  const first = `${paint.good("trusted:")} ${say`${id} ${version} (${shortHash(hash)})${end(until)}`}`;
  if (previous === null) return [first];
  const { package: oldPackage, version: oldVersion, distribution_hash: oldHash } = previous;
  const was = say`  was:     ${oldVersion} (${shortHash(oldHash)})${end(previous.until)}`;
  const isOther = oldPackage !== of;
  const hasOtherFiles = !isOther && oldVersion === version && oldHash !== hash;
  const hasOtherEntry = previous.entry_point !== entry;
  return [
    first,
    was,
    ...(isOther ? [say`  package: ${of}, was ${oldPackage}`] : []),
    ...(hasOtherFiles ? ["  files:   changed under the same version"] : []),
    ...(hasOtherEntry ? [say`  entry:   ${entry}, was ${previous.entry_point}`] : []),
  ];
}

export function untrustedLine(id: string, paint: Paint): string {
  return `${paint.doubtful("untrusted:")} ${say`${id}`}`;
}

export function pathLines(change: Pick<LockChange, "lock" | "journal_path">): readonly string[] {
  const { lock, journal_path: journal } = change;
  return [say`  lock:    ${lock.path}`, ...(journal === null ? [] : [say`  journal: ${journal}`])];
}

/** Where its code runs, if that is new or has changed. */
export function isolationLines({ isolate, accept, previous }: TrustedPlugin): readonly string[] {
  const isSame =
    isolate === (previous?.isolate ?? null) && listed(accept) === listed(previous?.accept ?? []);
  if (isSame) return [];
  if (isolate === null)
    return [say`  gone:    isolate ${previous?.isolate ?? "-"}: its code runs in the host now`];
  const was = isolations.indexOf(previous?.isolate as Isolation);
  const isWeaker = isolations.indexOf(isolate as Isolation) < was;
  return [
    ...(isWeaker ? [say`  weaker:  its code ran in "${previous?.isolate ?? "-"}" before`] : []),
    say`  isolate: ${isolate}: ${kinds[isolate as Isolation]}`,
    ...(accept.length === 0 ? [] : [`  accepts: ${texts.accepted(accept)}`]),
  ];
}

/** What a plugin may do and what it needs, and how that differs from before. */
export function permissionLines(plugin: TrustedPlugin, words: Words): readonly string[] {
  const { previous, dependencies } = plugin;
  const changes = changesSince(previous, plugin);
  const { permission_change: capabilities, hook_change: hooks, signer_change: signer } = changes;
  const granted = [...(plugin.capabilities ?? [])].sort();
  const isFirst = !previous?.capabilities;
  const needed = dependencies.map(({ name, version }) => `${name}==${version}`);
  return [
    // All capabilities the first time, later only those added and removed.
    ...(isFirst && granted.length > 0 ? [`  granted: ${listed(granted)}`] : []),
    ...capabilities.added.map((name) => say`  new:     ${name} (${words.of(name)})`),
    ...capabilities.removed.map((name) => say`  gone:    ${name}`),
    ...hooks.added.map((name) => say`  new:     hook ${name} (${words.ofHook(name)})`),
    ...hooks.removed.map((name) => say`  gone:    hook ${name}`),
    ...(signer === null ? [] : [`  signer:  ${texts.otherSigner(signer)}`]),
    ...(needed.length === 0 ? [] : [`  needs:   ${listed(needed)}`]),
    ...(previous === null ? [] : dependencyLines(previous, plugin)),
  ];
}

/** One line per dependency. The same version with another hash is another package. */
function dependencyLines(before: LockedFacts, after: LockedFacts): readonly string[] {
  const textsOf = ({ dependencies }: LockedFacts) => dependencies.map(memberText);
  const shown = ({ version, hash }: LockedFacts["dependencies"][number]) =>
    `${version} (${shortHash(hash)})`;
  const changed: string[] = [];
  const came: string[] = [];
  const gone: string[] = [];
  for (const { was, now } of dependencyChanges(textsOf(before), textsOf(after))) {
    if (was !== undefined && now !== undefined)
      changed.push(say`  changed: dependency ${now.name} ${shown(now)}, was ${shown(was)}`);
    else {
      if (now !== undefined) came.push(say`  new:     dependency ${now.name} ${shown(now)}`);
      if (was !== undefined) gone.push(say`  gone:    dependency ${was.name} ${shown(was)}`);
    }
  }
  return [...changed, ...came, ...gone];
}
