/** What runs behind the commands: discovery, the lockfile, signatures. */
import { makeSigningKey } from "../trust/index.ts";
import type { CommandServices } from "./services.ts";
import { lock, trust, untrust } from "./work/change-trust.ts";
import { discover } from "./work/discover.ts";
import { journal } from "./work/journal.ts";
import { sign } from "./work/sign.ts";
import { lockState, verify } from "./work/verify.ts";

export const commandServices: CommandServices = {
  discover,
  lockState,
  trust,
  untrust,
  lock,
  verify,
  journal,
  sign,
  makeKey: makeSigningKey,
};
