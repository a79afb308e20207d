/** Writes a manager's events into the host's audit trail, and reports what became of them. */
import { hasOwn, isNativePromise, valueAt } from "../data/intrinsics.ts";
import { brandOf, type Declassification, removeLabels } from "../envelope/index.ts";
import { GlassineError } from "../errors/index.ts";
import {
  type AnyRun,
  type CompiledOperation,
  type HandlerStep,
  headerSecretsOf,
  type PluginState,
  type RunAudit,
  type RunNote,
  requestOf,
  secretsOf,
} from "../hooks/index.ts";
import {
  type AuditEventInput,
  type AuditFacts,
  type AuditFailures,
  type AuditOutcome,
  type AuditTrail,
  auditEvent,
  createTrail,
  factKindsOf,
} from "../observe/index.ts";
import type { PluginOrigin, RefusedPackage } from "./discovered.ts";
import { isolationOf } from "./isolated.ts";
import type { ReadOptions } from "./manager-options.ts";
import { operateAlone } from "./operations.ts";
import type { Surface } from "./profile.ts";
import { emitHook, type ReadItem } from "./read-item.ts";
import type { Refusal } from "./refusals.ts";
import type { KnownSecrets } from "./secrets.ts";
import type { Plugin } from "./types.ts";

export type AuditRecorder = ReturnType<typeof auditRecorder>;

/** The extensions without the labels, and the record of their removal. */
export type Declassified = ReturnType<typeof removeLabels>;

/** `secrets` grows while plugins are configured. */
export function auditRecorder(surface: Surface, options: ReadOptions, secrets: KnownSecrets) {
  const { profile } = surface;
  const { metrics } = options;
  const origins = new Map(
    options.discovered?.plugins.map(({ plugin, origin }) => [plugin, origin]),
  );
  const aboutOf = (plugin: Plugin) => pluginFacts(surface, plugin, origins.get(plugin));
  /** Of a refused package, only its origin is known: none of its plugins was made. */
  const aboutRefused = (refusal: Refusal | RefusedPackage) => {
    if (!isOfPlugin(refusal))
      return { plugin_name: refusal.name, ...(refusal.origin && originFacts(refusal.origin)) };
    const { plugin, vetoedBy } = refusal;
    return { ...aboutOf(plugin), vetoed_by: vetoedBy };
  };
  /** A variable, so that no patched lookup sees the steps, which hold the plugins' handles. */
  let emitters: CompiledOperation | undefined;
  const trail: AuditTrail = createTrail(options.audit, (event) => {
    return emitters && operateAlone(emitters, { event });
  });

  /** Records an event of this library and returns what became of it. Never throws. */
  const emit = (
    event: AuditEventInput,
    sinkOnly = false,
    more: readonly string[] = [],
  ): AuditOutcome | Promise<AuditOutcome> => {
    try {
      const given = { sinkOnly, secrets: secrets.unnamed(more), kinds: factKindsOf(event) };
      return trail.emit(event, given);
    } catch (thrown) {
      // For example, it may be too large for a record. What a plugin causes must not end the run.
      trail.miss(event.eventType, thrown);
      return { ok: false, error: thrown as GlassineError };
    }
  };

  const record = (run: AnyRun, { step, type, facts }: RunNote): boolean | Promise<boolean> => {
    const known: Readonly<Record<string, unknown>> = { ...runFacts(run, step), ...facts };
    // The type's table decides which of them are used.
    const taken = known as AuditFacts<typeof type>;
    const event = auditEvent(type, taken, { tenantId: run.options.tenant });
    return keptOf(emit(event, run.hook === emitHook, secretsOf(run)));
  };

  const isKept = () => options.audit.sink !== undefined || emitters !== undefined;

  return {
    isKept,
    refused: async (refusal: Refusal | RefusedPackage): Promise<void> => {
      const { reason, error } = refusal;
      const facts = { ...aboutRefused(refusal), reason, validation_failure: error.message };
      metrics?.registration("failure", reason);
      await emit(auditEvent("plugin.registration_failed", facts, profile));
    },
    /** @throws GlassineError `audit_failed`: a plugin without a record is not registered */
    registered: async ({ plugin }: ReadItem, state: PluginState): Promise<void> => {
      const facts = { ...aboutOf(plugin), capabilities: state.capabilities };
      const event = auditEvent("plugin.registered", facts, profile);
      const outcome = await emit(event);
      if (outcome.ok) return metrics?.registration("success", "none");
      metrics?.registration("failure", "audit_failed");
      const text = `plugin '${plugin.name}' is not registered: ${outcome.error.message}`;
      throw new GlassineError("audit_failed", text, { plugin: plugin.name }, outcome.error);
    },
    /** Delivers events to the handlers of `audit_emit`, too. */
    deliverTo: (compiled: CompiledOperation | undefined): void => {
      emitters = compiled !== undefined && compiled.steps.length > 0 ? compiled : undefined;
    },
    /** Records the notes of runs; `undefined` if nobody would receive them. */
    runs: (): RunAudit | undefined =>
      isKept() ? { strict: options.audit.strict, record } : undefined,
    /** Records the notes of runs that no caller started. */
    inner: { strict: false, record },
    /** Removes labels, and records it. @throws GlassineError `declassify_refused`, `audit_failed` */
    declassify: async (
      extensions: object,
      declassification: Declassification,
    ): Promise<Declassified> => {
      const declassified = removeLabels(extensions, declassification);
      const { labels, reason, authority, request_id } = declassified.record;
      const facts = { labels, reason, authority, request_id };
      const slots = brandOf(extensions)?.kind.slots;
      const headers = slots === undefined ? [] : headerSecretsOf(slots, extensions);
      const outcome = await emit(auditEvent("extensions.declassified", facts), false, headers);
      if (outcome.ok || !options.audit.strict) return declassified;
      const text = "The audit trail did not accept the declassification: the labels stay.";
      throw new GlassineError("audit_failed", text, {}, outcome.error);
    },
    /** Records one of the host's own events. */
    audit: async (event: AuditEventInput): Promise<boolean> =>
      await keptOf(trail.emit(event, { secrets: secrets.unnamed() })),
    setSecrets: trail.setSecrets,
    failures: (): AuditFailures => trail.failures,
    flush: (): Promise<void> => trail.flush(),
  };
}

