/** `plugins describe`: the document and the lines of one plugin. */
import type { Documents } from "../documents.ts";
import { permissionChange, signerChange, type Words } from "../plain-words.ts";
import type {
  ConfigKey,
  DiscoveryReport,
  DriftRow,
  Json,
  PluginFacts,
  RejectedPlugin,
} from "../reports.ts";
import { responseTo } from "../responses.ts";
import { reasonOf, texts } from "../texts.ts";
import { driftOf, driftText, type ListExtras, lockOf, rowOf } from "./list.ts";
import type { Paint } from "./paint.ts";
import { listed, printable, printableJson, say } from "./printable.ts";

/** A plugin that was found. */
export interface Described {
  /** Null where nothing of a rejected package could be read. */
  readonly facts: PluginFacts | null;
  readonly rejected: RejectedPlugin | null;
  /** Those of its id. */
  readonly drift: readonly DriftRow[];
  readonly lock: DiscoveryReport["lock"];
  readonly warnings: readonly string[];
  readonly words: Words;
}

type Extras = Pick<ListExtras, "catalog" | "env" | "catalogUrl">;

/** The document of `describe --json`: the row of `list`, and what more is known. */
export function describeDocument(described: Described, extras: Extras): Documents["describe"] {
  const { facts, rejected, drift, lock, warnings, words } = described;
  const asked = facts?.capabilities ?? null;
  const capabilities = [...(asked ?? [])].sort();
  return {
    ...(facts === null ? bareRow(rejected) : rowOf(facts, extras)),
    status: rejected === null ? "loaded" : "rejected",
    rejection: rejected === null ? null : { code: rejected.code, reason: rejected.reason },
    requires: facts?.requires ?? null,
    lock: lock === null ? null : lockOf(lock),
    lock_status: lockStatus(described),
    drift: drift.map(driftOf),
    trusted_until: facts?.trusted_until ?? null,
    config: facts?.config?.map(configOf) ?? null,
    high_impact: words.highImpact(capabilities),
    granted_capabilities: facts?.granted_capabilities ?? null,
    permission_change: permissionChange(facts?.granted_capabilities ?? null, asked),
    granted_hooks: facts?.granted_hooks ?? null,
    hook_change: permissionChange(facts?.granted_hooks ?? null, facts?.hooks ?? null),
    signer_change: signerChange(facts?.trusted_signer ?? null, facts?.signer ?? null),
    dependencies: facts?.dependencies ?? [],
    provided_by_host: facts?.provided_by_host ?? [],
    plain_words: Object.fromEntries(capabilities.map((name) => [name, words.of(name)])),
    hook_words: hookWords(facts, words),
    always: facts?.kind === "hooks" ? words.always : [],
    warnings,
  };
}

function bareRow(rejected: RejectedPlugin | null) {
  return {
    id: rejected?.id ?? null,
    package: rejected?.package ?? null,
    entry_point: rejected?.entry_point ?? null,
  };
}

/** Key by key: a service that hands on a value as well does not get it printed. */
function configOf(key: ConfigKey) {
  const value = defaultOf(key);
  return {
    key: key.key,
    type: key.type,
    required: key.required,
    ...(value === undefined ? {} : { default: value }),
    secret: key.secret,
  };
}

function defaultOf({ secret, default: value }: ConfigKey): Json | undefined {
  return secret ? undefined : value;
}

/** The lines of `describe`. */
export function describeLines(described: Described, paint: Paint): readonly string[] {
  const { facts, rejected, lock, words } = described;
  const place = lock === null ? [] : [say`lock_path: ${lock.path}`];
  const lockLine = `lock: ${lockText(described)}`;
  if (facts === null) return [...bareLines(rejected, paint), lockLine, ...place];
  return [
    ...firstLines(facts, paint),
    ...statusLines(rejected, paint),
    say`package: ${facts.package}`,
    say`entry_point: ${facts.entry_point}`,
    say`distribution_hash: ${facts.distribution_hash ?? "-"}`,
    ...ofHooks(facts, [
      say`trust_decision: ${facts.trust_decision ?? "-"}`,
      say`requires: ${facts.requires ?? "-"}`,
    ]),
    lockLine,
    ...(facts.trusted_until === null ? [] : [say`trusted_until: ${facts.trusted_until}`]),
    ...dependencyLines(facts),
    ...configLines(facts.config),
    highImpactLine(facts, words, paint),
    say`kind: ${facts.kind}`,
    ...wordLines(facts, words),
    ...ofHooks(facts, hookLines(facts, words)),
    ...permissionLines(facts, paint),
    ...place,
  ];
}

function firstLines(facts: PluginFacts, paint: Paint): readonly string[] {
  const hooks = [...(facts.hooks ?? [])].sort();
  return [
    say`name: ${facts.name}`,
    // Only the name of a hook plugin is its id.
    ...(facts.kind === "hooks" ? [] : [say`id: ${facts.id}`]),
    say`version: ${facts.version}`,
    ...ofHooks(facts, [say`signed_by: ${facts.signed_by ?? "-"}`]),
    `capabilities: ${facts.capabilities === null ? "unknown" : listed([...facts.capabilities].sort())}`,
    ...ofHooks(facts, [
      `hooks (${facts.hooks?.length ?? "unknown"}): ${listed(hooks)}`,
      `depends_on: ${listed(facts.depends_on)}`,
    ]),
    `discovery_source: ${printableJson(withSortedKeys(facts.discovery_source))}`,
    ...ofHooks(facts, healthLines(facts, paint)),
  ];
}

