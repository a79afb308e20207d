/** Records in the audit trail how requests ended: who asked for what, and what became of it. */
import { ignore } from "../../core/data/index.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import { hasFunctions, readWord } from "./guard-options.ts";
import type { HookManager } from "./hook-manager.ts";

/** Which ends are recorded: those of requests that were not allowed, or all. */
export type Access = "refused" | "all";

/** @throws GlassineError `options_invalid` */
export function readAccess(options: object, call: string): Access | undefined {
  return readWord(options, "access", ["refused", "all"], call) as Access | undefined;
}

/** @throws GlassineError `options_invalid` */
export function checkAccess(
  manager: unknown,
  { access }: { readonly access?: Access | undefined },
  call: string,
): void {
  if (access === undefined || hasFunctions(manager, ["audit"])) return;
  throw optionsInvalid(
    `${call} expects a plugin manager with audit when the option access is set.`,
  );
}

/** The part of a guard's end that its record has. */
interface AccessEnd {
  readonly request: string;
  readonly outcome: string;
  readonly code: string | undefined;
  readonly plugin: string | undefined;
  readonly name: string | undefined;
  readonly subject: string | undefined;
}

/** What one kind of guard says besides. */
interface AccessKind {
  readonly eventType: string;
  /** What the name belongs to: a method, or the API of a provider. */
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
  const written = manager.audit?.({
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
  void ignore(written as PromiseLike<unknown>);
}
