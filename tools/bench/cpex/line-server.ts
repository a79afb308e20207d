/** Runs a program that answers each line of JSON with one line of JSON. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface LineServer {
  /**
   * Sends a line and resolves to the answer. Answers come in the order of the questions.
   *
   * @throws Error for `{ "error": text }`, for a line that is not a JSON object, and if the program
   *   has ended
   */
  readonly ask: (question: object) => Promise<Readonly<Record<string, unknown>>>;
  /** Closes the program's input, which makes it exit. */
  readonly end: () => void;
}

interface Waiting {
  readonly resolve: (answer: Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the program. Its standard error output is passed through. */
export function startLineServer(command: string, args: readonly string[]): LineServer {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: Waiting[] = [];
  let ended: Error | undefined;

  const fail = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { resolve, reject } = waiting.shift() ?? {};
    try {
      resolve?.(readAnswer(line));
    } catch (error) {
      reject?.(error as Error);
    }
  });
  child.on("error", (error) => fail(new Error(`${command} did not start: ${error.message}`)));
  child.on("close", (code) => fail(new Error(`${command} has ended, with ${code ?? "a signal"}.`)));
  // A program that exits early is reported by "close".
  child.stdin.on("error", () => {});

  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended);
          return;
        }
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(question)}\n`);
      }),
    end: () => child.stdin.end(),
  };
}

function readAnswer(line: string): Readonly<Record<string, unknown>> {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    answer = undefined;
  }
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    throw new Error(`Expected a line with a JSON object, got ${JSON.stringify(line)}.`);
  }
  const { error } = answer as { readonly error?: unknown };
  if (error !== undefined) throw new Error(String(error));
  return answer as Readonly<Record<string, unknown>>;
}
