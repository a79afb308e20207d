import process from "node:process";
import { parseArgs } from "node:util";

/**
 * Reads the command line with `parseArgs`. If that throws, ends the process with one line that
 * says which arguments the script takes.
 */
export function readArguments(config, takes) {
  try {
    return parseArgs(config);
  } catch (error) {
    const [problem] = error.message.split(/\.\s|\.?$|\n/);
    refuse(`${problem}. It takes ${takes}.`);
  }
}

/** Ends the process with a message about how the script was called. */
export function refuse(message) {
  console.error(message);
  process.exit(2);
}
