/** The kinds of isolation, and what each promises about the code inside. */
import { optionsInvalid } from "../../core/errors/index.ts";

/** What a plugin's code can still do if the platform does not stop it. */
export const openings = {
  network: "open network connections, and talk to programs of this machine through their sockets",
  signals: "end the host and other processes of its account",
  memory: "take more memory than its limit",
  files: "read and write the files of its account, and start programs",
} as const;

/** What an operator can accept, by name. */
export type Opening = keyof typeof openings;

export const openingNames = Object.keys(openings) as readonly Opening[];

export function isOpening(name: string): name is Opening {
  return Object.hasOwn(openings, name);
}

/** For operators. The weakest comes first: a host may use a later one than plugins.lock says. */
export const kinds = {
  worker:
    "A thread of the host. Loops, errors and most crashes end the thread but not the host. It is not a sandbox: its code can read files, open connections, start programs, and end the host, for example by allocating too much.",
  process:
    "A process of its own. It reads its own files and those of the library, and nothing else: no writing, no network, no programs, no threads, no environment. Its code is stopped if it blocks past its deadline, and its heap cannot outgrow its limit.",
  quickjs:
    "An engine of its own, in a thread. It has pure functions and nothing else: no files, no network, no timers, no process, no environment, no packages. Its code is stopped if it blocks past its deadline, and cannot take more memory than its limit.",
} as const;

/** What `process` means for a guest: Python has no permission model that could refuse programs. */
export const guestProcess =
  "A process of its own. It reads its environment and the system's libraries and programs, and nothing else: no writing, no network, no environment variables. It can start these programs, and any number of processes, which end with it. Its code is stopped if it blocks past its deadline, and each of its processes has a limit of memory.";

/** Where the code of a plugin runs, if not in the host. */
export type Isolation = keyof typeof kinds;

export const isolations = Object.keys(kinds) as readonly Isolation[];

export function isIsolation(name: string): name is Isolation {
  return (isolations as readonly string[]).includes(name);
}

/**
 * Refuses openings that were accepted for another kind than `process`. `place` begins the message.
 *
 * @throws GlassineError `options_invalid`
 */
export function expectForProcess(accept: readonly Opening[], isolate: Isolation, place = ""): void {
  if (accept.length === 0 || isolate === "process") return;
  throw optionsInvalid(
    `${place}accept needs the kind process: no other depends on what this machine can prevent.`,
  );
}
