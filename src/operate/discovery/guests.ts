/**
 * Guests: CPEX plugins from a virtual environment, checked against what plugins.lock trusts.
 *
 * @see spec `discovery:guests`, `discovery:guest-environment`
 */
import { GlassineError, quoted } from "../../core/errors/index.ts";
import type { Environment as Variables } from "../../core/plugins/index.ts";
import { type CpexFileOptions, type PlannedGuest, planGuests } from "../isolate/cpex/cpex-file.ts";
import { type Environment, readEnvironment, type Wheel } from "../isolate/cpex/wheels.ts";
import type { Opening } from "../isolate/kinds.ts";
import { memberText } from "../packages/index.ts";
import {
  type Drift,
  driftOf,
  endingSoon,
  type LockEntry,
  locateLockfile,
  type PluginMode,
  printable,
  readLockfile,
} from "../trust/index.ts";

export interface GuestOptions extends Omit<CpexFileOptions, "wheels" | "pluginDirs"> {
  /** The folder from which to look for plugins.lock. */
  readonly root: string;
  readonly variables: Variables;
  /** The path of plugins.lock. Default: where every host looks for it. */
  readonly lock?: string | undefined;
}

/**
 * Reads the plugins of a CPEX configuration without starting any.
 *
 * In production, hashes every wheel of the environment before any of its code runs, and refuses
 * what plugins.lock does not trust. In dev mode, a difference is only a warning.
 *
 * @throws GlassineError (as a rejection) `lockfile_invalid`, `lockfile_newer`, `lockfile_failed`,
 *   `package_refused`, and what `cpexPlugins` throws
 */
export async function discoverGuests(file: string, mode: PluginMode, options: GuestOptions) {
  const isProduction = mode === "production";
  const { lock, trusted, cpex } = await lockFor(options);
  // Without a lockfile, there is nothing to compare.
  if (lock === undefined && !isProduction)
    return { guests: await planGuests(file, cpex), warnings: [] };
  const { python } = cpex;
  const expectLocked = (found: Environment) => expectTrustedEnvironment(python, found, trusted);
  const environment = await readEnvironment(python);
  if (isProduction) expectLocked(environment);
  const again = async () => expectLocked(await readEnvironment(python));
  const guests = await planGuests(file, cpex, isProduction ? again : undefined);
  const compared = compare(guests, environment.wheels, trusted, cpex);
  if (isProduction) expectTrusted(guests, compared);
  return {
    guests,
    warnings: [
      ...endingSoon(compared.kept, new Date()),
      ...compared.drift.map(
        (each) => `production refuses the guest ${quoted(each.id)}: ${differenceOf(each)}`,
      ),
    ],
  };
}

/** What an operator needs to know about guests before trusting them. */
export interface GuestSurvey {
  readonly guests: readonly PlannedGuest[];
  /** What would be trusted: one entry for each guest that comes from a wheel. */
  readonly entries: readonly LockEntry[];
  /** What Python could load although no wheel has it, one sentence each. */
  readonly unowned: readonly string[];
  readonly lockPath: string;
  /** The lockfile's entries for these guests. */
  readonly kept: readonly LockEntry[];
  /** How the guests differ from these entries. */
  readonly drift: readonly Drift[];
}

/**
 * Looks at the guests of a configuration, trusted or not, without starting any.
 *
 * @throws GlassineError (as a rejection) as `discoverGuests` does
 */
export async function surveyGuests(file: string, options: GuestOptions): Promise<GuestSurvey> {
  const { lockPath, trusted, cpex } = await lockFor(options);
  const { wheels, unowned } = await readEnvironment(cpex.python);
  const guests = await planGuests(file, cpex);
  return { guests, unowned, lockPath, ...compare(guests, wheels, trusted, cpex) };
}

async function lockFor({ root, variables, lock: explicit, ...cpex }: GuestOptions) {
  const at = { cwd: root, env: variables, bin: "glassine", explicit };
  const { path: lockPath } = await locateLockfile(at);
  const lock = await readLockfile(lockPath);
  const trusted = (lock?.entries ?? []).filter(({ kind }) => kind === "cpex");
  return { lockPath, lock, trusted, cpex };
}

type Compared = Pick<GuestSurvey, "entries" | "kept" | "drift">;

