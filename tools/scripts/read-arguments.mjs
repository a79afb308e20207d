import process from "node:process";
import { parseArgs } from "node:util";

/**
 * What is on the command line, by `parseArgs`. What that refuses ends the process with one line
 * that says what the script takes.
 */
export function readArguments(config, takes) {
  try {
    return parseArgs(config);
  } catch (error) {
    const [problem] = error.message.split(/\.\s|\.?$|\n/);
    refuse(`${problem}. It takes ${takes}.`);
  }
}

/** Ends the process because of how the script was called. */
export function refuse(message) {
  console.error(message);
  process.exit(2);
}
