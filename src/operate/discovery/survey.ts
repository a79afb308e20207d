/** Looks at every package that was found: its hash, what it needs, and who signed it. */
import { GlassineError, quoted } from "../../core/errors/index.ts";
import {
  type closureHasher,
  expectManifest,
  hashPackage,
  type InstalledPackage,
  type PackageClosure,
  pathFrom,
  type RejectionCode,
} from "../packages/index.ts";
import { checkEvidence, type SignatureVerifier } from "../trust/index.ts";
import type { OnStep, SurveyedPackage } from "./types.ts";

/** How many packages are read at a time. */
const atATime = 4;

interface SurveyInput {
  readonly builtins: readonly string[];
  readonly hashClosure: ReturnType<typeof closureHasher>;
  readonly verifiers: readonly SignatureVerifier[];
  readonly onStep: OnStep;
}

export async function survey(
  packages: readonly InstalledPackage[],
  input: SurveyInput,
): Promise<readonly SurveyedPackage[]> {
  const total = packages.length;
  let done = 0;
  const surveyed: SurveyedPackage[] = [];
  for (let at = 0; at < total; at += atATime) {
    const batch = packages.slice(at, at + atATime).map(async (each) => {
      input.onStep({ done, total, name: each.name });
      const made = await surveyOf(each, input);
      done += 1;
      return made;
    });
    surveyed.push(...(await Promise.all(batch)));
  }
  return surveyed;
}

const nothing = {
  hash: undefined,
  closure: undefined,
  evidence: undefined,
  packageFault: undefined,
};

async function surveyOf(
  found: InstalledPackage,
  { builtins, hashClosure, verifiers }: SurveyInput,
): Promise<SurveyedPackage> {
  const { name, version, path, isLinked, bundled } = found;
  const isBuiltin = builtins.includes(path);
  let known: SurveyedPackage = { package: found, isBuiltin, isLocal: false, ...nothing };
  try {
    const hash = await hashPackage(path, { bundled });
    known = { ...known, hash };
    expectManifest(found.manifestHash, hash);
    if (isBuiltin) return known;
    const evidence = await checkEvidence({ name, version, path, ...hash }, verifiers);
    known = { ...known, evidence };
    const closure = await hashClosure({ path, hash, isLinked });
    return { ...known, closure, packageFault: closureFault(closure, path) };
  } catch (error) {
    if (!(error instanceof GlassineError) || error.code !== "package_refused") throw error;
    const { code } = error.data as { readonly code: RejectionCode };
    return { ...known, packageFault: { code, reason: error.message } };
  }
}

/** What cannot run, whoever trusts it. */
function closureFault(
  { foreign, missing }: PackageClosure,
  path: string,
): SurveyedPackage["packageFault"] {
  const [first, ...more] = foreign;
  if (first !== undefined) {
    const others = more.length === 0 ? "" : `, and ${more.length} more`;
    const reason = `${quoted(pathFrom(path, first), 300)} is nothing that the plugin asks for${others}`;
    return { code: "foreign_package", reason };
  }
  const [gone] = missing;
  if (gone === undefined) return undefined;
  const reason = `the package '${gone.name}', which ${gone.askedBy} needs, is not installed`;
  return { code: "dependency_missing", reason };
}

export function surveyOfLocal(found: InstalledPackage): SurveyedPackage {
  return { package: found, isBuiltin: false, isLocal: true, ...nothing };
}
