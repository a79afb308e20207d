/** Reads the file in which the operator binds publishers to their keys. */
import { createPublicKey } from "node:crypto";
import * as z from "zod";
import { formatPath, GlassineError, quoted, quoteName } from "../../../core/errors/index.ts";
import { fromBase64, readJsonFile } from "../../packages/index.ts";
import { expectPath } from "../expect-path.ts";
import { oneLine } from "../printable.ts";
import { identityFault, keyIdPattern, keyIdRule } from "./identity.ts";

export interface PublisherKey {
  readonly identity: string;
  readonly keyId: string;
  /** The 32 bytes of the Ed25519 public key, in base64. */
  readonly publicKey: string;
  /** In milliseconds since 1970; `undefined` if there is no start. */
  readonly notBefore: number | undefined;
  /** In milliseconds since 1970, inclusive; `undefined` if there is no end. */
  readonly notAfter: number | undefined;
  readonly revoked: boolean;
}

/** What `readPublisherKeys` returns. */
export interface PublisherKeys {
  readonly keys: readonly PublisherKey[];
}

const maxBytes = 1024 * 1024;
const maxShown = 8;

/** A schema for strings; `rule` is the fault of anything else. */
const text = (rule = "is not a string") => z.string({ error: rule });

const instantRule = "is not a time in UTC such as 2026-01-31T12:00:00Z";
const instant = z.iso
  .datetime({ error: instantRule, abort: true })
  .regex(/:\d{2}:\d{2}(?:\.\d{1,3})?Z$/, { error: instantRule })
  .transform((written) => Date.parse(written));

const keyIdFault = `is not ${keyIdRule}`;

const publisher = z
  .strictObject(
    {
      identity: text().superRefine((identity, context) => {
        const fault = identityFault(identity);
        if (fault !== undefined) context.addIssue(fault);
      }),
      key_id: text(keyIdFault).regex(keyIdPattern, { error: keyIdFault }),
      public_key: text().transform(readPublicKey),
      not_before: instant.optional(),
      not_after: instant.optional(),
      revoked: z.boolean({ error: "is not a boolean" }).default(false),
    },
    { error: "is not an object" },
  )
  .superRefine(({ not_before: from, not_after: to }, context) => {
    if (from !== undefined && to !== undefined && from > to)
      context.addIssue({ code: "custom", path: ["not_after"], message: "is before not_before" });
  });

const document = z.strictObject(
  {
    schema: z.literal(1, { error: "is not 1" }),
    publishers: z.array(publisher, { error: "is not an array" }).superRefine(expectOnce),
  },
  { error: "is not a JSON object" },
);

/**
 * Reads the file that `PLUGIN_PUBLISHER_KEYS` names: JSON with `schema` 1 and `publishers`, each
 * with `identity`, `key_id`, `public_key` (PEM, or the 32 bytes in base64) and optionally
 * `not_before`, `not_after` (UTC, `2026-01-31T12:00:00Z`) and `revoked`.
 *
 * An identity can have several keys. A key appears only once: revoked under one name, it would live
 * on under another. The file may be a link, and has at most 1 MiB.
 *
 * @throws GlassineError (as a rejection) `options_invalid` for a path that is not a string
 * @throws GlassineError (as a rejection) `setting_invalid`: one error for all problems, which
 *   `data.keyProblems` lists; it never quotes a `public_key`
 * @see spec `signing:keys-file`, `signing:keys-refused`, `signing:keys-once`
 * @example
 * ```ts
 * import { readPublisherKeys } from "glassine/node";
 *
 * async function identitiesIn(path: string) {
 *   const { keys } = await readPublisherKeys(path);
 *   return keys.filter(({ revoked }) => !revoked).map(({ identity }) => identity);
 * }
 * ```
 */
