/** What `gateway trust` does: reviews the configuration's guests, and trusts what has changed. */
import { GlassineError } from "../../core/errors/index.ts";
import { type CommandContext, printable, say, shortHash } from "../../operate/cli/index.ts";
import { type GuestSurvey, surveyGuests } from "../../operate/discovery/index.ts";
import {
  checkReason,
  driftLabels,
  type LockEntry,
  readDependency,
  trustPlugins,
} from "../../operate/trust/index.ts";
import { guestOptions, isGuests, loadConfig } from "../config/index.ts";
import type { GatewayTrustContext } from "./options.ts";

export async function trustGuests({ cwd, env, options, paint }: GatewayTrustContext) {
  const isCheck = options.check === true;
  const flags = { file: options.config, lock: options.pluginsLock };
  const { config, folder, lock } = await loadConfig({ cwd, env, flags, serves: false });
  const host = { root: folder, env, lock };
  const entries = config.plugins.filter(isGuests);
  if (entries.length === 0)
    throw new GlassineError(
      "plugin_missing",
      'the configuration names no guests: write { "kind": "cpex", "file": …, "python": … } under plugins',
    );
  if (!isCheck) checkReason(options.reason, "trust");
  const found: Found[] = [];
  let lockPath = "";
  for (const entry of entries) {
    const survey = await surveyGuests(entry.file, guestOptions(entry, host));
    lockPath = survey.lockPath;
    found.push(...foundIn(entry.file, expectWhole(survey), found));
  }
  const changed = found.filter(({ changes }) => changes.length > 0);
  const isWritten = !isCheck && changed.length > 0;
  const done = isWritten
    ? await trustPlugins(
        lockPath,
        changed.map(({ entry }) => entry),
        options.reason as string,
      )
    : undefined;
  return {
    exitCode: isCheck && changed.length > 0 ? (1 as const) : (0 as const),
    document: {
      action: "trust" as const,
      lock_path: lockPath,
      written: isWritten,
      journal_path: done?.journal ?? null,
      guests: found.map(documentOf),
    },
    lines: [
      ...found.flatMap((each) => linesOf(each, paint)),
      ...(done === undefined
        ? [nothingDone(found, isCheck)]
        : [say`  lock:    ${lockPath}`, say`  journal: ${done.journal}`]),
    ],
    warnings: done?.warnings ?? [],
    hasChanged: done !== undefined,
  };
}

function nothingDone(found: readonly Found[], isCheck: boolean): string {
  if (found.length === 0) return "nothing to trust: the configuration selects no plugin of CPEX";
  return isCheck ? "nothing is written" : "nothing has changed since it was trusted";
}

interface Found {
  readonly file: string;
  readonly entry: LockEntry;
  readonly changes: readonly Change[];
}

/** How a guest differs from what was trusted: a kind of drift, or what it may do. */
type Change = Pick<GuestSurvey["drift"][number], "label" | "expected" | "actual">;

/** @throws GlassineError `trust_refused` for guests that a lockfile cannot describe */
function expectWhole(survey: GuestSurvey): GuestSurvey {
  const { unowned, entries, guests } = survey;
  const [loose] = unowned;
  if (loose !== undefined)
    throw new GlassineError(
      "trust_refused",
      `an environment that contains more than wheels cannot be trusted: ${printable(loose)}. Make a new environment from wheels only.`,
    );
  const bare = guests.find(({ name }) => !entries.some(({ id }) => id === name));
  if (bare === undefined) return survey;
  throw new GlassineError(
    "trust_refused",
    `the guest ${printable(bare.name)} cannot be trusted: its code is in no wheel of the environment`,
    { id: bare.name },
  );
}

/** @throws GlassineError `plugin_duplicate` */
function foundIn(
  file: string,
  { entries, drift, kept }: GuestSurvey,
  before: readonly Found[],
): readonly Found[] {
  return entries.map((entry) => {
    const { id } = entry;
    if (before.some((each) => each.entry.id === id))
      throw new GlassineError(
        "plugin_duplicate",
        `two entries of the configuration have a guest ${printable(id)}: select different guests with \`only\``,
        { plugin: id },
      );
    const own = drift.filter((each) => each.id === id);
    const was = kept.find((each) => each.id === id);
    const accepted =
      was === undefined || sameNames(was.accept, entry.accept) ? [] : [acceptOf(was, entry)];
    return { file, entry, changes: [...own, ...accepted] };
  });
}

function sameNames(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return [...a].sort().join() === [...b].sort().join();
}

/** Describes a change in what a guest may do: that is not in a package, so it is not drift. */
function acceptOf(was: LockEntry, { accept }: LockEntry): Change {
  return { label: "accept", expected: was.accept?.join(", "), actual: accept?.join(", ") };
}

function documentOf({ file, entry, changes }: Found) {
  const { id, package: wheel, version, entryPoint, hash, hooks = [], capabilities = [] } = entry;
  const { accept = [], dependencies = [] } = entry;
  return {
    id,
    file,
    package: wheel,
    version,
    entry_point: entryPoint,
    distribution_hash: hash,
    hooks: [...hooks],
    capabilities: [...capabilities],
    accept: [...accept],
    dependencies: dependencies.map(readDependency),
    changes: changes.map(({ label, expected, actual }) => ({
      kind: label,
      expected: expected ?? null,
      actual: actual ?? null,
    })),
  };
}

function linesOf({ entry, changes }: Found, paint: CommandContext["paint"]): readonly string[] {
  const { id, package: wheel, version, hash, hooks = [], capabilities = [] } = entry;
  const { accept = [], dependencies = [] } = entry;
  const isNew = changes.some(({ label }) => label === driftLabels.missing_from_lock);
  const state = isNew ? "new" : changes.length > 0 ? "changed" : "unchanged";
  return [
    `${paint.title(say`${id}`)} ${say`${wheel} ${version} (${shortHash(hash, 12)}): ${state}`}`,
    say`  hooks:   ${hooks.join(", ")}`,
    ...(capabilities.length === 0 ? [] : [say`  granted: ${capabilities.join(", ")}`]),
    ...(accept.length === 0 ? [] : [say`  accepts: ${accept.join(", ")}`]),
    say`  needs:   ${String(dependencies.length)} other wheels of its environment`,
    ...(isNew ? [] : changes.map(changeLine)),
  ];
}

function changeLine({ label, expected, actual }: Change): string {
  return say`  changed: ${label}: ${actual ?? "nothing"}, was ${expected ?? "nothing"}`;
}
