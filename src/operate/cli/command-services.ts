/** The services behind the commands: discovery, the lockfile, signatures. */
import { makeSigningKey } from "../trust/index.ts";
import { trust, untrust } from "./work/change-trust.ts";
import { discover } from "./work/discover.ts";
import { lock } from "./work/lock.ts";
import { sign } from "./work/sign.ts";
import { journal, journalState, verify } from "./work/verify.ts";

/** Services throw a `GlassineError`, or a `refusal` whose message the command line words itself. */
export const commandServices = {
  discover,
  journalState,
  trust,
  untrust,
  lock,
  verify,
  journal,
  sign,
  makeKey: makeSigningKey,
};

export type CommandServices = typeof commandServices;
