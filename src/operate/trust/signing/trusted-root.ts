/**
 * The pinned root of Sigstore: certificate authorities, logs and their times, as `trusted_root.json`
 * has them. The reader of the peers is part of a package that hosts need not install.
 */
import type { toTrustMaterial } from "@sigstore/verify";
import { GlassineError, quoted } from "../../../core/errors/index.ts";
import { isObject } from "../../packages/index.ts";
import { oneLine } from "../printable.ts";
import { fromBase64 } from "./base64.ts";
import { readJsonFile } from "./json-file.ts";

/** What `toTrustMaterial` takes. */
export type TrustedRoot = Parameters<typeof toTrustMaterial>[0];
type Log = TrustedRoot["tlogs"][number];
type Authority = TrustedRoot["certificateAuthorities"][number];
type Period = NonNullable<Authority["validFor"]>;

const maxBytes = 1024 * 1024;

/** By the numbers of `PublicKeyDetails` in Sigstore's protobuf specification. */
const keyKinds: ReadonlyMap<unknown, number> = new Map([
  ["PKIX_ECDSA_P256_SHA_256", 5],
  ["PKIX_ED25519", 7],
  ["PKIX_ECDSA_P384_SHA_384", 12],
  ["PKIX_ECDSA_P521_SHA_512", 13],
]);
/** `SHA2_256` of `HashAlgorithm`. */
const sha256 = 1;

class RootFault extends Error {}

/**
 * Reads the file. Keys that it does not need may be there: the file is Sigstore's, and grows.
 *
 * @throws GlassineError (as a rejection) `setting_invalid`
 */
export async function readTrustedRoot(path: string): Promise<TrustedRoot> {
  const json = await readJsonFile(path, { maxBytes, followLinks: true });
  try {
    if ("fault" in json) throw new RootFault(json.fault);
    return rootOf(json.value);
  } catch (error) {
    if (!(error instanceof RootFault)) throw error;
    throw new GlassineError(
      "setting_invalid",
      `The trusted root of Sigstore ${quoted(path, 300)} ${oneLine(error.message, 200)}.`,
      { path },
    );
  }
}

function rootOf(value: unknown): TrustedRoot {
  const { mediaType, ...root } = objectAt(value, "the document");
  if (typeof mediaType !== "string" || !mediaType.includes("trustedroot"))
    throw new RootFault("has no mediaType of a trusted root");
  const lists = {
    tlogs: listAt(root.tlogs, "tlogs").map(logAt("tlogs")),
    certificateAuthorities: listAt(root.certificateAuthorities, "certificateAuthorities").map(
      authorityAt("certificateAuthorities"),
    ),
    ctlogs: listAt(root.ctlogs, "ctlogs").map(logAt("ctlogs")),
  };
  for (const [name, list] of Object.entries(lists)) {
    if (list.length === 0) throw new RootFault(`has nothing in ${name}`);
  }
  const { timestampAuthorities = [] } = root;
  const stamps = listAt(timestampAuthorities, "timestampAuthorities");
  return {
    mediaType,
    ...lists,
    timestampAuthorities: stamps.map(authorityAt("timestampAuthorities")),
  };
}

type ReadItem<Item> = (value: unknown, at: number) => Item;

function logAt(list: string): ReadItem<Log> {
  return (value, at) => {
    const place = `${list}[${at}]`;
    const log = objectAt(value, place);
    const key = objectAt(log.publicKey, `${place}.publicKey`);
    const kind = keyKinds.get(key.keyDetails);
    if (kind === undefined) throw new RootFault(`has a kind of key in ${place} that is not known`);
    return {
      baseUrl: textAt(log.baseUrl, `${place}.baseUrl`),
      hashAlgorithm: sha256,
      publicKey: {
        rawBytes: bytesAt(key.rawBytes, `${place}.publicKey.rawBytes`),
        keyDetails: kind,
        validFor: periodAt(key.validFor, `${place}.publicKey.validFor`),
      },
      logId: idAt(log.logId, `${place}.logId`),
      checkpointKeyId:
        log.checkpointKeyId === undefined
          ? undefined
          : idAt(log.checkpointKeyId, `${place}.checkpointKeyId`),
      operator: "",
    };
  };
}

function authorityAt(list: string): ReadItem<Authority> {
  return (value, at) => {
    const place = `${list}[${at}]`;
    const authority = objectAt(value, place);
    const chain = objectAt(authority.certChain, `${place}.certChain`);
    const certificates = listAt(chain.certificates, `${place}.certChain.certificates`);
    if (certificates.length === 0) throw new RootFault(`has no certificate in ${place}`);
    return {
      subject: undefined,
      uri: "",
      certChain: {
        certificates: certificates.map((each, index) => {
          const where = `${place}.certChain.certificates[${index}]`;
          return { rawBytes: bytesAt(objectAt(each, where).rawBytes, `${where}.rawBytes`) };
        }),
      },
      validFor: periodAt(authority.validFor, `${place}.validFor`),
      operator: "",
    };
  };
}

function periodAt(value: unknown, place: string): Period {
  const { start, end } = objectAt(value, place);
  return {
    start: dateAt(start, `${place}.start`),
    end: end === undefined ? undefined : dateAt(end, `${place}.end`),
  };
}

function dateAt(value: unknown, place: string): Date {
  const at = new Date(textAt(value, place));
  if (!Number.isNaN(at.getTime())) return at;
  throw new RootFault(`has no time at ${place}`);
}

function idAt(value: unknown, place: string): { keyId: Buffer } {
  return { keyId: bytesAt(objectAt(value, place).keyId, `${place}.keyId`) };
}

function bytesAt(value: unknown, place: string): Buffer {
  const bytes = typeof value === "string" ? fromBase64(value) : undefined;
  if (bytes !== undefined && bytes.length > 0) return Buffer.from(bytes);
  throw new RootFault(`has no base64 at ${place}`);
}

function textAt(value: unknown, place: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new RootFault(`has no string at ${place}`);
}

function listAt(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new RootFault(`has no array at ${place}`);
}

function objectAt(value: unknown, place: string): { readonly [key: string]: unknown } {
  if (isObject(value)) return value;
  throw new RootFault(`has no object at ${place}`);
}
