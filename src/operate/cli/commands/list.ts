/** `plugins list` */
import * as z from "zod";
import { byUnits } from "../../../core/plugins/index.ts";
import { defineCommand } from "../command.ts";
import { lookupFor } from "../command-context.ts";
import {
  drift,
  isNoneInstalled,
  lock,
  mode,
  plugin,
  rejectedRow,
  text,
  warnings,
} from "../documents.ts";
import { lookupOptions } from "../options.ts";
import { nextSteps } from "../print/next-steps.ts";
import {
  driftSection,
  headLines,
  nameOf,
  noneLines,
  type Paint,
  pluginRow,
  rejectedSection,
  section,
  shortHash,
} from "../print/parts.ts";
import { printable, say } from "../print/printable.ts";
import { texts } from "../texts.ts";

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
    rejected: z.array(rejectedRow),
    drift,
    warnings,
  }),
  async run(context) {
    const { env, host, options, paint, services } = context;
    const { catalog, scope } = await lookupFor(context);
    const report = await services.discover({ ...scope, faults: "throw" });
    const rows = report.loaded.map((facts) => pluginRow(facts, catalog, env));
    // The host's own first, then by id.
    const loaded = [...rows].sort(
      (a, b) => Number(b.builtin) - Number(a.builtin) || byUnits(a.id, b.id),
    );
    const rejected = [...report.rejected].sort(
      (a, b) => byUnits(nameOf(a), nameOf(b)) || byUnits(a.package, b.package),
    );
    const ofLoaded = report.drift.filter(({ id }) => !rejected.some((each) => each.id === id));
    const hooks = rows.filter(({ kind }) => kind === "hooks").map((row) => hookLine(row, paint));
    const lockOnly = loaded
      .filter((row) => row.lock_only_dependencies.length > 0)
      .map((row) => `  ${printable(row.id)}: ${texts.lockOnly(row.lock_only_dependencies)}`);
    const { lockfile, root } = scope;
    const isMissing = lockfile !== undefined && report.lock === null;
    const missing = isMissing ? [texts.lockNotFound(lockfile)] : [];
    const warnings = [...missing, ...report.warnings];
    return {
      exitCode: 0,
      document: {
        ...report,
        loaded,
        rejected,
        warnings,
        no_load: options.noLoad === true || undefined,
      },
      lines: [
        ...headLines(
          report,
          options.noLoad === true ? "the table has what would be loaded" : undefined,
        ),
        "",
        ...(loaded.length === 0 ? ["(no plugins loaded)"] : tableLines(loaded, paint)),
        ...(isNoneInstalled(report) ? noneLines(root, host) : []),
        // In the order in which they run.
        ...section("Hook plugins:", hooks, paint),
        ...section("Dependencies:", lockOnly, paint),
        ...rejectedSection(rejected, paint),
        ...driftSection(report.drift, paint),
        // What a rejected plugin differs in is in its reason.
        ...nextSteps({ ...report, drift: ofLoaded }, host, paint),
      ],
      warnings,
    };
  },
});

type Row = ReturnType<typeof pluginRow>;

function tableLines(loaded: readonly Row[], paint: Paint): readonly string[] {
  const row = (id: string, from: string, version: string, hash: string) =>
    `${id.padEnd(40)}  ${from.padEnd(20)}  ${version.padEnd(10)}  ${hash}`.trimEnd();
  return [
    paint.title(row("id", "package", "version", "hash")),
    ...loaded.map(({ id, package: from, version, distribution_hash: hash }) =>
      row(printable(id), printable(from), printable(version), shortHash(hash, 12)),
    ),
  ];
}

function hookLine(row: Row, paint: Paint): string {
  const { name, version, hook_count, enabled, health, signed_by: signer, isolation } = row;
  const status = health?.status ?? "unknown";
  const colour = { healthy: paint.good, unhealthy: paint.bad, degraded: paint.doubtful }[status];
  return [
    say`${name} ${version} hooks=${hook_count ?? "unknown"}`,
    ...(enabled === undefined ? [] : [`enabled=${enabled}`]),
    `health=${(colour ?? String)(printable(status))}`,
    say`signed_by=${signer ?? "-"}`,
    ...(isolation === null ? [] : [say`isolate=${isolation.isolate}`]),
  ].join(" ");
}
