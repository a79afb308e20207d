/** What an operator reads where a gateway does not start. */
import { printable, refusal } from "../../operate/cli/index.ts";
import { ChildFailure } from "../ends/index.ts";

/** A refusal where the command of a server is at fault, which is no bug; otherwise `error` itself. */
export function startFault(error: unknown): unknown {
  return error instanceof ChildFailure ? refusal("io_failed", printable(error.message)) : error;
}