function compare(
  guests: readonly PlannedGuest[],
  wheels: readonly Wheel[],
  trusted: readonly LockEntry[],
  { network = false, accept = [] }: Pick<CpexFileOptions, "network" | "accept">,
): Compared {
  const openings = [...new Set(network ? [...accept, "network" as const] : accept)];
  const entries = guests.flatMap((guest) => entryOf(guest, wheels, openings));
  const names = new Set(guests.map(({ name }) => name));
  const kept = trusted.filter(({ id }) => names.has(id));
  return { entries, kept, drift: driftOf(kept, entries) };
}

/** The entry with which a guest would be trusted; none if no wheel has its code. */
function entryOf(
  { name, kind, wheel, capabilities, hooks }: PlannedGuest,
  wheels: readonly Wheel[],
  accept: readonly Opening[],
): readonly LockEntry[] {
  if (wheel === undefined) return [];
  const dot = kind.lastIndexOf(".");
  return [
    {
      id: name,
      kind: "cpex",
      package: wheel.name,
      version: wheel.version,
      entryPoint: `${kind.slice(0, dot)}:${kind.slice(dot + 1)}`,
      hash: wheel.hash,
      capabilities,
      hooks,
      ...(accept.length === 0 ? {} : { accept }),
      dependencies: wheels.filter((each) => each.name !== wheel.name).map(memberText),
    },
  ];
}

/** Before any code runs, checks that all that Python can load is what one entry trusts. */
function expectTrustedEnvironment(
  python: string,
  { wheels, unowned }: Environment,
  trusted: readonly LockEntry[],
): void {
  const what = `the environment of ${printable(python)}`;
  const [loose] = unowned;
  if (loose !== undefined)
    throw refused(what, printable(loose), "Make a new environment from wheels only.");
  const present = new Set(wheels.map(memberText));
  const missesOf = ({ package: name, version, hash, dependencies = [] }: LockEntry) => {
    const locked = new Set([memberText({ name, version, hash }), ...dependencies]);
    return [
      ...[...locked].filter((each) => !present.has(each)).map((each) => `${each} is not installed`),
      ...[...present].filter((each) => !locked.has(each)).map((each) => `${each} is not trusted`),
    ];
  };
  const [nearest] = trusted.map(missesOf).sort((a, b) => a.length - b.length);
  if (nearest?.length === 0) return;
  if (nearest === undefined) throw refused(what, "plugins.lock has no entry for a guest");
  const more = nearest.length > maxShown ? `, and ${nearest.length - maxShown} more` : "";
  throw refused(what, `${nearest.slice(0, maxShown).map(printable).join(", ")}${more}`);
}

const maxShown = 4;

/** Checks that each guest is what its entry trusts, with no more left open. */
function expectTrusted(guests: readonly PlannedGuest[], { entries, kept, drift }: Compared): void {
  for (const { name } of guests) {
    const what = `the guest ${quoted(name)}`;
    const entry = entries.find(({ id }) => id === name);
    if (entry === undefined)
      throw refused(
        what,
        "its code is in no wheel of the environment",
        "Correct its kind, or install its wheel.",
      );
    const differs = drift.find(({ id }) => id === name);
    if (differs !== undefined) throw refused(what, differenceOf(differs));
    const granted = kept.find(({ id }) => id === name)?.accept ?? [];
    const more = (entry.accept ?? []).filter((each) => !granted.includes(each));
    if (more.length > 0) throw refused(what, `${more.join(", ")} was not accepted for it`);
  }
}

/** `hash: sha256:… was trusted, and sha256:… is there` */
function differenceOf({ kind, label, expected, actual }: Drift): string {
  if (kind === "missing_from_lock") return "plugins.lock does not trust it";
  // An empty list becomes an empty string.
  const shown = (text: string | undefined) => (text ? printable(text) : "nothing");
  return `${label}: ${shown(expected)} was trusted, and ${shown(actual)} is there`;
}

const reviewed =
  "Review what is installed, then trust it with `glassine gateway trust`, or install what was trusted.";

function refused(what: string, why: string, todo = reviewed): GlassineError {
  return new GlassineError("package_refused", `${what} is refused: ${why}. ${todo}`, {
    code: "hash_mismatch",
  });
}
