/** `plugins describe NAME` */
import * as z from "zod";
import { closest } from "../../../core/errors/index.ts";
import { defineCommand, type HostNames } from "../command.ts";
import { expectLockfile, lookupFor } from "../command-context.ts";
import {
  change,
  configKey,
  type DiscoveryReport,
  dependencies,
  drift as driftSchema,
  type InstalledPlugin,
  installedIn,
  lock as lockSchema,
  type PluginFacts,
  plugin,
  type RejectedPlugin,
  signer_change,
  text,
  textList,
  textOrNull,
  warnings,
} from "../documents.ts";
import { type CommandFailure, negative } from "../failure.ts";
import { lookupOptions } from "../options.ts";
import { changeLines, changesSince, streamWords, type Words, wordsOf } from "../plain-words.ts";
import { responseTo } from "../print/next-steps.ts";
import { driftText, type Paint, pluginRow } from "../print/parts.ts";
import { listed, printable, printableJson, say } from "../print/printable.ts";
import { reasonOf, texts } from "../texts.ts";

const streamMode = z.union([
  z.enum(["buffer", "sentence", "pass"]),
  z.object({ window: z.int().describe("How many UTF-16 units at the end are held back.") }),
]);

export const describe = defineCommand({
  path: ["plugins", "describe"],
  summary: "show one plugin: what it is, what it may see and change, and its health",
  about: [
    "Shows what was added or removed since the plugin was trusted.",
    "A rejected plugin is described from its files; none of its code runs.",
  ],
  arguments: [{ name: "NAME", what: "the plugin's id, or the name of its package" }],
  options: lookupOptions,
  exits: { 1: "there is no such plugin" },
  examples: [
    { line: "plugins describe pii-scan", what: "review a plugin before you trust it" },
    {
      line: "plugins describe pii-scan --json > before.json",
      what: "keep a copy to compare after an upgrade",
    },
  ],
  schema: z
    .object({
      ...z.object(plugin).partial().shape,
      id: textOrNull,
      package: textOrNull,
      entry_point: textOrNull,
      status: z
        .enum(["loaded", "not_loaded", "rejected"])
        .describe("`not_loaded` with `--no-load`: nothing keeps it out, and it was not tried."),
      rejection: z.object({ code: text, reason: text }).nullable(),
      requires: textOrNull,
      lock: lockSchema.nullable(),
      lock_status: z.enum(["match", "drift", "not_locked"]),
      drift: driftSchema,
      trusted_until: textOrNull,
      config: z.array(configKey).nullable(),
      undeclared_capabilities: textList.describe(
        "What package.json asks for and the code did not declare here: plugins.lock grants it. `high_impact` and `plain_words` have it too.",
      ),
      undeclared_hooks: textList,
      high_impact: textList,
      granted_capabilities: textList.nullable(),
      permission_change: change,
      granted_hooks: textList.nullable(),
      hook_change: change,
      signer_change,
      dependencies,
      provided_by_host: textList,
      plain_words: z.record(z.string(), text),
      hook_words: z.record(z.string(), text).nullable(),
      streams: z
        .record(z.string(), streamMode)
        .nullable()
        .describe(
          "By hook that may be streamed: what the plugin needs to see before text is forwarded. Null if that is known only after loading.",
        ),
      always: textList,
      warnings,
    })
    .describe(
      "What `plugins describe --json` prints: the row of `list`, as far as it is known, and more.",
    ),
  async run(context) {
    const [name = ""] = context.operands;
    const { env, host, options, paint, services } = context;
    const { catalog, scope } = await lookupFor(context);
    await expectLockfile(scope);
    const report = await services.discover({ ...scope, faults: "throw" });
    const found = find(report, name);
    if (found === undefined) throw notFound(report, name);
    const { facts, rejected, warnings } = found;
    const { lock } = report;
    const drift = report.drift.filter((row) => row.id === found.id);
    const differences = drift.filter(({ kind }) => kind !== "missing_from_lock");
    const lockStatus: "drift" | "match" | "not_locked" =
      differences.length > 0 ? "drift" : facts?.trusted ? "match" : "not_locked";
    const drifted = `drift: ${differences.map(driftText).join("; ")}`;
    const shown = {
      facts,
      rejected,
      host,
      paint,
      isLoaded: options.noLoad !== true,
      words: wordsOf(host.host),
      lockLine: `lock: ${lockStatus === "drift" ? drifted : lockStatus.replace("_", " ")}`,
    };
    return {
      exitCode: 0,
      document: {
        ...(facts === null ? bareRow(rejected) : pluginRow(facts, catalog, env)),
        ...documentOf(shown),
        lock,
        lock_status: lockStatus,
        drift,
        warnings,
      },
      lines: [...linesOf(shown), ...(lock === null ? [] : [say`lock_path: ${lock.path}`])],
      warnings,
    };
  },
});

interface Shown extends Pick<InstalledPlugin, "facts" | "rejected"> {
  readonly host: HostNames;
  /** False with `--no-load`. */
  readonly isLoaded: boolean;
  readonly words: Words;
  readonly lockLine: string;
  readonly paint: Paint;
}

