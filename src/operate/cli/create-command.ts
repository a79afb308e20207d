/** A command line over the services of this package, under the names of a host. */
import process from "node:process";
import type { FurtherCommands } from "./command.ts";
import { type CommandHost, readCommandHost } from "./command-host.ts";
import { commandServices } from "./command-services.ts";
import { hearFailures, keepExit, keepStdout, runToEnd } from "./process-io.ts";
import { type RunInput, runCommand } from "./run-command.ts";

/** What a run uses in place of the process's own. */
export type CommandIo = Partial<Omit<RunInput, "argv" | "services" | "host" | "further">>;

/** A command line of a host. */
export interface HostCommand {
  /**
   * Runs one command and says how it ended: 0 done, 1 a negative finding, 2 a usage error or
   * refusal, 70 an internal error. Never throws. Plugins that it loads stay in the process.
   */
  readonly run: (argv: readonly string[], io?: CommandIo) => Promise<number>;
  /** Runs the command of this process, and ends the process. What the file of a `bin` calls. */
  readonly main: () => Promise<never>;
}

/**
 * Makes a command line with the commands `plugins …` and `doctor` for a host, under its names.
 *
 * Its messages, settings and the field of `package.json` that names plugins follow `hostName` and
 * `prefix`. The catalog of `search` and `enable` is that of the host, and empty without one.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `cli:exit-codes`, `cli:own-names`
 * @example
 * ```ts
 * import { createCommand } from "glassine/node";
 *
 * const command = createCommand({ bin: "memory-node", hostName: "stigmem", prefix: "STIGMEM_" });
 * const lines: string[] = [];
 * const stdout = {
 *   write(text: string, done: () => void) {
 *     lines.push(text);
 *     done();
 *     return true;
 *   },
 *   on: () => {},
 * };
 * const exitCode = await command.run(["plugins", "search", "tenant"], { stdout, stderr: stdout });
 * console.log(exitCode, lines.at(-1)?.trim()); // 0 No catalog matches for 'tenant'.
 * ```
 */
export function createCommand(host: CommandHost): HostCommand {
  return commandLine(host);
}

/**
 * The same with further commands.
 *
 * @internal
 */
export function commandLine(host: CommandHost, further?: FurtherCommands): HostCommand {
  const named = readCommandHost(host);
  const run: HostCommand["run"] = (argv, io = {}) => {
    const { env, stdin, stdout, stderr } = process;
    const isTTY = { stdout: stdout.isTTY === true, stderr: stderr.isTTY === true };
    const own = { argv, host: named, services: commandServices, further };
    return runCommand({ env, stdin, stdout, stderr, isTTY, ...io, ...own });
  };
  return Object.freeze({
    run,
    main: () => {
      const stdout = keepStdout();
      const exit = keepExit();
      hearFailures();
      return runToEnd(() => run(process.argv.slice(2), { stdout }), exit);
    },
  });
}
