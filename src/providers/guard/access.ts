/** Records in the audit trail how requests ended: who asked for what, and with what outcome. */
import { ignore } from "../../core/data/index.ts";
import type { HookManager } from "./hook-manager.ts";
import { readWord } from "./options.ts";

/** Which outcomes are recorded: those of requests that were not allowed, or all. */
export type Access = "refused" | "all";

/** @throws GlassineError `options_invalid` */
export function readAccess(options: object, call: string): Access | undefined {
  return readWord(options, "access", ["refused", "all"], call) as Access | undefined;
}

/** How a request ended at a guard: the facts that go into the record. */
interface AccessEnd {
  readonly request: string;
  readonly outcome: string;
  readonly code: string | undefined;
  readonly plugin: string | undefined;
  readonly name: string | undefined;
  readonly subject: string | undefined;
}

/** What one kind of guard adds to the record. */
interface AccessKind {
  readonly eventType: string;
  /** What `name` belongs to: a method, or a provider's API. */
  readonly target: string | undefined;
  readonly tenant: string | undefined;
  readonly metadata: { readonly [key: string]: string | null };
}

export function recordAccess(
  manager: Pick<HookManager, "audit">,
  access: Access | undefined,
  { request, outcome, code, plugin, name, subject }: AccessEnd,
  { eventType, target, tenant, metadata }: AccessKind,
): void {
  if (access === undefined || (access === "refused" && outcome === "allowed")) return;
  const written = manager.audit({
    eventType,
    actorUri: subject === undefined ? "system:guard" : `subject:${subject}`,
    targetUri: `${target}:${name ?? ""}`,
    tenantId: tenant,
    outcome: outcome === "allowed" ? "success" : "failure",
    metadata: {
      request,
      ...metadata,
      result: outcome,
      code: code ?? null,
      plugin: plugin ?? null,
      name: name ?? null,
      subject_id: subject ?? null,
    },
  });
  void ignore(written);
}