export async function readPublisherKeys(path: string): Promise<PublisherKeys> {
  expectPath(path, "readPublisherKeys");
  const json = await readJsonFile(path, { maxBytes, followLinks: true });
  if ("fault" in json) {
    // The whole file is at fault, and the fault is worded to follow its name.
    const fault = oneLine(json.fault, 200);
    const cause = json.why === "refused" ? json.cause : undefined;
    throw invalid(path, fault, [{ place: "", fault }], cause);
  }
  const read = document.safeParse(json.value);
  if (!read.success) throw refused(path, read.error.issues.flatMap(problemsOf));
  const keys = read.data.publishers.map((each) =>
    Object.freeze({
      identity: each.identity,
      keyId: each.key_id,
      publicKey: each.public_key,
      notBefore: each.not_before,
      notAfter: each.not_after,
      revoked: each.revoked,
    }),
  );
  return Object.freeze({ keys: Object.freeze(keys) });
}

interface KeyProblem {
  readonly place: string;
  readonly fault: string;
}

/** The place of an unknown key is the key itself. */
function problemsOf(issue: z.core.$ZodIssue): readonly KeyProblem[] {
  const place = issue.path.length === 0 ? "" : formatPath(issue.path as (string | number)[]);
  if (issue.code !== "unrecognized_keys") return [{ place, fault: issue.message }];
  return issue.keys.map((key) => ({
    place: `${place === "" ? "" : `${place}.`}${quoteName(key)}`,
    fault: "is unknown",
  }));
}

function refused(path: string, problems: readonly KeyProblem[]): GlassineError {
  const said = problems
    .slice(0, maxShown)
    .map(({ place, fault }) => `${place === "" ? "it" : place} ${fault}`);
  const rest = problems.length - said.length;
  const text = `${said.join("; ")}${rest > 0 ? `; and ${rest} more` : ""}`;
  return invalid(path, `cannot be used: ${text}`, problems);
}

function invalid(
  path: string,
  what: string,
  keyProblems: readonly KeyProblem[],
  cause?: unknown,
): GlassineError {
  const message = `The file of publisher keys ${quoted(path, 300)} ${what}.`;
  return new GlassineError("setting_invalid", message, { path, keyProblems }, cause);
}

/** Reads PEM or base64. No message quotes the value, because it may be a private key by mistake. */
function readPublicKey(text: string, context: z.RefinementCtx<string>): string {
  const refuse = (fault: string) => {
    context.addIssue(fault);
    return z.NEVER;
  };
  const [begin, ...more] = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g);
  if (begin === undefined) {
    const bytes = fromBase64(text);
    if (bytes?.length === 32) return text;
    return refuse("is neither PEM nor 32 bytes in canonical base64");
  }
  if (begin[1]?.endsWith("PRIVATE KEY"))
    return refuse(
      "is a private key; consider it exposed, make a new pair, and put its public key here",
    );
  if (begin[1] !== "PUBLIC KEY" || more.length > 0) return refuse("is not one PUBLIC KEY in PEM");
  try {
    const key = createPublicKey(text);
    if (key.asymmetricKeyType !== "ed25519")
      return refuse(`is of type ${key.asymmetricKeyType}, not ed25519`);
    const { x = "" } = key.export({ format: "jwk" });
    return Buffer.from(x, "base64url").toString("base64");
  } catch {
    return refuse("is PEM that cannot be read");
  }
}

type Publisher = z.output<typeof publisher>;

function expectOnce(publishers: readonly Publisher[], context: z.RefinementCtx): void {
  publishers.forEach((key, at) => {
    const earlier = publishers.slice(0, at);
    const name = earlier.findIndex(
      (each) => each.identity === key.identity && each.key_id === key.key_id,
    );
    const same = earlier.findIndex((each) => each.public_key === key.public_key);
    const report = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if (name !== -1) report([at], `has the identity and key_id of publishers[${name}]`);
    if (same !== -1) report([at, "public_key"], `is the same as in publishers[${same}]`);
  });
}
