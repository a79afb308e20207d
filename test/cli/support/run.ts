/** Runs a command line in this process, against services that a test provides. */
import { fileURLToPath } from "node:url";
import { type CommandHost, readCommandHost } from "../../../src/operate/cli/command-host.ts";
import type { CommandServices } from "../../../src/operate/cli/command-services.ts";
import type { TextStream } from "../../../src/operate/cli/process-io.ts";
import { type RunInput, runCommand } from "../../../src/operate/cli/run-command.ts";
import { expectDocument } from "./expect-document.ts";
import { report } from "./facts.ts";

/** The services of the real command. */
export { commandServices } from "../../../src/operate/cli/command-services.ts";

export const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
export const catalogPath = `${fixtures}catalog.json`;

export const glassine: CommandHost = { bin: "glassine" };

/** Services that refuse to be called, except `discover` and `journalState`, which find nothing. */
const noServices: CommandServices = {
  discover: ({ mode }) => Promise.resolve(report({ mode })),
  journalState: () =>
    Promise.resolve({
      journal_fault: null,
      journal_problems: [],
      journal_problem_count: 0,
      pending: false,
    }),
  trust: notExpected("trust"),
  untrust: notExpected("untrust"),
  lock: notExpected("lock"),
  verify: notExpected("verify"),
  journal: notExpected("journal"),
  makeKey: notExpected("makeKey"),
  sign: notExpected("sign"),
};

function notExpected(name: string): () => Promise<never> {
  return () => Promise.reject(new Error(`${name} was not to be called`));
}

export interface RunOptions {
  readonly services?: Partial<CommandServices>;
  readonly host?: Partial<CommandHost>;
  readonly env?: RunInput["env"];
  readonly cwd?: string;
  readonly stdin?: readonly (string | Uint8Array)[];
  readonly isTTY?: Partial<RunInput["isTTY"]>;
  readonly stdout?: TextStream;
  readonly further?: RunInput["further"];
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `glassine ARGV…`. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const stdout = sink();
  const stderr = sink();
  const { services = {}, host = {}, env = {}, cwd = fixtures, stdin = [], isTTY = {} } = options;
  const code = await runCommand({
    argv,
    env,
    cwd,
    stdin: chunks(stdin),
    stdout: options.stdout ?? stdout,
    stderr,
    isTTY: { stdout: false, stderr: false, ...isTTY },
    services: { ...noServices, ...services },
    host: readCommandHost({ ...glassine, ...host }),
    further: options.further,
  });
  const asksForDocument = optionsOf(argv).includes("--json") && options.stdout === undefined;
  if (asksForDocument) expectDocument(argv, documentOf(stdout.text()));
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

const optionsOf = (argv: readonly string[]) =>
  argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;

/** Runs it with `--json`, and reads the one document that it prints. */
export async function runJson(argv: readonly string[], options: RunOptions = {}) {
  const ended = await run([...argv, "--json"], options);
  return { ...ended, document: documentOf(ended.stdout) };
}

/** Parses one JSON document, which must end with a line feed. */
// biome-ignore lint/suspicious/noExplicitAny: tests read any part of it.
export function documentOf(text: string): any {
  if (!text.endsWith("\n")) throw new Error(`No line feed at the end: ${text}`);
  return JSON.parse(text);
}

/** The lines of a string that ends with a line feed. */
export function linesOf(text: string): readonly string[] {
  if (text === "") return [];
  if (!text.endsWith("\n")) throw new Error(`No line feed at the end: ${text}`);
  return text.slice(0, -1).split("\n");
}

function sink(): TextStream & { readonly text: () => string } {
  let text = "";
  return {
    write(chunk, done) {
      text += chunk;
      done();
      return true;
    },
    on: () => {},
    text: () => text,
  };
}

async function* chunks(parts: readonly (string | Uint8Array)[]) {
  for (const part of parts) yield part;
}
