/** Verdicts on packages with Sigstore bundles that are really signed, logged and verified. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Evidence, type SigstoreVerifierOptions, sigstoreVerifier } from "glassine/node";
import { beforeAll, expect } from "vitest";
import { folderWith } from "../support/folder.ts";
import { packageOf, signedAt } from "./signing-support.ts";
import {
  type Authority,
  type Document,
  startAuthority,
  statement,
  type Wish,
} from "./sigstore-authority.ts";

export let authority: Authority;
let other: Authority;
beforeAll(async () => {
  authority = await startAuthority();
  other = await startAuthority();
});

/** How a bundle, its statement or the trusted root differs from the usual one. */
export interface Case {
  /** Changes to the bundle. */
  readonly wish?: Omit<Wish, "certificatesOf"> & { readonly certificatesOf?: "unlogged" };
  /** Changes to the statement. */
  readonly says?: Record<string, unknown>;
  /** Changes a finished bundle. If it returns a string, that replaces the bundle. */
  readonly tamper?: (bundle: Document) => unknown;
  /** Changes the trusted root. */
  readonly root?: (root: Document) => unknown;
  /** A Sigstore that the trusted root does not name. */
  readonly by?: "other";
  readonly options?: Partial<SigstoreVerifierOptions>;
}

/** What is wrong, and how the verdict describes it. */
export type Fault = readonly [name: string, of: Case, detail: string];

/** The verdict on a package with a bundle, for an operator who has the trusted root. */
export async function verdict(of: Case = {}): Promise<Evidence> {
  const path = await packageOf();
  const signed = await signedAt(path);
  const payload = statement(signed.hash, of.says);
  const { certificatesOf, ...wish } = of.wish ?? {};
  const from = of.by === "other" ? other : authority;
  const bundle = await from.bundle(payload, {
    ...wish,
    ...(certificatesOf === undefined ? {} : { certificatesOf: from.unlogged }),
  });
  const tampered: unknown = await of.tamper?.(bundle);
  const text = typeof tampered === "string" ? tampered : JSON.stringify(bundle);
  await writeFile(join(path, "glassine.sigstore.json"), text);
  // The parts of the root share objects; those read from a file do not.
  const root: Document = JSON.parse(JSON.stringify(authority.root));
  of.root?.(root);
  const trustedRoot = join(await folderWith(), "trusted_root.json");
  await writeFile(trustedRoot, JSON.stringify(root));
  return sigstoreVerifier({ trustedRoot, ...of.options }).verify(signed);
}

export function invalid(detail: string) {
  return { kind: "invalid", detail: expect.stringContaining(detail) };
}

/** Puts a value, or what a function makes of the old one, at a place in a document. */
export function put(place: string, value: unknown): (document: Document) => void {
  return (document) => {
    const keys = place.split(".");
    const last = keys.pop() as string;
    const holder: Document = keys.reduce((at, key) => at[key], document);
    holder[last] = typeof value === "function" ? value(holder[last]) : value;
  };
}

/** Base64 of the same length with its first byte changed. */
export function bent(text: string): string {
  const bytes = Buffer.from(text, "base64");
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString("base64");
}
