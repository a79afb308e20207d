/**
 * Bearer tokens: JWTs from one issuer for one audience, signed with a configured algorithm.
 *
 * Nothing in a token is trusted, logged or repeated before its signature is verified, including
 * where it says its key is and which algorithm it names.
 */
import type { JWTPayload, JWTVerifyResult } from "jose";
import { isGlassineError, quoted } from "../../core/errors/index.ts";
import { clientFromClaims, subjectFromClaims } from "../../providers/http/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import { type Identity, identityOf } from "./identity.ts";
import { type Jose, type KeyFinder, loadJose } from "./jose.ts";
import { keysOfFile } from "./key-file.ts";
import { keysOfServer } from "./key-server.ts";
import { invalidToken, Refused } from "./refusals.ts";

type Settings = NonNullable<GatewayConfig["identity"]["jwt"]>;

/** Resolves a token to its bearer's identity. Throws `Refused`. */
export type Bearer = (token: string) => Promise<Identity>;

const longestToken = 16_384;
/** RFC 6750 §2.1. Exactly one: repeated headers arrive joined by a comma, which does not match. */
const credentials = /^bearer +([\w.~+/-]+=*)$/i;

/** Returns the token, or undefined if there is none. Throws `Refused` for other credentials. */
export function tokenIn(headers: Headers): string | undefined {
  const value = headers.get("authorization");
  if (value === null) return undefined;
  if (value.length > longestToken) throw invalidToken("The token is too long.");
  const [, token] = credentials.exec(value) ?? [];
  if (token !== undefined) return token;
  if (!/^bearer\b/i.test(value)) throw invalidToken("Only Bearer tokens are accepted.");
  throw new Refused({
    status: 400,
    code: "header_invalid",
    reason: "The Authorization header is malformed or repeated.",
    error: "invalid_request",
  });
}

/**
 * @param now the time in milliseconds
 * @throws GlassineError (as a rejection) `setting_invalid`: jose is missing; `config_unreadable`:
 *   the key file has no usable key
 */
export async function createBearer(settings: Settings, now: () => number): Promise<Bearer> {
  const jose = await loadJose();
  const { keys, algorithms, scopes } = settings;
  const find =
    "file" in keys
      ? await keysOfFile(jose, keys.file, algorithms)
      : keysOfServer(jose, keys.url, now);
  return async (token) => {
    const { payload, protectedHeader } = await verified(jose, token, find, settings, now);
    checkType(protectedHeader.typ);
    // jose checks `nbf`, but not when the token was issued.
    if (payload.iat !== undefined && payload.iat > now() / 1000 + settings.clockToleranceSeconds)
      throw invalidToken("The token is from the future.");
    // RFC 7800 §3.1: the bearer must prove possession of a key, which this gateway does not check.
    if (payload.cnf !== undefined) throw invalidToken("The token is bound to a key.");
    const { identity, granted } = claimsIn(payload, settings);
    const missing = scopes.filter((scope) => !granted.includes(scope));
    if (missing.length === 0) return identity;
    throw new Refused({
      status: 403,
      code: "scope_missing",
      reason: "The token lacks a required scope.",
      detail: `The token lacks the scope ${missing.map((scope) => quoted(scope)).join(", ")}.`,
      error: "insufficient_scope",
    });
  };
}

async function verified(
  { jwtVerify }: Jose,
  token: string,
  find: KeyFinder,
  { issuer, audience, algorithms, clockToleranceSeconds }: Settings,
  now: () => number,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, find, {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(now()),
      requiredClaims: ["exp"],
    });
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw invalidToken(reasonOf(error as { readonly code?: unknown; readonly claim?: unknown }));
  }
}

const reasons: Readonly<Record<string, string>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: "The algorithm of the token is not accepted.",
  ERR_JWKS_NO_MATCHING_KEY: "There is no key for the token.",
  ERR_JWKS_MULTIPLE_MATCHING_KEYS:
    "The token does not say which of several keys it is signed with.",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "The signature of the token does not verify.",
  ERR_JWT_EXPIRED: "The token has expired.",
};
const claims: Readonly<Record<string, string>> = {
  iss: "The token is from another issuer.",
  aud: "The token is for another audience.",
  nbf: "The token is not valid yet.",
  exp: "The token has no expiry time.",
};

/** Words the reason afresh, since jose's messages can quote the token. */
function reasonOf({ code, claim }: { readonly code?: unknown; readonly claim?: unknown }): string {
  if (code === "ERR_JWT_CLAIM_VALIDATION_FAILED") {
    return claims[String(claim)] ?? "A claim of the token has the wrong type.";
  }
  return reasons[String(code)] ?? "The token is not a JWT that can be verified.";
}

/**
 * Refuses the issuer's other kinds of token, which have their own type, such as `logout+jwt`.
 * RFC 8725 §3.11, RFC 9068 §2.1.
 */
function checkType(typ: string | undefined): void {
  const isAccessToken = typ === undefined || /^(?:application\/)?(?:at\+)?jwt$/i.test(typ);
  if (!isAccessToken)
    throw invalidToken("The token is not an access token: its `typ` says otherwise.");
}

/** Returns who the bearer is, and the scopes of the token. */
function claimsIn(payload: JWTPayload, { issuer, subject: mapping }: Settings) {
  try {
    const subject = subjectFromClaims(payload, mapping);
    const client = clientFromClaims(payload);
    return {
      identity: identityOf("jwt", [issuer, subject.id as string], { subject, client }),
      granted: subjectFromClaims(payload, ofScopes).permissions,
    };
  } catch (error) {
    if (!isGlassineError(error) || error.code !== "claims_invalid") throw error;
    const reason = "A claim of the token is missing or has the wrong type.";
    throw invalidToken(reason, error.message);
  }
}

/** Scopes are read like permissions; `client` has them only if the token names a client. */
const ofScopes = { requireId: false, roles: [], teams: [], permissions: ["scope", "scp"] };
