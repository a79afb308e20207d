/** What a manager writes into the host's audit trail, and what became of it. */
import { intrinsics } from "../data/index.ts";
import { type Declassification, removeLabels, type Slots } from "../envelope/index.ts";
import { GlassineError } from "../errors/index.ts";
import {
  type AnyRun,
  type CompiledOperation,
  OperationRun,
  operate,
  type PluginState,
  RequestScope,
  type RunAudit,
  type RunNote,
  secretsOf,
} from "../hooks/index.ts";
import { freezePayload } from "../messages/index.ts";
import {
  type AuditEventInput,
  type AuditFailures,
  type AuditOutcome,
  type AuditTrail,
  auditEvent,
  createTrail,
  factKindsOf,
  type RegistrationFailure,
} from "../observe/index.ts";
import { originFacts, pluginFacts, runEvent } from "./audit-facts.ts";
import { noRunOptions } from "./begin-run.ts";
import type { RefusedPackage } from "./discovered.ts";
import type { KnownSecrets } from "./known-secrets.ts";
import type { ReadOptions } from "./manager-options.ts";
import type { Surface } from "./profile.ts";
import { emitHook, type ReadItem } from "./read-item.ts";
import type { Plugin } from "./types.ts";

/** A plugin that is refused, as the trail has it. */
interface RefusedPlugin {
  readonly plugin: Plugin;
  readonly reason: RegistrationFailure;
  readonly error: Error;
  readonly vetoedBy?: string;
}

export interface AuditRecorder {
  refused(refusal: RefusedPlugin): Promise<void>;
  /** Of a package, none of whose plugins was made. */
  refusedPackage(refusal: RefusedPackage): Promise<void>;
  /** @throws GlassineError `audit_failed`: a plugin that nobody wrote down is not registered */
  registered(item: ReadItem, state: PluginState): Promise<void>;
  /** Has events go to the handlers of `audit_emit`, too. */
  deliverTo(compiled: CompiledOperation | undefined): void;
  /** What runs tell; `undefined` where nobody would hear of it. */
  runs(): RunAudit | undefined;
  /** What runs that no caller asked for tell. */
  readonly inner: RunAudit;
  /** Takes labels away, and writes it down. @throws GlassineError `declassify_refused`, `audit_failed` */
  declassify(extensions: object, declassification: Declassification): Promise<Declassified>;
  /** Writes down what the host has to tell. */
  audit(event: AuditEventInput): Promise<boolean>;
  failures(): AuditFailures;
  flush(): Promise<void>;
}

/** The extensions without the labels, and the record of it. */
export type Declassified = ReturnType<typeof removeLabels>;

interface RecorderInput {
  readonly surface: Surface;
  readonly options: ReadOptions;
  /** More of them, while plugins are configured. */
  readonly secrets: KnownSecrets;
  readonly noExtensions: Slots;
}

export function auditRecorder({
  surface,
  options,
  secrets,
  noExtensions,
}: RecorderInput): AuditRecorder {
  const { profile } = surface;
  const { metrics } = options;
  const origins = new Map(
    options.discovered?.plugins.map(({ plugin, origin }) => [plugin, origin]),
  );
  const aboutOf = (plugin: Plugin) => pluginFacts(surface, plugin, origins.get(plugin));
  /** Kept, not looked up: it has the steps of plugins, and with them their handles. */
  let emitters: CompiledOperation | undefined;
  const trail: AuditTrail = createTrail(options.audit, (event) => {
    if (emitters === undefined) return undefined;
    const scope = new RequestScope(undefined);
    const run = new OperationRun(
      emitters,
      freezePayload({ event }),
      noExtensions,
      scope,
      noRunOptions,
    );
    emitters.runtime.inFlight += 1;
    return operate(run);
  });

  /** An event of this library. What became of it; never throws. */
  const emit = (
    event: AuditEventInput,
    sinkOnly = false,
    more: readonly string[] = [],
  ): AuditOutcome | Promise<AuditOutcome> => {
    try {
      const given = { sinkOnly, secrets: secrets.unnamed(more), kinds: factKindsOf(event) };
      return trail.emit(event, given);
    } catch (thrown) {
      // Too large for a record, say. What a plugin has a run tell does not end the run.
      trail.miss(event.eventType, thrown);
      return { ok: false, error: thrown as GlassineError };
    }
  };

  const tell = (run: AnyRun, note: RunNote): boolean | Promise<boolean> =>
    keptOf(emit(runEvent(run, note), run.hook === emitHook, secretsOf(run)));

  return {
    refused: async ({ plugin, reason, error, vetoedBy }) => {
      const facts = { ...aboutOf(plugin), reason, validation_failure: error.message };
      const vetoed = vetoedBy === undefined ? {} : { vetoed_by: vetoedBy };
      metrics?.registration("failure", reason);
      await emit(auditEvent("plugin.registration_failed", { ...facts, ...vetoed }, profile));
    },
    refusedPackage: async ({ name, reason, error, origin }) => {
      const known = origin === undefined ? {} : originFacts(origin);
      const facts = { plugin_name: name, ...known, reason, validation_failure: error.message };
      metrics?.registration("failure", reason);
      await emit(auditEvent("plugin.registration_failed", facts, profile));
    },
    registered: async ({ plugin }, state) => {
      const facts = { ...aboutOf(plugin), capabilities: state.capabilities };
      const event = auditEvent("plugin.registered", facts, profile);
      const outcome = await emit(event);
      if (outcome.ok) metrics?.registration("success", "none");
      else metrics?.registration("failure", "audit_failed");
      if (outcome.ok) return;
      const text = `plugin '${plugin.name}' is not registered: the audit trail did not keep it`;
      throw new GlassineError("audit_failed", text, { plugin: plugin.name }, outcome.error);
    },
    deliverTo: (compiled) => {
      const isTold = compiled?.semantic === "fire_and_forget" && compiled.steps.length > 0;
      emitters = isTold ? compiled : undefined;
    },
    runs: () => {
      const isHeard = options.audit.sink !== undefined || emitters !== undefined;
      return isHeard ? { strict: options.audit.strict, tell } : undefined;
    },
    inner: { strict: false, tell },
    declassify: async (extensions, declassification) => {
      const declassified = removeLabels(extensions, declassification);
      const { labels, reason, authority, request_id } = declassified.record;
      const facts = { labels, reason, authority, request_id };
      const outcome = await emit(auditEvent("extensions.declassified", facts));
      if (outcome.ok || !options.audit.strict) return declassified;
      const text = "The audit trail did not keep the declassification: the labels stay.";
      throw new GlassineError("audit_failed", text, {}, outcome.error);
    },
    audit: async (event) => await keptOf(trail.emit(event, { secrets: secrets.unnamed() })),
    failures: () => trail.failures,
    flush: () => trail.flush(),
  };
}

function keptOf(outcome: AuditOutcome | Promise<AuditOutcome>): boolean | Promise<boolean> {
  return intrinsics.isNativePromise(outcome) ? later(outcome) : (outcome as AuditOutcome).ok;
}

async function later(pending: unknown): Promise<boolean> {
  return ((await pending) as AuditOutcome).ok === true;
}
