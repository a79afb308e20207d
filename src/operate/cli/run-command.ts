/** Runs one command line from its words to its exit code. */
import process from "node:process";
import { isGlassineError } from "../../core/errors/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { expectNode, systemCode } from "../packages/index.ts";
import type { ByteSource, CommandContext, FurtherCommands } from "./command.ts";
import { withHost } from "./command-context.ts";
import type { NamedHost } from "./command-host.ts";
import type { CommandServices } from "./command-services.ts";
import { lineOf } from "./command-table.ts";
import { type Failure, failureFor, refusal } from "./failure.ts";
import { sharedOptions } from "./options.ts";
import { asksForJson, type Parsed, parseArguments } from "./parse-arguments.ts";
import { stepsOfRefusal } from "./print/next-steps.ts";
import { paintFor } from "./print/parts.ts";
import { printable, printableJson, say } from "./print/printable.ts";
import { type TextStream, writeResult, written } from "./process-io.ts";
import { progressLine } from "./progress.ts";
import { texts } from "./texts.ts";

export interface RunInput {
  /** The words after the name of the command. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** Absolute. Default: the process's, read only when it is needed, because it may be gone. */
  readonly cwd?: string;
  readonly stdin: ByteSource;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Which of the streams is a terminal. */
  readonly isTTY: { readonly stdout: boolean; readonly stderr: boolean };
  readonly services: CommandServices;
  readonly host: NamedHost;
  readonly further?: FurtherCommands | undefined;
}

/**
 * Runs a command and returns its exit code: 0 done, 1 a negative finding, 2 a usage error or
 * refusal, 70 an internal error. Never throws.
 */
export async function runCommand(input: RunInput): Promise<number> {
  let parsed: Parsed | undefined;
  /** The plugin that was loaded last. */
  let loaded: string | undefined;
  const progress = progressLine({
    isTerminal: input.isTTY.stderr,
    env: input.env,
    write: (text) => void written(input.stderr, text),
  });
  try {
    const line = lineOf(input.further);
    parsed = parseArguments(input.host, input.argv, line);
    if (parsed.kind === "text") {
      await writeResult(input.stdout, parsed.text);
      return 0;
    }
    if (parsed.kind === "usage") return await misused(input, parsed);
    expectNode();
    const paint = paintFor(input.isTTY.stdout && parsed.options.json !== true, input.env);
    const { services, host, env, cwd = currentDirectory(), stdin, stdout } = input;
    const { command, operands, options } = parsed;
    const ofRun = { services, host, env, cwd, stdin, stdout, paint };
    const given: CommandContext = {
      ...ofRun,
      commands: line.commands,
      operands,
      options,
      progress: (step) => {
        if (step.what === "loading") loaded = step.name;
        progress.show(step);
      },
    };
    const context = command.options.host === sharedOptions.host ? await withHost(given) : given;
    const outcome = await command.run(context);
    const { exitCode, document, lines, warnings = [], notes = [], hasChanged } = outcome;
    progress.end();
    const isJson = options.json === true;
    const result = isJson ? documentText(command.schema.parse(document)) : textOf(lines);
    const complaints = [...warnings.map((text) => `warning: ${printable(text)}`), ...notes];
    await written(input.stderr, textOf(complaints));
    await writeResult(input.stdout, result, hasChanged);
    return exitCode;
  } catch (thrown) {
    progress.end();
    return failed(input, { parsed, loaded }, thrown);
  }
}

/** Fails if another process has removed the directory. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    const text = say`the current directory no longer exists (${systemCode(error)}): change to one that does`;
    throw refusal("io_failed", text);
  }
}

async function misused(
  { argv, stdout, stderr }: RunInput,
  { message, usage }: Parsed & { readonly kind: "usage" },
): Promise<number> {
  await written(stderr, `error: ${message}\n\n${usage}`);
  if (asksForJson(argv))
    await writeResult(stdout, documentText({ error: { code: "usage", message } }));
  return 2;
}

async function failed(
  input: RunInput,
  { parsed, loaded }: { readonly parsed: Parsed | undefined; readonly loaded: string | undefined },
  thrown: unknown,
): Promise<number> {
  const { command, options, usage = "" } = parsed?.kind === "command" ? parsed : {};
  const name = command?.namesItself === true ? command.path.at(-1) : undefined;
  const failure = safeFailureFor(thrown, name);
  const { lead = "", lines, more = [], code, exitCode } = failure;
  const message =
    exitCode === 70 && loaded !== undefined
      ? failure.message + texts.afterLoading(loaded)
      : failure.message;
  // For a refusal, its cause: if the operator's own code failed, it has that code's stack.
  const culprit = exitCode === 70 ? thrown : isGlassineError(thrown) ? thrown.cause : undefined;
  const stack = options?.verbose === true ? stackOf(culprit) : [];
  const steps = isGlassineError(thrown) ? stepsOfRefusal(thrown, input.host) : [];
  const shown = code === "usage" ? ["", usage.trimEnd()] : [];
  const printed = [...(lines ?? [`${lead}${message}`]), ...more, ...steps, ...stack, ...shown];
  await written(input.stderr, textOf(printed));
  if (options?.json !== true) return exitCode;
  try {
    await writeResult(input.stdout, documentText({ error: { code, message } }));
  } catch {
    // Either this failure was just reported, or nothing more can be printed.
  }
  return exitCode;
}

/** Anything can be thrown, and even reading its properties can throw. */
function safeFailureFor(thrown: unknown, name: string | undefined): Failure {
  try {
    return failureFor(thrown, name);
  } catch {
    return { exitCode: 70, code: "internal_error", message: "internal error" };
  }
}

function stackOf(thrown: unknown): readonly string[] {
  try {
    const { stack } = thrown as Error;
    return typeof stack === "string" ? stack.split("\n").map(printable) : [];
  } catch {
    return [];
  }
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function documentText(document: unknown): string {
  return `${printableJson(document, 2)}\n`;
}
