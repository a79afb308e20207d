/** `plugins list` */
import { join } from "node:path";
import * as z from "zod";
import { byUnits } from "../../../core/plugins/index.ts";
import { type CatalogEntry, isEnabled } from "../catalog.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { lookupFor } from "../command-context.ts";
import { drift, lock, mode, plugin, text, textOrNull, warnings } from "../documents.ts";
import { lookupOptions } from "../options.ts";
import { stepsOfList } from "../print/next-steps.ts";
import {
  driftSection,
  headLines,
  type Paint,
  pluginRow,
  section,
  shortHash,
} from "../print/parts.ts";
import { printable, say } from "../print/printable.ts";
import type { DiscoveryReport, PluginFacts, RejectedPlugin } from "../reports.ts";
import { reasonOf, texts } from "../texts.ts";

export const list = defineCommand({
  path: ["plugins", "list"],
  summary: "show which plugins are loaded, which are rejected and why",
  about: [
    "Plugins that policy accepts are loaded and their health is checked; no code of the others runs.",
    "Exits with 0 even if every plugin is rejected.",
  ],
  options: lookupOptions,
  examples: [
    { line: "plugins list", what: "the plugins of this folder" },
    {
      line: "plugins list --plugin-mode production --json",
      what: "what production would load, as JSON",
    },
  ],
  schema: z.object({
    mode,
    no_load: z.literal(true).optional(),
    lock: lock.nullable(),
    loaded: z.array(z.object({ ...plugin, id: text, package: text })),
    rejected: z.array(
      z.object({
        id: textOrNull,
        package: text,
        entry_point: textOrNull,
        code: text,
        reason: text,
      }),
    ),
    drift,
    warnings,
  }),
  async run(context) {
    const { env, options } = context;
    const { catalog, scope } = await lookupFor(context);
    const report = await context.services.discover({ ...scope, faults: "throw" });
    const loaded = inTableOrder(report.loaded);
    const rejected = [...report.rejected].sort(
      (a, b) => byUnits(nameOf(a), nameOf(b)) || byUnits(a.package, b.package),
    );
    const sorted = { ...report, loaded, rejected };
    const isMissing = scope.lockfile !== undefined && report.lock === null;
    const missing = isMissing ? [texts.lockNotFound(scope.lockfile)] : [];
    const warnings = [...missing, ...report.warnings];
    return {
      exitCode: 0,
      document: {
        ...sorted,
        ...(options.noLoad === true ? { no_load: true as const } : {}),
        loaded: loaded.map((facts) => pluginRow(facts, catalog, env)),
        warnings,
      },
      lines: [
        ...linesOf(report, sorted, catalog, join(scope.root, "node_modules"), context),
        ...stepsOfList(report, context.paint),
      ],
      warnings,
    };
  },
});

function linesOf(
  report: DiscoveryReport,
  { loaded, rejected }: Pick<DiscoveryReport, "loaded" | "rejected">,
  catalog: readonly CatalogEntry[],
  searched: string,
  { env, host: { catalogUrl: url }, options, paint }: CommandContext,
): readonly string[] {
  const see = url === undefined ? "" : say` See ${url} for the plugin catalog.`;
  const lockOnly = loaded.filter(({ lock_only_dependencies: names }) => names.length > 0);
  return [
    ...headLines(report, options.noLoad === true ? texts.listUnloaded : undefined),
    "",
    ...(loaded.length === 0 ? ["(no plugins loaded)"] : tableLines(loaded, paint)),
    ...(loaded.length + rejected.length === 0
      ? [`No plugins registered.${see}`, say`Searched: ${searched} and those of the folders above.`]
      : []),
    ...section(
      "Hook plugins:",
      // In the order in which they run.
      report.loaded
        .filter(({ kind }) => kind === "hooks")
        .map((facts) => {
          const entry = catalog.find((each) => each.package === facts.package);
          return hookLine(facts, entry === undefined ? undefined : isEnabled(entry, env), paint);
        }),
      paint,
    ),
    ...section(
      "Dependencies:",
      lockOnly.map(
        ({ id, lock_only_dependencies: names }) => `  ${printable(id)}: ${texts.lockOnly(names)}`,
      ),
      paint,
    ),
    ...section(
      "Rejected:",
      rejected.map((each) => {
        const reason = paint.bad(reasonOf(each.code, each.reason));
        // The reason is the same for each package that claims the id.
        const claimant = each.code === "duplicate_id" ? say` of ${each.package}` : "";
        return `  ${printable(nameOf(each))}: ${reason}${claimant}`;
      }),
      paint,
    ),
    ...driftSection(report.drift, paint),
  ];
}

function tableLines(loaded: readonly PluginFacts[], paint: Paint): readonly string[] {
  const row = (id: string, from: string, version: string, hash: string) =>
    `${id.padEnd(40)}  ${from.padEnd(20)}  ${version.padEnd(10)}  ${hash}`.trimEnd();
  return [
    paint.title(row("id", "package", "version", "hash")),
    ...loaded.map(({ id, package: from, version, distribution_hash: hash }) =>
      row(printable(id), printable(from), printable(version), shortHash(hash, 12)),
    ),
  ];
}

function hookLine(facts: PluginFacts, enabled: boolean | undefined, paint: Paint): string {
  const { name, version, hooks, health, signed_by: signer, isolation } = facts;
  const status = health?.status ?? "unknown";
  const colour = { healthy: paint.good, unhealthy: paint.bad, degraded: paint.doubtful }[status];
  return [
    say`${name} ${version} hooks=${hooks?.length ?? "unknown"}`,
    ...(enabled === undefined ? [] : [`enabled=${enabled}`]),
    `health=${(colour ?? String)(printable(status))}`,
    say`signed_by=${signer ?? "unsigned"}`,
    ...(isolation === null ? [] : [say`isolate=${isolation.isolate}`]),
  ].join(" ");
}

/** The host's own first, then by id. */
function inTableOrder(loaded: readonly PluginFacts[]): readonly PluginFacts[] {
  return [...loaded].sort((a, b) => Number(b.builtin) - Number(a.builtin) || byUnits(a.id, b.id));
}

/** As much of a name as is known. */
function nameOf({ id, entry_point, package: from }: RejectedPlugin): string {
  return id ?? entry_point ?? from;
}
