/**
 * Defines what a command is. The command line, its help, shell completion, docs/commands.md and
 * spec/schemas/commands are all made from these objects. In `about` and in the `what` of an option,
 * `{bin}`, `{hostName}` and `{prefix}` stand for the host's names.
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
  /** The words that name it on the command line, after the name of the program. */
  readonly path: readonly [string, ...string[]];
  readonly summary: string;
  /** More about it, one sentence per string. */
  readonly about: readonly string[];
  readonly arguments: readonly {
    readonly name: string;
    readonly what: string;
    readonly isOptional?: boolean;
  }[];
  readonly options: Options;
  /** What follows `--`: the words of another command line, which become its operands. */
  readonly rest?: { readonly name: string; readonly what: string };
  /** Exit codes with a meaning of their own here; all commands share the others. */
  readonly exits: { readonly [code: number]: string };
  readonly examples: readonly { readonly line: string; readonly what: string }[];
  /** Whether messages of its refusals begin with its name. */
  readonly namesItself?: true;
  /** What `--json` prints. */
  readonly schema: Schema;
  /** Its file in spec/schemas/commands. Default: the words of `path` except `plugins`. */
  readonly schemaName?: string;
  run(context: Context): Promise<Outcome<Report<Schema>>>;
}

/** Commands that a command line has besides those for plugins. */
export interface FurtherCommands {
  /** The help text of the whole command line. */
  readonly about: string;
  readonly commands: readonly Command[];
}

type Filled = "arguments" | "options" | "exits";

/**
 * Fills in what a command leaves out. The compiler checks that it reads only options that it
 * declares and returns the document of its schema. Every command has `--json` and `--verbose`.
 */
export function defineCommand<
  Schema extends z.ZodType,
  const Declared extends Options = Record<never, never>,
>(
  given: Omit<Command<Schema, CommandContext<Declared>>, Filled> &
    Partial<Pick<Command, Filled>> & { readonly options?: Declared },
): Command {
  const options: Options = { ...given.options, ...optionsOfEvery };
  // Only the command itself knows its options and schema; a list of commands has one type for all.
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
  /** All commands, for a command that describes the command line itself. */
  readonly commands: readonly Command[];
  /** For commands that run until they are stopped and whose output is not a result. */
  readonly stdout: TextStream;
  readonly services: CommandServices;
  readonly host: NamedHost;
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: ByteSource;
  /** Colours for standard output. */
  readonly paint: Paint;
  readonly progress: (step: Progress) => void;
  readonly operands: readonly string[];
  readonly options: OptionValues<Declared>;
}

export interface Outcome<Document = unknown> {
  readonly exitCode: 0 | 1;
  /** The document for `--json`. Only the keys of the schema are printed. */
  readonly document: Document;
  /** Lines for people, without line breaks. */
  readonly lines: readonly string[];
  /** Printed on standard error after `warning: `. */
  readonly warnings?: readonly string[];
  /** Further lines for standard error. */
  readonly notes?: readonly string[];
  /** Whether anything was changed, which has to be said if the result cannot be printed. */
  readonly hasChanged?: boolean;
}

export type HostNames = Pick<NamedHost, "bin" | "hostName" | "prefix">;

/** Inserts a host's names into a string of a command or an option. */
export function named(text: string, host: HostNames): string {
  return text.replaceAll(/\{(bin|hostName|prefix)\}/g, (_, name: keyof typeof host) => host[name]);
}
