/** The caller's identity, as fronts, guards and limits use it. */
import { type Client, type Subject, subjectFromClaims } from "../../providers/http/index.ts";

/** The caller's subject, and what goes with it. */
export interface Identity {
  /**
   * Identifies the owner of a session: equal for the same caller, different for any other, even one
   * with the same name from another issuer or of another kind. Contains no part of a credential.
   */
  readonly key: string;
  readonly subject?: Subject;
  readonly client?: Client;
}

interface Facts {
  readonly subject?: Subject | undefined;
  readonly client?: Client | undefined;
}

/** `kind` says who vouches for `names`: a token's issuer, a proxy, the operator or nobody. */
export function identityOf(
  kind: "jwt" | "proxy" | "local" | "anonymous",
  names: readonly string[],
  { subject, client }: Facts = {},
): Identity {
  return Object.freeze({
    key: JSON.stringify([kind, ...names]),
    ...(subject && { subject }),
    ...(client && { client }),
  });
}

/** What a proxy or the operator says about a subject. */
interface Named {
  readonly id: string;
  readonly type?: NonNullable<Subject["type"]> | undefined;
  readonly roles: readonly string[];
  readonly teams: readonly string[];
}

/** @throws GlassineError `claims_invalid` if a value does not fit into an envelope */
export function subjectOf({ id, type, roles, teams }: Named): Subject {
  const mapping = { type, roles: ["roles"], permissions: [], teams: ["teams"] };
  return subjectFromClaims({ sub: id, roles, teams }, mapping);
}
