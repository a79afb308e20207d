/** Where the code of plugins runs: as plugins.lock says, unless the host overrides that. */
import { expectOptions } from "../../core/data/index.ts";
import { optionsInvalid, quoted } from "../../core/errors/index.ts";
import {
  expectForProcess,
  type Isolation,
  isIsolation,
  isOpening,
  isolations,
  type Opening,
  openingNames,
} from "../isolate/kinds.ts";
import type { LockEntry } from "../trust/index.ts";

/** A host's setting for where the code of one plugin runs. */
export interface IsolationSetting {
  /** A kind at least as strict as that in plugins.lock. Default: as plugins.lock says. */
  readonly isolate?: Isolation | undefined;
  /** For `process`: what its code may do although its kind forbids it. Default: as plugins.lock says. */
  readonly accept?: readonly Opening[] | undefined;
  /** The input of its `configSchema`, if it is isolated. In the host, the manager's item has it. */
  readonly config?: unknown;
}

export interface ReadIsolation {
  readonly isolate: Isolation;
  readonly accept: readonly Opening[];
  readonly config: unknown;
}

/**
 * Returns where plugins run, by id: as plugins.lock says, unless the host overrides that. Plugins
 * that run in the host have no entry.
 *
 * @throws GlassineError `options_invalid`, also if the host is less strict than plugins.lock
 */
export function readIsolations(
  given: Readonly<Record<string, IsolationSetting>>,
  entries: readonly Pick<LockEntry, "id" | "isolate" | "accept">[] = [],
): ReadonlyMap<string, ReadIsolation> {
  const locked = new Map(entries.map((entry) => [entry.id, entry]));
  const all = new Map<string, ReadIsolation>();
  for (const id of new Set([...locked.keys(), ...Object.keys(given)])) {
    const own = Object.hasOwn(given, id) ? given[id] : {};
    const read = isolationOf(id, own as IsolationSetting, locked.get(id) ?? {});
    if (read !== undefined) all.set(id, read);
  }
  return all;
}

type IsolationChoice = Pick<IsolationSetting, "isolate" | "accept">;

function isolationOf(
  id: string,
  given: IsolationSetting,
  locked: IsolationChoice,
): ReadIsolation | undefined {
  const place = `isolate of ${quoted(id)}`;
  expectOptions(given, ["isolate", "accept", "config"], place);
  const { isolate = locked.isolate, config } = given;
  const { accept = (isolate === "process" && locked.accept) || [] } = given;
  if (isolate === undefined) {
    if (given.accept === undefined) return undefined;
    throw optionsInvalid(`${place} has accept, but neither it nor plugins.lock sets isolate.`);
  }
  if (!isIsolation(isolate))
    throw optionsInvalid(`${place} must be one of ${isolations.join(", ")}.`);
  if (!Array.isArray(accept) || !accept.every((each) => isOpening(each)))
    throw optionsInvalid(`${place}: accept must list only ${openingNames.join(", ")}.`);
  expectForProcess(accept, isolate, `${place}: `);
  if (locked.isolate !== undefined) expectAsStrict(place, { isolate, accept }, locked);
  return { isolate, accept, config };
}

function expectAsStrict(
  place: string,
  { isolate, accept = [] }: IsolationChoice,
  locked: IsolationChoice,
): void {
  const strictness = (kind: Isolation | undefined) => isolations.indexOf(kind as Isolation);
  if (strictness(isolate) < strictness(locked.isolate))
    throw optionsInvalid(
      `${place} is ${isolate}, and plugins.lock says ${locked.isolate}, which is stricter: leave it out, or trust the plugin again with another --isolate.`,
    );
  const more = accept.filter((each) => locked.accept?.includes(each) !== true);
  if (more.length > 0)
    throw optionsInvalid(
      `${place} accepts ${more.join(", ")}, which plugins.lock does not: trust the plugin again with --isolate process and --accept.`,
    );
}
