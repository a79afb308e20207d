/** Asks every verifier, and combines their answers into one. */
import { join } from "node:path";
import { isRecord, within } from "../../../core/data/index.ts";
import { quoteName } from "../../../core/errors/index.ts";
import { isThere } from "../lockfile/read-lockfile.ts";
import { describeText, oneLine } from "../printable.ts";
import {
  type Evidence,
  ed25519File,
  invalidEvidence,
  type SignatureVerifier,
  type SignedPackage,
  sigstoreFile,
} from "./evidence.ts";
import { identityFault } from "./identity.ts";

const timeoutMs = 30_000;

/**
 * Finds out who signed a package, according to all `verifiers` together.
 *
 * All evidence in the package must verify: one invalid piece makes the package `invalid`. So does a
 * verifier that throws, does not answer in time, or returns something that is not evidence. With
 * several signers, `identity` is the first in the order of `verifiers`. Evidence that no verifier
 * reads is ignored beside evidence that verified; on its own it is `unchecked`.
 *
 * @see spec `signing:every-evidence`, `signing:verifier-fails`, `signing:unread`
 */
export async function checkEvidence(
  signed: SignedPackage,
  verifiers: readonly SignatureVerifier[],
): Promise<Evidence> {
  const answers = await Promise.all(verifiers.map((each) => answerOf(each, signed)));
  const faults = answers.filter((each) => each.kind === "invalid");
  if (faults.length > 0) return invalid(faults.map(({ detail }) => detail).join("; "));
  const signers = answers.flatMap((each) =>
    each.kind === "verified" ? [each.identity, ...(each.further ?? [])] : [],
  );
  const [identity, ...further] = new Set(signers);
  if (identity === undefined) return withoutSigner(signed);
  return { kind: "verified", identity, ...(further.length === 0 ? {} : { further }) };
}

async function answerOf(verifier: SignatureVerifier, signed: SignedPackage): Promise<Evidence> {
  const who = `the verifier ${quoteName(verifier.name)}`;
  // The time limit includes reading the answer, because that can run the verifier's code too.
  const verify = async () => readAnswer(await verifier.verify(signed));
  const { how, value } = await within(timeoutMs, verify);
  if (how === "timeout") return invalid(`${who} gave no answer within ${timeoutMs / 1000} seconds`);
  if (how === "threw") return invalid(`${who} failed: ${describeText(value)}`);
  return value ?? invalid(`${who} answered with something that is not evidence`);
}

/** Copies an answer, reading each part once. Returns `undefined` if it is not evidence. */
function readAnswer(answer: unknown): Evidence | undefined {
  if (!isRecord(answer)) return undefined;
  const { kind, detail, identity, further } = answer;
  if (kind === "unsigned") return { kind };
  if (kind === "invalid" && typeof detail === "string") return invalid(detail);
  if (kind !== "verified" || !isIdentity(identity)) return undefined;
  if (further === undefined) return { kind, identity };
  const others: readonly unknown[] | undefined = Array.isArray(further) ? [...further] : undefined;
  return others?.every(isIdentity) ? { kind, identity, further: others } : undefined;
}

function isIdentity(value: unknown): value is string {
  return typeof value === "string" && identityFault(value) === undefined;
}

/** Distinguishes evidence without a verifier from no evidence at all: the remedies differ. */
async function withoutSigner({ path }: SignedPackage): Promise<Evidence> {
  for (const file of [ed25519File, sigstoreFile])
    if (await isThere(join(path, file))) return { kind: "unchecked", file };
  return { kind: "unsigned" };
}

/** For details from verifiers: names in certificates are long, and there can be several. */
const maxDetailUnits = 4096;

function invalid(detail: string): Evidence {
  return invalidEvidence(oneLine(detail, maxDetailUnits));
}