function keptOf(outcome: AuditOutcome | Promise<AuditOutcome>): boolean | Promise<boolean> {
  return isNativePromise(outcome) ? later(outcome) : (outcome as AuditOutcome).ok;
}

async function later(pending: unknown): Promise<boolean> {
  return ((await pending) as AuditOutcome).ok === true;
}

function pluginFacts({ profile }: Surface, plugin: Plugin, origin: PluginOrigin | undefined) {
  return {
    plugin_name: plugin.name,
    version: plugin.version,
    capabilities: plugin.capabilities,
    hooks: plugin.hooks,
    async_safe: plugin.asyncSafe,
    requires: plugin.requiresHost ?? profile.requiresDefault,
    ...(origin === undefined ? manual : originFacts(origin)),
    signed_by: origin?.signedBy ?? "unsigned",
    depends_on: plugin.dependsOn,
    host_version: profile.hostVersion,
    isolate: isolationOf(plugin)?.kind ?? "host",
  };
}

const manual = {
  discovery_source: { type: "manual" as const },
  signing: {},
  package: null,
  package_version: null,
  package_hash: null,
};

function originFacts(origin: PluginOrigin) {
  return {
    signed_by: origin.signedBy,
    discovery_source: {
      type: "npm_package" as const,
      entry_point_name: origin.entryPointName,
      entry_point_value: origin.entryPointValue,
      distribution: origin.package,
      package_version: origin.packageVersion,
    },
    signing: { trust_decision: origin.decision, trust_reason: origin.decisionReason },
    package: origin.package,
    package_version: origin.packageVersion,
    package_hash: origin.packageHash ?? null,
  };
}

/** The facts that every event of a handler's turn has. */
function runFacts(run: AnyRun, { plugin, hook, name }: HandlerStep) {
  const { extensions } = run;
  return {
    plugin_name: plugin.name,
    hook,
    request: requestOf(run.scope),
    handler_name: name,
    tool: textAt(extensions, ["mcp", "tool", "name"]),
    subject_id: textAt(extensions, ["security", "subject", "id"]),
    // The id that the caller sent, not the one of the run.
    request_id: textAt(extensions, ["request", "request_id"]),
  };
}

function textAt(extensions: object, path: readonly string[]): string | null {
  const found = valueAt(extensions, path);
  return typeof found === "string" ? found : null;
}

/** Checks own properties only, because a plugin may have changed a prototype. */
function isOfPlugin(refusal: Refusal | RefusedPackage): refusal is Refusal {
  return hasOwn(refusal, "plugin");
}