function notFound(report: DiscoveryReport, name: string): CommandFailure {
  const known = installedIn(report).flatMap(({ id, package: from }) => [id ?? from, from]);
  const near = closest(name, known);
  const more = near === undefined ? [] : [say`Did you mean ${near}?`];
  const { discovery_off: off, unreadable } = report;
  const unread = [
    ...(off === null ? [] : [say`${off}: no installed plugin was looked at`]),
    ...texts.unreadFolders(unreadable),
  ];
  return negative("plugin_not_found", say`plugin not found: ${name}`, [...more, ...unread]);
}

/** Matches ids before packages, and loaded plugins before rejected ones. */
function find(report: DiscoveryReport, name: string) {
  const { rejected, warnings } = report;
  const all = installedIn(report);
  const found = all.find(({ id }) => id === name) ?? all.find((each) => each.package === name);
  if (found === undefined) return undefined;
  const id = found.facts?.id ?? found.id ?? name;
  const claims = rejected.filter((each) => each.id === id && each !== found.rejected);
  const inside = all.flatMap((each) =>
    id !== name && each.package === name && each.id !== null && each.id !== id ? [each.id] : [],
  );
  const claimed = claims.map((each) => each.package).join(", ");
  return {
    ...found,
    id,
    warnings: [
      ...warnings,
      ...(claims.length === 0 ? [] : [say`${id} is claimed by other packages too: ${claimed}`]),
      ...(inside.length === 0 ? [] : [say`${name} has other plugins too: ${inside.join(", ")}`]),
    ],
  };
}

function documentOf({ facts, rejected, isLoaded, words }: Shown) {
  const accepted = isLoaded ? ("loaded" as const) : ("not_loaded" as const);
  const requested = facts && requestedBy(facts);
  const trusted = facts?.trusted ?? null;
  const capabilities = [...(requested?.capabilities ?? [])].sort();
  const hooks = requested?.hooks ?? null;
  return {
    status: rejected === null ? accepted : ("rejected" as const),
    rejection: rejected,
    config:
      facts?.config?.map((key) => (key.secret ? { ...key, default: undefined } : key)) ?? null,
    trusted_until: trusted?.until ?? null,
    granted_capabilities: trusted?.capabilities ?? null,
    granted_hooks: trusted?.hooks ?? null,
    high_impact: words.highImpact(capabilities),
    ...changesSince(trusted, requested ?? {}),
    plain_words: Object.fromEntries(capabilities.map((name) => [name, words.of(name)])),
    hook_words:
      hooks && Object.fromEntries([...hooks].sort().map((name) => [name, words.ofHook(name)])),
    always: facts?.kind === "hooks" ? words.always : [],
  };
}

/** Adds what package.json asks for but the code does not declare where this command runs. */
function requestedBy(facts: PluginFacts): PluginFacts {
  const { capabilities, hooks } = facts;
  return {
    ...facts,
    capabilities: capabilities && [...capabilities, ...facts.undeclared_capabilities],
    hooks: hooks && [...hooks, ...facts.undeclared_hooks],
  };
}

/** The row of a package that could not be read: only what its rejection says. */
function bareRow(rejected: RejectedPlugin | null) {
  const { id = null, package: from = null, entry_point = null } = rejected ?? {};
  return {
    id,
    package: from,
    entry_point,
    requires: null,
    streams: null,
    dependencies: [],
    provided_by_host: [],
    undeclared_capabilities: [],
    undeclared_hooks: [],
  };
}

/** Procedures have no hooks, health or signature, and only for hook plugins is the name the id. */
function linesOf(shown: Shown): readonly string[] {
  const { facts, rejected, words, lockLine, paint } = shown;
  const status = statusLines(shown);
  if (facts === null)
    return [
      say`name: ${rejected?.id ?? "-"}`,
      ...status,
      say`package: ${rejected?.package ?? "-"}`,
      say`entry_point: ${rejected?.entry_point ?? "-"}`,
      lockLine,
    ];
  const { capabilities, hooks } = facts;
  const isHooks = facts.kind === "hooks";
  const ofHooks = (line: string) => (isHooks ? [line] : []);
  const origin = Object.fromEntries(Object.entries(facts.discovery_source).sort());
  const requested = requestedBy(facts);
  return [
    say`name: ${facts.name}`,
    ...(isHooks ? [] : [say`id: ${facts.id}`]),
    say`version: ${facts.version}`,
    ...ofHooks(say`signed_by: ${facts.signed_by ?? "-"}`),
    `capabilities: ${capabilities === null ? "unknown" : listed([...capabilities].sort())}`,
    ...ofHooks(`hooks (${hooks?.length ?? "unknown"}): ${listed([...(hooks ?? [])].sort())}`),
    ...undeclaredLines(facts, paint),
    ...ofHooks(`depends_on: ${listed(facts.depends_on)}`),
    `discovery_source: ${printableJson(origin)}`,
    ...(isHooks ? healthLines(facts, paint) : []),
    ...status,
    say`package: ${facts.package}`,
    say`entry_point: ${facts.entry_point}`,
    say`distribution_hash: ${facts.distribution_hash ?? "-"}`,
    ...ofHooks(say`trust_decision: ${facts.trust_decision ?? "-"}`),
    ...ofHooks(say`requires: ${facts.requires ?? "-"}`),
    lockLine,
    ...isolationLines(facts),
    ...(facts.trusted?.until ? [say`trusted_until: ${facts.trusted.until}`] : []),
    ...dependencyLines(facts),
    ...configLines(facts),
    ...permissionLines(requested, words, paint),
    ...changeLines(requested.trusted, requested, paint.bad),
  ];
}

