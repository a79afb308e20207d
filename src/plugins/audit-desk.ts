/** What a manager writes into the host's audit trail, and what became of it. */
import { intrinsics } from "../admit/index.ts";
import {
  type AuditEventInput,
  type AuditFailures,
  type AuditOutcome,
  type AuditTrail,
  auditEvent,
  createTrail,
  type RegistrationFailure,
} from "../audit/index.ts";
import { GlassineError } from "../errors/index.ts";
import { type Declassification, removeLabels, type Slots } from "../extensions/index.ts";
import {
  type AnyRun,
  type House,
  OperationRun,
  operate,
  type PluginState,
  RequestScope,
  type RunAudit,
  type RunNote,
  secretsOf,
} from "../hooks/index.ts";
import { freezePayload } from "../messages/index.ts";
import { noWishes } from "./invoke-options.ts";
import type { ReadOptions } from "./manager-options.ts";
import type { Operations } from "./operations.ts";
import type { ReadItem } from "./read-item.ts";
import type { Surface } from "./read-manifest.ts";
import type { Plugin } from "./types.ts";

/** A plugin that is refused, as the trail has it. */
interface RefusedPlugin {
  readonly plugin: Plugin;
  readonly reason: RegistrationFailure;
  readonly error: Error;
  readonly vetoedBy?: string;
}

export interface AuditDesk {
  refused(refusal: RefusedPlugin): Promise<void>;
  /** @throws GlassineError `audit_failed`: a plugin that nobody wrote down is not registered */
  registered(item: ReadItem, state: PluginState): Promise<void>;
  /** Has events go to the handlers of `audit_emit`, too. */
  deliverTo(operations: Operations, house: House, noExtensions: Slots): void;
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

interface DeskInput {
  readonly surface: Surface;
  readonly options: ReadOptions;
  /** Values of configurations that are secret: more, while plugins are configured. */
  readonly secrets: readonly string[];
}

/** The hook whose handlers get every event. */
const emitHook = "audit_emit";

export function createDesk({ surface, options, secrets }: DeskInput): AuditDesk {
  const { profile } = surface;
  let deliver: ((event: object) => Promise<void> | undefined) | undefined;
  let emitters = () => 0;
  const trail: AuditTrail = createTrail(options.audit, (event) => deliver?.(event));

  const keep = (
    event: AuditEventInput,
    sinkOnly: boolean,
    more: readonly string[] = [],
  ): boolean | Promise<boolean> => {
    const outcome = trail.emit(event, { sinkOnly, secrets: [...secrets, ...more] });
    return intrinsics.isNativePromise(outcome) ? keptOf(outcome) : (outcome as AuditOutcome).ok;
  };

  const tell = (run: AnyRun, note: RunNote): boolean | Promise<boolean> =>
    keep(eventOf(run, note), run.hook === emitHook, secretsOf(run));

  return {
    refused: async ({ plugin, reason, error, vetoedBy }) => {
      const facts = { ...factsOf(surface, plugin), reason, validation_failure: error.message };
      const vetoed = vetoedBy === undefined ? {} : { vetoed_by: vetoedBy };
      const { requiresField } = profile;
      await keep(
        auditEvent("plugin.registration_failed", { ...facts, ...vetoed }, { requiresField }),
        false,
      );
    },
    registered: async ({ plugin }, state) => {
      const facts = { ...factsOf(surface, plugin), capabilities: state.capabilities };
      const { requiresField } = profile;
      const event = auditEvent("plugin.registered", facts, { requiresField });
      if (await keep(event, false)) return;
      const text = `plugin '${plugin.name}' is not registered: the audit trail did not keep it`;
      throw new GlassineError("audit_failed", text, { plugin: plugin.name });
    },
    deliverTo: (operations, house, noExtensions) => {
      deliver = (event) => {
        const program = operations.program(emitHook, house);
        if (program?.semantic !== "fire_and_forget" || program.steps.length === 0) return;
        const scope = new RequestScope(undefined);
        const facts = freezePayload({ event });
        const run = new OperationRun(program, facts, noExtensions, scope, noWishes);
        house.inFlight += 1;
        return operate(run) as Promise<void>;
      };
      emitters = () => operations.program(emitHook, house)?.steps.length ?? 0;
    },
    runs: () => {
      const isHeard = options.audit.sink !== undefined || emitters() > 0;
      return isHeard ? { strict: options.audit.strict, tell } : undefined;
    },
    inner: { strict: false, tell },
    declassify: async (extensions, declassification) => {
      const declassified = removeLabels(extensions, declassification);
      const { labels, reason, authority, request_id } = declassified.record;
      const event = auditEvent("extensions.declassified", {
        labels,
        reason,
        authority,
        request_id,
      });
      if ((await keep(event, false)) || !options.audit.strict) return declassified;
      const text = "The audit trail did not keep the declassification: the labels stay.";
      throw new GlassineError("audit_failed", text);
    },
    audit: async (event) => await keep(event, false),
    failures: () => trail.failures,
    flush: () => trail.flush(),
  };
}

async function keptOf(pending: unknown): Promise<boolean> {
  return ((await pending) as AuditOutcome).ok === true;
}

function factsOf({ profile }: Surface, plugin: Plugin) {
  return {
    plugin_name: plugin.name,
    version: plugin.version,
    capabilities: plugin.capabilities,
    hooks: plugin.hooks,
    async_safe: plugin.asyncSafe,
    signed_by: "unsigned",
    requires: plugin.requiresHost ?? profile.requiresDefault,
    discovery_source: { type: "manual" as const },
    signing: {},
    package: null,
    package_version: null,
    package_hash: null,
    depends_on: plugin.dependsOn,
    host_version: profile.hostVersion,
  };
}

function eventOf(run: AnyRun, note: RunNote): AuditEventInput {
  const { step } = note;
  const where = { plugin_name: step.plugin.name, hook: step.hook };
  const options = { tenantId: run.wishes.tenant };
  const request_id = run.scope.request;
  switch (note.kind) {
    case "denied": {
      const facts = { ...where, handler_name: step.name, reason: note.reason };
      return auditEvent("plugin.handler_denied", facts, options);
    }
    case "error": {
      const facts = { ...where, handler_name: step.name, error_type: note.type, error: note.text };
      return auditEvent("plugin.handler_error", facts, options);
    }
    case "refused": {
      const { path, code } = note.rejection;
      return auditEvent("extensions.change_refused", { ...where, path, code, request_id }, options);
    }
    case "labels":
      return auditEvent(
        "extensions.labels_added",
        { ...where, labels: note.labels, request_id },
        options,
      );
  }
}
