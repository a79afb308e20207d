/** Runs one command line from its words to its exit code. */
import process from "node:process";
import type { Environment } from "../../core/plugins/index.ts";
import { asksForJson } from "./check-arguments.ts";
import type { ByteSource, CommandContext, Handler, Outcome } from "./command-context.ts";
import type { NamedHost } from "./command-host.ts";
import type { CommandName } from "./command-table.ts";
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
import { refusal, type Told, tell } from "./failure.ts";
import { type TextStream, writeComplaint, writeResult } from "./output.ts";
import { type Parsed, parseArguments, usageFor } from "./parse-arguments.ts";
import { paintFor } from "./print/paint.ts";
import { printable, printableJson } from "./print/printable.ts";
import { progressLine } from "./progress.ts";
import type { CommandServices } from "./services.ts";
import { texts } from "./texts.ts";

/** What a command line is run with. */
export interface RunInput {
  /** The words behind the name of the command. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** Absolute. Default: the process's, which may be gone: it is asked for where it is needed. */
  readonly cwd?: string;
  readonly stdin: ByteSource;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Which of the streams is a terminal. */
  readonly isTTY: { readonly stdout: boolean; readonly stderr: boolean };
  readonly services: CommandServices;
  readonly host: NamedHost;
}

const handlers: Readonly<Record<CommandName, Handler>> = {
  ...{ list, describe, search, enable, disable, pluginsDoctor },
  ...{ trust, untrust, verify, lock, sign, keygen, doctor, journal, completion },
};

/**
 * Runs a command and says how it ended: 0 done, 1 a negative finding, 2 a usage error or refusal,
 * 70 an internal error. Never throws.
 */
export async function runCommand(input: RunInput): Promise<number> {
  const state: { parsed: Parsed | undefined } = { parsed: undefined };
  const progress = progressLine({
    isTerminal: input.isTTY.stderr,
    env: input.env,
    write: (text) => void writeComplaint(input.stderr, text),
    now: () => performance.now(),
  });
  try {
    const parsed = parseArguments(input.host, input.argv);
    state.parsed = parsed;
    if (parsed.kind === "text") {
      await writeResult(input.stdout, parsed.text);
      return 0;
    }
    if (parsed.kind === "usage") return await misused(input, parsed);
    const paint = paintFor(input.isTTY.stdout && parsed.options.json !== true, input.env);
    const { services, host, env, cwd = currentDirectory(), stdin } = input;
    const { operands, options } = parsed;
    const scene = { services, host, env, cwd, stdin, paint, operands, options };
    const context: CommandContext = { ...scene, progress: progress.show };
    const outcome = await handlers[parsed.name](context);
    progress.end();
    await publish(input, parsed.options.json === true, outcome);
    return outcome.exitCode;
  } catch (thrown) {
    progress.end();
    return failed(input, state.parsed, thrown);
  }
}

/** Another process may have removed it: then it has no name any more. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw refusal("io_failed", texts.noDirectory(code));
  }
}

async function publish(input: RunInput, json: boolean, outcome: Outcome): Promise<void> {
  const { document, lines, warnings = [], notes = [] } = outcome;
  const text = json ? documentText(document) : lines.map((line) => `${line}\n`).join("");
  const complaints = [...warnings.map((text) => `warning: ${printable(text)}`), ...notes];
  await writeComplaint(input.stderr, complaints.map((line) => `${line}\n`).join(""));
  await writeResult(input.stdout, text);
}

async function misused(
  { argv, stdout, stderr }: RunInput,
  { message, usage }: Parsed & { readonly kind: "usage" },
): Promise<number> {
  await writeComplaint(stderr, `error: ${message}\n\n${usage}`);
  if (asksForJson(argv))
    await writeResult(stdout, documentText({ error: { code: "usage", message } }));
  return 2;
}

async function failed(
  input: RunInput,
  parsed: Parsed | undefined,
  thrown: unknown,
): Promise<number> {
  const { name, options } = parsed?.kind === "command" ? parsed : {};
  const told = toldOf(thrown, name);
  const { lead = "", message, more = [], code, exitCode } = told;
  const stack = exitCode === 70 && options?.verbose === true ? stackOf(thrown) : [];
  const usage = code === "usage" ? ["", usageFor(input.host, input.argv).trimEnd()] : [];
  const lines = [`${lead}${message}`, ...more, ...stack, ...usage];
  await writeComplaint(input.stderr, lines.map((line) => `${line}\n`).join(""));
  if (options?.json !== true) return exitCode;
  try {
    await writeResult(input.stdout, documentText({ error: { code, message } }));
  } catch {
    // That output fails was told already, or is all that is left to say.
  }
  return exitCode;
}

/** What was thrown can be anything, and even asking it can throw. */
function toldOf(thrown: unknown, name: CommandName | undefined): Told {
  try {
    return tell(thrown, name);
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

function documentText(document: unknown): string {
  return `${printableJson(document, 2)}\n`;
}
