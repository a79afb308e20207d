/**
 * Reads the pinned Sigstore root from `trusted_root.json`: certificate authorities, logs and their
 * validity periods. Sigstore's own reader is in a package that hosts need not install.
 */
import type { toTrustMaterial } from "@sigstore/verify";
import * as z from "zod";
import { formatPath, GlassineError, quoted } from "../../../core/errors/index.ts";
import { fromBase64, readJsonFile } from "../../packages/index.ts";
import { oneLine } from "../printable.ts";

/** What `toTrustMaterial` takes. */
type TrustedRoot = Parameters<typeof toTrustMaterial>[0];

const maxBytes = 1024 * 1024;

/** The numbers of `PublicKeyDetails` in Sigstore's protobuf specification. */
const keyKinds: ReadonlyMap<unknown, number> = new Map([
  ["PKIX_ECDSA_P256_SHA_256", 5],
  ["PKIX_ED25519", 7],
  ["PKIX_ECDSA_P384_SHA_384", 12],
  ["PKIX_ECDSA_P521_SHA_512", 13],
]);
/** `SHA2_256` of `HashAlgorithm`. */
const sha256 = 1;

const object = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object(shape, { error: "expected an object" });
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.array(item, { error: "expected an array" });
const nonEmptyListOf = <Item extends z.ZodType>(item: Item) =>
  listOf(item).min(1, { error: "expected at least one item" });

const nonEmpty = { error: "expected a non-empty string" };
const text = z.string(nonEmpty).min(1, nonEmpty);
const date = text
  .transform((written) => new Date(written))
  .refine((at) => !Number.isNaN(at.getTime()), { error: "expected a time" });
const bytes = z
  .string({ error: "expected base64" })
  .transform((written) => Buffer.from(fromBase64(written) ?? []))
  .refine(({ length }) => length > 0, { error: "expected base64" });
const id = object({ keyId: bytes });
const period = object({ start: date, end: date.optional() });
const rawBytes = object({ rawBytes: bytes });

const log = object({
  baseUrl: text,
  publicKey: object({
    rawBytes: bytes,
    keyDetails: z
      .unknown()
      .transform((kind) => keyKinds.get(kind) ?? 0)
      .refine((kind) => kind !== 0, { error: "expected a supported kind of key" }),
    validFor: period,
  }),
  logId: id,
  checkpointKeyId: id.optional(),
}).transform((each) => ({ ...each, hashAlgorithm: sha256, operator: "" }));

const authority = object({
  certChain: object({ certificates: nonEmptyListOf(rawBytes) }),
  validFor: period,
}).transform(({ certChain, validFor }) => ({
  subject: undefined,
  uri: "",
  operator: "",
  certChain,
  validFor,
}));

/** Other keys are allowed, because the format is Sigstore's and gains new ones. */
const root = object({
  mediaType: z
    .string({ error: "expected the media type of a trusted root" })
    .includes("trustedroot", { error: "expected the media type of a trusted root" }),
  tlogs: nonEmptyListOf(log),
  certificateAuthorities: nonEmptyListOf(authority),
  ctlogs: nonEmptyListOf(log),
  timestampAuthorities: listOf(authority).default([]),
});

/** @throws GlassineError (as a rejection) `setting_invalid` */
export async function readTrustedRoot(path: string): Promise<TrustedRoot> {
  const json = await readJsonFile(path, { maxBytes, followLinks: true });
  if ("fault" in json) throw refused(path, json.fault);
  const read = root.safeParse(json.value);
  if (read.success) return read.data as TrustedRoot;
  const [issue] = read.error.issues;
  const place = issue?.path.length ? formatPath(issue.path as (string | number)[]) : "the document";
  throw refused(path, `is not valid at ${place}: ${issue?.message}`, ownRoot);
}

const ownRoot =
  " Take Sigstore's own: targets/trusted_root.json in github.com/sigstore/root-signing.";

function refused(path: string, fault: string, advice = ""): GlassineError {
  const text = `The Sigstore trusted root ${quoted(path, 300)} ${oneLine(fault, 200)}.${advice}`;
  return new GlassineError("setting_invalid", text, { path });
}
