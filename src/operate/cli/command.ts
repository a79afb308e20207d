/**
 * What a command is. The command line, its help, shell completion, docs/commands.md and
 * spec/schemas/commands are all made of these objects. In their strings `{bin}`, `{hostName}` and
 * `{prefix}` stand for the names of the host.
 */
import type * as z from "zod";
import type { Environment } from "../../core/plugins/index.ts";
import type { NamedHost } from "./command-host.ts";
import type { CommandServices } from "./command-services.ts";
import type { Report } from "./documents.ts";
import { type Options, type OptionValues, optionsOfEvery, type sharedOptions } from "./options.ts";
import type { Paint } from "./print/parts.ts";
import type { TextStream } from "./process-io.ts";
import type { Progress } from "./progress.ts";

export interface Command<Schema extends z.ZodType = z.ZodType, Context = CommandContext> {
  /** The words after the name of the command line. */
  readonly path: readonly [string, ...string[]];
  readonly summary: string;
  /** More about it, a sentence each. */
  readonly about: readonly string[];
  readonly arguments: readonly {
    readonly name: string;
    readonly what: string;
    readonly isOptional?: boolean;
  }[];
  readonly options: Options;
  /** What stands behind `--`: the words of another command line, which are its operands. */
  readonly rest?: { readonly name: string; readonly what: string };
  /** Exit codes with a meaning of their own; all commands share the others. */
  readonly exits: { readonly [code: number]: string };
  readonly examples: readonly { readonly line: string; readonly what: string }[];
  /** Its refusals begin with its name. */
  readonly namesItself?: true;
  /** What `--json` prints. */
  readonly schema: Schema;
  /** Of its file in spec/schemas/commands. Default: the words of `path` other than `plugins`. */
  readonly schemaName?: string;
  run(context: Context): Promise<Outcome<Report<Schema>>>;
}

/** The commands of a line beyond those for plugins. */
export interface FurtherCommands {
  /** What the help of the whole line says. */
  readonly about: string;
  readonly commands: readonly Command[];
}

type Filled = "arguments" | "options" | "exits";

/**
 * Checks that a command reads the options that it declares and returns the document that its schema
 * describes, and fills in what it leaves out. Every command has `--json` and `--verbose`.
 */
export function defineCommand<
  Schema extends z.ZodType,
  const Declared extends Options = Record<never, never>,
>(
  given: Omit<Command<Schema, CommandContext<Declared>>, Filled> &
    Partial<Pick<Command, Filled>> & { readonly options?: Declared },
): Command {
  const options: Options = { ...given.options, ...optionsOfEvery };
  // In a list of commands only the command itself knows its options and what its schema reads.
  return { arguments: [], exits: {}, ...given, options } as unknown as Command;
}

export const exitCodes = {
  0: "done",
  1: "a negative finding",
  2: "a usage error or a refusal; nothing was changed, unless the message says so",
  70: "an internal error",
} as const;

/** Where a key can be read from. */
export type ByteSource = AsyncIterable<Uint8Array | string>;

export interface CommandContext<Declared extends Options = typeof sharedOptions> {
  /** All commands, for those that describe the command line itself. */
  readonly commands: readonly Command[];
  /** For a command that runs until it is stopped, and whose output is no result. */
  readonly stdout: TextStream;
  readonly services: CommandServices;
  readonly host: NamedHost;
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: ByteSource;
  /** Of standard output. */
  readonly paint: Paint;
  readonly progress: (step: Progress) => void;
  readonly operands: readonly string[];
  readonly options: OptionValues<Declared>;
}

export interface Outcome<Document = unknown> {
  readonly exitCode: 0 | 1;
  /** For `--json`. Only the keys of the schema are printed. */
  readonly document: Document;
  /** For people, without line ends. */
  readonly lines: readonly string[];
  /** Printed on standard error after `warning: `. */
  readonly warnings?: readonly string[];
  /** Further lines for standard error. */
  readonly notes?: readonly string[];
}

/** Puts the names of a host into a string of a command or an option. */
export function named(
  text: string,
  host: { readonly bin: string; readonly hostName: string; readonly prefix: string },
): string {
  return text.replaceAll(/\{(bin|hostName|prefix)\}/g, (_, name: keyof typeof host) => host[name]);
}
