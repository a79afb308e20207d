/** What a plugin's code printed last, for the reason why it ended while it was loaded. */
import { GlassineError, isGlassineError } from "../../core/errors/index.ts";
import { redactText } from "../../core/observe/index.ts";
import { secretsOf } from "../../core/plugins/index.ts";
import { linesTo } from "./lines.ts";

/** How much of a line is searched for secrets. What is shown of it is shorter. */
const maxSearched = 2_000;

/** Lines that alone say nothing: blank ones, the stack under an error, and Node's version at the end. */
const beside = /^$|^[\s}-]|^\d+: 0x|^Node\.js v\d/;

/**
 * Has `start` load a plugin's code, with a receiver of what that prints. If the code ends meanwhile,
 * adds to the error the last line that says something, without values of `config`.
 */
export async function withLastPrinted<Started>(
  { config, onOutput }: { config: unknown; onOutput: ((text: string) => void) | undefined },
  start: (onOutput: (text: string) => void) => Promise<Started>,
): Promise<Started> {
  let last = "";
  // Only what it prints while it starts can say why it did not.
  let isStarting = true;
  const take = linesTo(
    (line) => {
      if (!beside.test(line)) last = line.slice(0, maxSearched).trimEnd();
    },
    () => {},
  );
  try {
    return await start((text) => {
      if (isStarting) take(text);
      onOutput?.(text);
    });
  } catch (error) {
    // The last line may not have ended.
    take("\n");
    const shown = redactText(last, secretsOf(config));
    if (shown === "" || !isGlassineError(error) || error.code !== "plugin_ended") throw error;
    const { code, message, data } = error;
    throw new GlassineError(code, `${message} Its last output: ${shown}`, data, error);
  } finally {
    isStarting = false;
  }
}
