/** The second of two stages: loads the code of plugins that passed every gate of the first. */
import { join } from "node:path";
import { GlassineError } from "../errors/index.ts";
import { assertUnchanged } from "../packages/index.ts";
import { type Grants, grantFault } from "./grant-fault.ts";
import { importModule } from "./import-module.ts";
import { type LoadFault, late, rejected } from "./load-fault.ts";
import { loadHooks } from "./load-hooks.ts";
import { procedureKind } from "./procedures/index.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";
import { describeText } from "./thrown-text.ts";
import type { LoadedPlugin, OnStep, Refused, StaticPlugin, StaticReport } from "./types.ts";
import { within } from "./within.ts";

/** What the load stage gives. */
export interface LoadReport {
  readonly loaded: readonly LoadedPlugin[];
  /** Those of the static stage, and those that failed here. */
  readonly refused: readonly Refused[];
}

/** Of each file that was imported: the hash of its package at that time. Modules are cached so. */
const importedAs = new Map<string, string>();

export async function loadStage(
  options: ReadDiscoverOptions,
  report: StaticReport,
  onStep: OnStep = () => {},
): Promise<LoadReport> {
  const loaded: LoadedPlugin[] = [];
  const refused: Refused[] = [...report.refused];
  const total = report.accepted.length;
  for (const [done, source] of report.accepted.entries()) {
    onStep({ done, total, name: source.entry.id });
    const outcome = await loadOne(options, source, report);
    if ("loaded" in outcome) {
      loaded.push({ source, loaded: outcome.loaded });
      continue;
    }
    refused.push({ ...namesOf(source), ...outcome, source });
  }
  return withoutOrphans(loaded, refused);
}

function namesOf({ entry, package: found }: StaticPlugin) {
  return { id: entry.id, package: found.name, entryPoint: entry.entryPoint };
}

/** What depends on a plugin that was refused is refused as well, and so on. */
export function withoutOrphans(
  loaded: readonly LoadedPlugin[],
  refused: readonly Refused[],
): LoadReport {
  const names = new Set(refused.map(({ id }) => id));
  const orphan = loaded.flatMap(({ source, loaded: { ...of } }) => {
    if (of.kind !== "hooks") return [];
    const lost = of.plugin.dependsOn.find((name) => names.has(name));
    return lost === undefined ? [] : [{ source, lost }];
  });
  if (orphan.length === 0) return { loaded, refused };
  const sources = new Set(orphan.map(({ source }) => source));
  return withoutOrphans(
    loaded.filter(({ source }) => !sources.has(source)),
    [
      ...refused,
      ...orphan.map(({ source, lost }) => ({
        ...namesOf(source),
        ...rejected(source.entry.id, "dependency_rejected", lost),
        source,
      })),
    ],
  );
}

type Loaded = { readonly loaded: LoadedPlugin["loaded"] } | LoadFault;

async function loadOne(
  { surface, loadTimeoutMs, kinds }: ReadDiscoverOptions,
  source: StaticPlugin,
  report: StaticReport,
): Promise<Loaded> {
  const { entry, package: found, hash } = source;
  const { id } = entry;
  const file = join(found.path, ...entry.file.split("/"));
  const changed = (await changeOf(source)) ?? staleModule(id, file, hash?.hash);
  if (changed !== undefined) return changed;
  const imported = await within(loadTimeoutMs, () => importModule(file));
  if (imported.how === "late") return late(id);
  if (imported.how === "thrown") {
    const reason = describeText(imported.thrown);
    const message = `failed to load plugin entry point '${id}': ${reason}`;
    return { code: "import_failed", reason, message };
  }
  const exported = Object.hasOwn(imported.value, entry.exportName)
    ? imported.value[entry.exportName]
    : undefined;
  const grants = { source, lock: report.lock, mode: report.mode };
  const loaded =
    entry.kind !== "hooks"
      ? otherOf(kinds, exported, grants)
      : await loadHooks({ ...grants, exported, surface, loadTimeoutMs });
  if (!("loaded" in loaded)) return loaded;
  return (await changeOf(source)) ?? loaded;
}

function otherOf(kinds: ReadDiscoverOptions["kinds"], exported: unknown, grants: Grants): Loaded {
  const { id, kind: name } = grants.source.entry;
  const kind = kinds.find((each) => each.name === name);
  // Of a procedure it is known what it asks for; of other kinds their hosts know.
  if (kind === procedureKind) return procedureOf(exported, grants);
  const checked = kind?.check(exported, { id });
  if (checked?.ok === true) return { loaded: { kind: "other", plugin: checked.plugin } };
  return rejected(id, checked?.code ?? "contract_check_failed", checked?.reason ?? "unknown kind");
}

function procedureOf(exported: unknown, grants: Grants): Loaded {
  const { id } = grants.source.entry;
  const checked = procedureKind.check(exported, { id });
  if (!checked.ok) return rejected(id, checked.code, checked.reason);
  const { plugin } = checked;
  const asked = { by: "class", capabilities: plugin.requiredCapabilities, hooks: [] };
  return grantFault(asked, grants) ?? { loaded: { kind: "other", plugin, procedure: plugin } };
}

/** The files must be those that were hashed, before they are imported and after. */
async function changeOf({
  entry,
  package: found,
  hash,
}: StaticPlugin): Promise<LoadFault | undefined> {
  if (hash === undefined) return undefined;
  try {
    await assertUnchanged(hash, found.path, { bundled: found.bundled });
    return undefined;
  } catch (error) {
    if (error instanceof GlassineError) return rejected(entry.id, "hash_mismatch", error.message);
    throw error;
  }
}

/** A module is imported once a process: other files under the same path would not be looked at. */
function staleModule(id: string, file: string, hash: string | undefined): LoadFault | undefined {
  if (hash === undefined) return undefined;
  const before = importedAs.get(file);
  if (before === undefined) importedAs.set(file, hash);
  return before === undefined || before === hash
    ? undefined
    : rejected(
        id,
        "hash_mismatch",
        "other files of the package are loaded in this process; start it anew",
      );
}
