/** The facts of the records that a manager keeps. */
import { intrinsics } from "../data/index.ts";
import { type AnyRun, type RunNote, requestOf } from "../hooks/index.ts";
import { type AuditEventInput, auditEvent } from "../observe/index.ts";
import type { PluginOrigin } from "./discovered.ts";
import type { Surface } from "./profile.ts";
import type { Plugin } from "./types.ts";

const { ownValue } = intrinsics;

export function pluginFacts(
  { profile }: Surface,
  plugin: Plugin,
  origin: PluginOrigin | undefined,
) {
  return {
    plugin_name: plugin.name,
    version: plugin.version,
    capabilities: plugin.capabilities,
    hooks: plugin.hooks,
    async_safe: plugin.asyncSafe,
    requires: plugin.requiresHost ?? profile.requiresDefault,
    ...(origin === undefined ? manual : originFacts(origin)),
    depends_on: plugin.dependsOn,
    host_version: profile.hostVersion,
  };
}

const manual = {
  signed_by: "unsigned",
  discovery_source: { type: "manual" as const },
  signing: {},
  package: null,
  package_version: null,
  package_hash: null,
};

export function originFacts(origin: PluginOrigin) {
  const { decision, decisionReason } = origin;
  return {
    signed_by: origin.signedBy,
    discovery_source: {
      type: "npm_package" as const,
      entry_point_name: origin.entryPointName,
      entry_point_value: origin.entryPointValue,
      distribution: origin.package,
      package_version: origin.packageVersion,
    },
    signing: {
      ...(decision === undefined ? {} : { trust_decision: decision }),
      ...(decisionReason === undefined ? {} : { trust_reason: decisionReason }),
    },
    package: origin.package,
    package_version: origin.packageVersion,
    package_hash: origin.packageHash ?? null,
  };
}

/** The event of what a run tells. */
export function runEvent(run: AnyRun, note: RunNote): AuditEventInput {
  const { step } = note;
  const where = {
    plugin_name: step.plugin.name,
    hook: step.hook,
    request: requestOf(run.scope),
  };
  const options = { tenantId: run.options.tenant };
  switch (note.kind) {
    case "denied": {
      const { code, reason } = note;
      const tool = textAt(run.extensions, ["mcp", "tool", "name"]);
      const subject_id = textAt(run.extensions, ["security", "subject", "id"]);
      const facts = { ...where, handler_name: step.name, code, reason, tool, subject_id };
      return auditEvent("plugin.handler_denied", facts, options);
    }
    case "error": {
      const facts = { ...where, handler_name: step.name, error_type: note.type, error: note.text };
      return auditEvent("plugin.handler_error", facts, options);
    }
    case "refused": {
      const { path, code } = note.rejection;
      const facts = { ...where, path, code, request_id: requestIdOf(run) };
      return auditEvent("extensions.change_refused", facts, options);
    }
    case "labels": {
      const facts = { ...where, labels: note.labels, request_id: requestIdOf(run) };
      return auditEvent("extensions.labels_added", facts, options);
    }
  }
}

/** Of the run's extensions, as its caller sent them: the id of the run is another one. */
function requestIdOf({ extensions }: AnyRun): string | null {
  return textAt(extensions, ["request", "request_id"]);
}

function textAt(extensions: object, path: readonly string[]): string | null {
  let found: unknown = extensions;
  for (let at = 0; at < path.length; at++) found = ownValue(found, path[at] as string);
  return typeof found === "string" ? found : null;
}
