/** What a plugin's code printed last, for the reason why it ended while it was loaded. */
import { redactText } from "../../core/observe/index.ts";
import { linesTo } from "./lines.ts";

/** How much of a line is searched for secrets. What is shown of it is shorter. */
const maxSearched = 2_000;

/** Lines that alone say nothing: blank ones, the stack under an error, and Node's version at the end. */
const beside = /^$|^[\s}-]|^\d+: 0x|^Node\.js v\d/;

export function lastPrinted() {
  let last = "";
  const take = linesTo(
    (line) => {
      if (!beside.test(line)) last = line.slice(0, maxSearched).trimEnd();
    },
    () => {},
  );
  return {
    take,
    /** Returns the last line that says something, fit to be shown; `""` if there is none. */
    read(secrets: readonly string[]): string {
      // The last line may not have ended.
      take("\n");
      return redactText(last, secrets);
    },
  };
}