/** Procedures have no hooks, health or signature. */
function ofHooks({ kind }: PluginFacts, lines: readonly string[]): readonly string[] {
  return kind === "hooks" ? lines : [];
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

function statusLines(rejected: RejectedPlugin | null, paint: Paint): readonly string[] {
  if (rejected === null) return [`status: ${paint.good("loaded")}`];
  const { code, reason } = rejected;
  // A lockfile that cannot be read ends this command.
  const todo = responseTo(rejected, { lock_fault: null });
  return [
    `status: ${paint.bad("rejected")}`,
    `reason: ${reasonOf(code, reason)}`,
    ...(todo === undefined ? [] : [say`response: ${todo}`]),
  ];
}

function bareLines(rejected: RejectedPlugin | null, paint: Paint): readonly string[] {
  return [
    say`name: ${rejected?.id ?? "-"}`,
    ...statusLines(rejected, paint),
    say`package: ${rejected?.package ?? "-"}`,
    say`entry_point: ${rejected?.entry_point ?? "-"}`,
  ];
}

function lockStatus(described: Described): Documents["describe"]["lock_status"] {
  const { facts, lock } = described;
  if (differencesOf(described).length > 0) return "drift";
  return lock !== null && facts?.locked === true ? "match" : "not_locked";
}

function differencesOf({ drift }: Described): readonly DriftRow[] {
  return drift.filter(({ kind }) => kind !== "missing_from_lock");
}

/** `match`, `not locked`, or what differs. */
function lockText(described: Described): string {
  const status = lockStatus(described);
  if (status !== "drift") return status.replace("_", " ");
  return `drift: ${differencesOf(described).map(driftText).join("; ")}`;
}

function dependencyLines(facts: PluginFacts): readonly string[] {
  const { dependencies, lock_only_dependencies: lockOnly, provided_by_host: provided } = facts;
  return [
    ...(dependencies.length === 0 ? [] : [`dependencies (${dependencies.length}):`]),
    ...dependencies.map(({ name, version, hash }) => say`  ${name} ${version} ${hash}`),
    ...(lockOnly.length === 0 ? [] : [texts.lockOnly(lockOnly)]),
    ...(provided.length === 0 ? [] : [`provided by the host: ${listed(provided)}`]),
  ];
}

function configLines(config: readonly ConfigKey[] | null): readonly string[] {
  if (config === null || config.length === 0) return ["config: -"];
  const lines = config.map((key) => {
    const value = defaultOf(key);
    const notes = [
      ...(key.required ? ["required"] : []),
      ...(value === undefined ? [] : [`default ${printableJson(value)}`]),
      ...(key.secret ? ["secret"] : []),
    ];
    return say`  ${[`${key.key}: ${key.type}`, ...notes].join(", ")}`;
  });
  return ["config:", ...lines];
}

function highImpactLine({ capabilities }: PluginFacts, words: Words, paint: Paint): string {
  if (capabilities === null) return "high_impact: unknown";
  const names = words.highImpact(capabilities);
  return `high_impact: ${names.length === 0 ? "-" : paint.bad(listed(names))}`;
}

function wordLines({ capabilities }: PluginFacts, words: Words): readonly string[] {
  if (capabilities === null)
    return ["what the capabilities permit:", "  not known before it is loaded"];
  const lines = [...capabilities].sort().map((name) => say`  ${name}: ${words.of(name)}`);
  return lines.length === 0 ? [] : ["what the capabilities permit:", ...lines];
}

/** By hook; null where they are not known before the plugin is loaded. */
function hookWords(facts: PluginFacts | null, words: Words): Documents["describe"]["hook_words"] {
  if (facts?.hooks === undefined || facts.hooks === null) return null;
  return Object.fromEntries([...facts.hooks].sort().map((name) => [name, words.ofHook(name)]));
}

function hookLines({ hooks }: PluginFacts, words: Words): readonly string[] {
  const lines = [...(hooks ?? [])].sort().map((name) => say`  ${words.ofHook(name)}`);
  return [
    "what its hooks see and change:",
    ...(hooks === null ? ["  not known before it is loaded"] : lines),
    "what every plugin sees and changes:",
    ...words.always.map((sentence) => say`  ${sentence}`),
  ];
}

function permissionLines(facts: PluginFacts, paint: Paint): readonly string[] {
  const { granted_capabilities: granted, capabilities } = facts;
  const { added, removed } = permissionChange(granted, capabilities);
  const hooks = permissionChange(facts.granted_hooks, facts.hooks);
  const signer = signerChange(facts.trusted_signer, facts.signer);
  const lines = [
    ...added.map((name) => paint.bad(say`  + ${name}`)),
    ...removed.map((name) => say`  - ${name}`),
    ...hooks.added.map((name) => paint.bad(say`  + hook ${name}`)),
    ...hooks.removed.map((name) => say`  - hook ${name}`),
    ...(signer === null ? [] : [paint.bad(`  ${texts.otherSigner(signer)}`)]),
  ];
  return lines.length === 0 ? [] : ["since it was trusted:", ...lines];
}

function withSortedKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value) as readonly (readonly [string, Json])[];
  const inOrder = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(inOrder.map(([key, inner]) => [key, withSortedKeys(inner)]));
}
