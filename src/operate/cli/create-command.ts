/** A command line for the services of this package, under a host's names. */
import process from "node:process";
import type { FurtherCommands } from "./command.ts";
import { type CommandHost, readCommandHost } from "./command-host.ts";
import { commandServices } from "./command-services.ts";
import { hearFailures, keepExit, keepStdout, runToEnd } from "./process-io.ts";
import { type RunInput, runCommand } from "./run-command.ts";

/** What a run uses instead of the process's own streams, environment and directory. */
export type CommandIo = Partial<Omit<RunInput, "argv" | "services" | "host" | "further">>;

/** A host's command line. */
export interface HostCommand {
  /**
   * Runs one command and returns its exit code: 0 done, 1 a negative finding, 2 a usage error or
   * refusal, 70 an internal error. Never throws. Plugins that it loads stay in the process.
   */
  readonly run: (argv: readonly string[], io?: CommandIo) => Promise<number>;
  /** Runs the command line of this process, then ends the process. For the file of a `bin`. */
  readonly main: () => Promise<never>;
}

/**
 * Creates a command line for a host, under its names, with the commands `plugins …` and `doctor`.
 *
 * The host's profile determines its messages, its settings and the `package.json` field that
 * names plugins. `search` and `enable` use the host's catalog, which is empty by default.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `cli:exit-codes`, `cli:own-names`
 * @example
 * ```ts
 * import { memoryNode } from "glassine/memory-node";
 * import { createCommand } from "glassine/node";
 *
 * const command = createCommand({ bin: "memory-node", host: memoryNode });
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
 * Like `createCommand`, with further commands.
 *
 * @internal
 */
export function commandLine(host: CommandHost, further?: FurtherCommands): HostCommand {
  const named = readCommandHost(host);
  const run: HostCommand["run"] = (argv, io = {}) => {
    const { env, stdin, stdout, stderr } = process;
    // A stream of the host's own is no terminal, even if the process has one.
    const isTTY = {
      stdout: io.stdout === undefined && stdout.isTTY === true,
      stderr: io.stderr === undefined && stderr.isTTY === true,
    };
    const own = { argv, host: named, services: commandServices, further };
    return runCommand({ env, stdin, stdout, stderr, isTTY, ...io, ...own });
  };
  return Object.freeze({
    run,
    main: () => {
      const isTTY = {
        stdout: process.stdout.isTTY === true,
        stderr: process.stderr.isTTY === true,
      };
      const stdout = keepStdout();
      const exit = keepExit();
      hearFailures();
      return runToEnd(() => run(process.argv.slice(2), { stdout, isTTY }), exit);
    },
  });
}
