/** What the guards of Hono, Express and Fastify have in common. */
import { optionsInvalid } from "../../core/errors/index.ts";
import { type AnyHookManager, readFunction } from "../guard/index.ts";
import { type ModelCall, Refused, refusalOf } from "../model/index.ts";
import { isJsonObject } from "../rewrite/index.ts";
import { createHttpGuard, type HttpGuard, type HttpGuardOptions } from "./http-guard.ts";
import type { BodyOf } from "./read-text.ts";
import type { SubjectInput } from "./subject-from-claims.ts";

/** Options of a guard in front of handlers. `Caller` is the request as the framework has it. */
export interface ServerGuardOptions<Caller = unknown, Extensions = unknown>
  extends HttpGuardOptions<Extensions, Caller> {
  /**
   * Returns who asks, for example with `subjectFromClaims`; `undefined` for an anonymous caller.
   * If it throws, the request is refused. Middleware in front verifies the token, and answers 401.
   *
   * Without it, and without `envelope`, plugins see no subject. `envelope` gets the same request as
   * `call.about`; only one of the two may be given.
   */
  subject?(caller: Caller): SubjectInput | undefined | Promise<SubjectInput | undefined>;
}

/** @throws GlassineError `options_invalid`; `session_invalid` */
export function createServerGuard<Caller, Extensions>(
  manager: AnyHookManager<Extensions>,
  options: ServerGuardOptions<Caller, Extensions>,
  name: string,
  others: readonly string[] = [],
): HttpGuard {
  const guard = (given: HttpGuardOptions<Extensions, Caller>) =>
    createHttpGuard(manager, given, name, ["subject", ...others]);
  // `guard` refuses options that are not an object.
  if (!isJsonObject(options)) return guard(options);
  const subjectOf = readFunction(options, "subject", name) as typeof options.subject;
  if (subjectOf === undefined) return guard(options);
  if (options.envelope !== undefined) {
    throw optionsInvalid(`${name} expects subject or envelope, got both.`);
  }
  const envelope = async ({ slots, about }: ModelCall<Caller>): Promise<object> => {
    const subject = await subjectOf(about);
    return subject === undefined ? slots : { ...slots, security: { subject } };
  };
  return guard({ ...options, envelope });
}

/** Refuses a request whose body is not there any more. */
export function bodyGone(cause?: unknown): Refused {
  const detail = "something in front of the guard read the body, and no parser kept it";
  return new Refused(refusalOf("guard_failed", detail), cause);
}

/** Throws `Refused` for an encoded body: guard and handler would read it differently. */
export function refuseEncoded(
  headers: Headers,
  of: BodyOf,
  body?: ReadableStream<Uint8Array> | null,
): void {
  const encoding = (headers.get("content-encoding") ?? "").trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return;
  // Nobody reads it.
  void body?.cancel().catch(() => {});
  throw new Refused(refusalOf(`${of}_invalid`, "it is compressed"));
}
