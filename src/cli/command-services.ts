/** What runs behind the commands: discovery, the lockfile, signatures. */
import { signPackage } from "../trust/index.ts";
import type { SignedReport } from "./reports.ts";
import type { CommandServices, SignRequest } from "./services.ts";
import { lock, trust, untrust } from "./work/change-trust.ts";
import { discover } from "./work/discover.ts";
import { lockState, verify } from "./work/verify.ts";

export const commandServices: CommandServices = {
  discover,
  lockState,
  trust,
  untrust,
  lock,
  verify,
  sign,
};

async function sign({ path, key, identity, keyId }: SignRequest): Promise<SignedReport> {
  const signed = await signPackage({
    path,
    key,
    identity,
    ...(keyId === undefined ? {} : { keyId }),
  });
  return {
    package: signed.name,
    version: signed.version,
    distribution_hash: signed.hash,
    identity: signed.identity,
    key_id: signed.keyId,
    evidence: signed.path,
    warnings: [],
  };
}