function undeclaredLines(facts: PluginFacts, paint: Paint): readonly string[] {
  const { undeclared_capabilities: capabilities, undeclared_hooks: hooks } = facts;
  return [
    ...(capabilities.length === 0
      ? []
      : [`asks for more than the code declares here: ${listed(capabilities)}`]),
    ...(hooks.length === 0
      ? []
      : [`names more hooks than the code declares here: ${listed(hooks)}`]),
  ].map((line) => paint.bad(`package.json ${line}`));
}

function healthLines({ health }: PluginFacts, paint: Paint): readonly string[] {
  if (health === null) return ["health: unknown"];
  const { status, message, error_summary: fault, checked_at: time } = health;
  const colour = status === "healthy" ? paint.good : status === "unhealthy" ? paint.bad : String;
  return [
    `health: ${colour(printable(status))}`,
    ...(message === "" ? [] : [say`health_message: ${message}`]),
    ...(fault === null ? [] : [say`health_error: ${fault}`]),
    ...(time === null ? [] : [say`health_checked_at: ${time}`]),
  ];
}

function statusLines({ rejected, isLoaded, host, paint }: Shown): readonly string[] {
  if (rejected === null)
    return [`status: ${isLoaded ? paint.good("loaded") : `not loaded: ${texts.notRun}`}`];
  // An unreadable lockfile would already have ended this command.
  const todo = responseTo(rejected.code, rejected.reason, host);
  return [
    `status: ${paint.bad("rejected")}`,
    `reason: ${reasonOf(rejected.code, rejected.reason)}`,
    ...(todo === undefined ? [] : [say`response: ${todo}`]),
  ];
}

function isolationLines({ isolation }: PluginFacts): readonly string[] {
  if (isolation === null) return [];
  const { isolate, says, accept, open } = isolation;
  return [
    say`isolate: ${isolate}: ${says}`,
    ...(accept.length === 0 ? [] : [`accepts: ${texts.accepted(accept)}`]),
    ...(open === null || open.length === 0 ? [] : [`open: ${texts.accepted(open)}`]),
  ];
}

function dependencyLines(facts: PluginFacts): readonly string[] {
  const { dependencies: all, lock_only_dependencies: lockOnly, provided_by_host: provided } = facts;
  return [
    ...(all.length === 0 ? [] : [`dependencies (${all.length}):`]),
    ...all.map(({ name, version, hash }) => say`  ${name} ${version} ${hash}`),
    ...(lockOnly.length === 0 ? [] : [texts.lockOnly(lockOnly)]),
    ...(provided.length === 0 ? [] : [`provided by the host: ${listed(provided)}`]),
  ];
}

function configLines({ config, isolation }: PluginFacts): readonly string[] {
  if (isolation !== null)
    return ["config: read where its code runs, so its keys are not known here"];
  if (config === null || config.length === 0) return ["config: -"];
  const lines = config.map(({ key, type, required, secret, default: value }) => {
    const notes = [
      ...(required ? ["required"] : []),
      ...(secret || value === undefined ? [] : [`default ${printableJson(value)}`]),
      ...(secret ? ["secret"] : []),
    ];
    return say`  ${[`${key}: ${type}`, ...notes].join(", ")}`;
  });
  return ["config:", ...lines];
}

function permissionLines(facts: PluginFacts, words: Words, paint: Paint): readonly string[] {
  const { capabilities, hooks, streams, kind } = facts;
  const unknown = "  not known before it is loaded";
  const impact = listed(words.highImpact(capabilities ?? []));
  const permitted = [...(capabilities ?? [])]
    .sort()
    .map((name) => say`  ${name}: ${words.of(name)}`);
  const seen = [
    ...[...(hooks ?? [])].sort().map(words.ofHook),
    ...Object.entries(streams ?? {}).map(([hook, stream]) => streamWords(hook, stream)),
  ].map((sentence) => say`  ${sentence}`);
  const lines = capabilities === null ? [unknown] : permitted;
  return [
    `high_impact: ${capabilities === null ? "unknown" : impact === "-" ? impact : paint.bad(impact)}`,
    say`kind: ${kind}`,
    ...(lines.length === 0 ? [] : ["what the capabilities permit:", ...lines]),
    ...(kind === "hooks"
      ? [
          "what its hooks see and change:",
          ...(hooks === null ? [unknown] : seen),
          "what every plugin sees and changes:",
          ...words.always.map((sentence) => say`  ${sentence}`),
        ]
      : []),
  ];
}
