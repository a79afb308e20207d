/** Every command, in the order of the help. ARCHITECTURE.md says how to add one. */
import type { Command, FurtherCommands } from "./command.ts";
import { completion } from "./commands/completion.ts";
import { describe } from "./commands/describe.ts";
import { doctor, pluginsDoctor } from "./commands/doctor.ts";
import { disable, enable } from "./commands/enable.ts";
import { journal } from "./commands/journal.ts";
import { keygen } from "./commands/keygen.ts";
import { list } from "./commands/list.ts";
import { lock } from "./commands/lock.ts";
import { search } from "./commands/search.ts";
import { sign } from "./commands/sign.ts";
import { trust } from "./commands/trust.ts";
import { untrust } from "./commands/untrust.ts";
import { verify } from "./commands/verify.ts";

const commands: readonly Command[] = [
  list,
  describe,
  search,
  enable,
  disable,
  pluginsDoctor,
  trust,
  untrust,
  verify,
  journal,
  lock,
  sign,
  keygen,
  doctor,
  completion,
];

/** Returns a whole command line: its help text and all its commands. */
export function lineOf(further: FurtherCommands | undefined): FurtherCommands {
  if (further === undefined)
    return {
      about: "Manage which plugins may run in {hostName}, and check their state.",
      commands,
    };
  return { about: further.about, commands: [...further.commands, ...commands] };
}
