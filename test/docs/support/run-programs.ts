/**
 * Runs compiled programs one after the other and prints their outputs as JSON. Runs in a separate
 * process: `node run-programs.js FILE…`.
 */
import process from "node:process";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

/** The outcome of one program. */
export interface ProgramResult {
  readonly output: string;
  readonly error?: string;
}

const results: ProgramResult[] = [];
for (const file of process.argv.slice(2)) {
  const printed: string[] = [];
  console.log = (...values: unknown[]) => {
    printed.push(format(...values));
  };
  try {
    await import(pathToFileURL(file).href);
    results.push({ output: printed.join("\n") });
  } catch (error) {
    results.push({ output: printed.join("\n"), error: String(error) });
  }
}
process.stdout.write(JSON.stringify(results));
