import { expectOptions, readOption } from "../../core/data/index.ts";
import { GlassineError, isGlassineError, optionsInvalid } from "../../core/errors/index.ts";
import { createExtensions, type Extensions } from "../../core/host/index.ts";
import {
  type ClaimPath,
  type Names,
  readClaims,
  readPath,
  readPaths,
  stringAt,
  stringsAt,
  textAt,
  wrongType,
} from "./claims.ts";

type Security = NonNullable<Extensions["security"]>;

/** `security.subject` of an envelope. */
export type Subject = NonNullable<Security["subject"]>;
/** A subject as `createExtensions` takes it. */
export type SubjectInput = NonNullable<
  NonNullable<Parameters<typeof createExtensions>[0]["security"]>["subject"]
>;
/** `security.client` of an envelope. */
export type Client = NonNullable<Security["client"]>;

/** Which claims make a subject. A field that is given replaces its default. */
export interface SubjectMapping {
  /** Default `"sub"`. */
  readonly id?: ClaimPath | undefined;
  /** Whether claims without an id are refused. Default true. */
  readonly requireId?: boolean | undefined;
  /** The type of all subjects with such tokens. Default: none, since tokens do not say it. */
  readonly type?: "user" | "agent" | "service" | "system" | undefined;
  /** Default `["roles", ["realm_access", "roles"]]`. */
  readonly roles?: readonly ClaimPath[] | undefined;
  /** Default `["scope", "scp", "permissions"]`. */
  readonly permissions?: readonly ClaimPath[] | undefined;
  /** Default `["groups", "cognito:groups"]`. */
  readonly teams?: readonly ClaimPath[] | undefined;
  /**
   * Further claims, for plugins with `read_claims`. The names in a path are joined with dots.
   * Default none.
   */
  readonly claims?: readonly ClaimPath[] | undefined;
}

/** Which claims make a client. */
export interface ClientMapping {
  /** The first of these that is present counts. Default `["client_id", "azp"]`. */
  readonly id?: readonly ClaimPath[] | undefined;
  /** Default `["scope", "scp"]`. */
  readonly scopes?: readonly ClaimPath[] | undefined;
  /** Default `["aud"]`. */
  readonly audiences?: readonly ClaimPath[] | undefined;
}

const types: readonly unknown[] = [undefined, "user", "agent", "service", "system"];

/**
 * Returns the `security.subject` for the claims of a token that the host has verified, frozen.
 * Claims that the mapping does not name are left out.
 *
 * It verifies nothing: neither signature nor issuer, audience or time. Pass the `payload` that
 * `jwtVerify` of `jose` returns, never a token that was only decoded.
 *
 * @throws GlassineError `claims_invalid` for a claim of the wrong type or a missing id, with the
 *   name of the claim but never its value; `options_invalid` for an invalid mapping
 * @see spec `identity:subject`
 * @example
 * ```ts
 * import { createExtensions } from "glassine";
 * import { subjectFromClaims } from "glassine/http";
 *
 * const payload = { sub: "ada", scope: "read write", realm_access: { roles: ["admin"] } };
 * const subject = subjectFromClaims(payload, { type: "user" });
 * const extensions = createExtensions({ security: { subject } });
 * console.log(extensions.security?.subject?.permissions); // [ 'read', 'write' ]
 * ```
 */
export function subjectFromClaims(payload: object, mapping: SubjectMapping = {}): Subject {
  const known = ["id", "requireId", "type", "roles", "permissions", "teams", "claims"];
  expectOptions(mapping, known, "subjectFromClaims");
  const { type } = mapping;
  if (!types.includes(type)) {
    throw optionsInvalid('The option "type" expects "user", "agent", "service" or "system".');
  }
  const idPath = readPath("id", mapping.id ?? "sub");
  const requiresId = readOption(mapping, "requireId", "boolean") ?? true;
  const roles = readPaths("roles", mapping.roles, [["roles"], ["realm_access", "roles"]]);
  const permissions = readPaths("permissions", mapping.permissions, [
    ["scope"],
    ["scp"],
    ["permissions"],
  ]);
  const teams = readPaths("teams", mapping.teams, [["groups"], ["cognito:groups"]]);
  const shown = named(readPaths("claims", mapping.claims));

  const claims = readClaims(payload);
  const id = stringAt(claims, idPath);
  if (id === undefined && requiresId) throw wrongType(idPath, "a non-empty string", id);
  const texts = [...shown].map(([name, names]) => [name, textAt(claims, names)] as const);
  const subject = {
    ...(id === undefined ? {} : { id }),
    ...(type === undefined ? {} : { type }),
    roles: stringsAt(claims, roles),
    permissions: stringsAt(claims, permissions),
    teams: stringsAt(claims, teams),
    claims: Object.fromEntries(
      texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
    ),
  };
  return inEnvelope({ subject }).subject as Subject;
}

/**
 * Returns the `security.client` for the claims of a token that the host has verified: the program
 * that acts, or `undefined` if they name none. Like `subjectFromClaims`, it verifies nothing.
 *
 * @throws GlassineError `claims_invalid`, `options_invalid`
 * @see spec `identity:client`
 * @example
 * ```ts
 * import { clientFromClaims } from "glassine/http";
 *
 * const client = clientFromClaims({ sub: "ada", client_id: "cli", scope: "read", aud: "api" });
 * console.log(client?.client_id, client?.authorized_scopes); // cli [ 'read' ]
 * ```
 */
export function clientFromClaims(payload: object, mapping: ClientMapping = {}): Client | undefined {
  expectOptions(mapping, ["id", "scopes", "audiences"], "clientFromClaims");
  const ids = readPaths("id", mapping.id, [["client_id"], ["azp"]]);
  const scopes = readPaths("scopes", mapping.scopes, [["scope"], ["scp"]]);
  const audiences = readPaths("audiences", mapping.audiences, [["aud"]]);

  const claims = readClaims(payload);
  const [client_id] = ids.flatMap((names) => stringAt(claims, names) ?? []);
  if (client_id === undefined) return undefined;
  const listed = {
    authorized_scopes: stringsAt(claims, scopes),
    authorized_audiences: stringsAt(claims, audiences),
  };
  // An absent list says nothing, but an empty one says that nothing is allowed.
  const given = Object.fromEntries(Object.entries(listed).filter(([, { length }]) => length > 0));
  return inEnvelope({ client: { client_id, ...given } }).client as Client;
}

/** Each path under its name. Throws for two of the same name, since one would hide the other. */
function named(paths: readonly Names[]): ReadonlyMap<string, Names> {
  const byName = new Map(paths.map((names) => [names.join("."), names]));
  if (byName.size === paths.length) return byName;
  throw optionsInvalid('The option "claims" has two claims of the same name.');
}

/** `security` as an envelope holds it, with sorted sets. Throws if an envelope cannot hold it. */
function inEnvelope(security: NonNullable<Parameters<typeof createExtensions>[0]["security"]>) {
  try {
    return createExtensions({ security }).security as Security;
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    const { problems = [] } = error.data;
    const text = `The claims do not fit into an envelope. ${error.message}`;
    throw new GlassineError("claims_invalid", text, { problems });
  }
}
