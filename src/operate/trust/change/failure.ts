import { GlassineError, isGlassineError } from "../../../core/errors/index.ts";
import { printable } from "../printable.ts";

/** What the system says of a refusal, such as `ENOSPC`; `undefined` for any other error. */
export function systemCode(error: unknown): string | undefined {
  const isCoded = error instanceof Error && "code" in error && typeof error.code === "string";
  return isCoded ? (error.code as string) : undefined;
}

/**
 * Does one thing to a file. What the system refuses becomes an error that names the file.
 *
 * @param doing in the infinitive: `write`
 * @throws GlassineError `lockfile_failed` with the system's code as `data.systemCode`
 */
export async function onFile<T>(path: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = systemCode(error);
    if (isGlassineError(error) || code === undefined) throw error;
    const why = systemMessage(error as Error, code);
    throw lockfileFailed(path, (shown) => `Cannot ${doing} ${shown}: ${why}.`, error);
  }
}

/** `describe` returns the message for a path that is safe to print. */
export function lockfileFailed(
  path: string,
  describe: (shown: string) => string,
  cause?: unknown,
): GlassineError {
  const code = systemCode(isGlassineError(cause) ? cause.cause : cause);
  const data = { path, ...(code === undefined ? {} : { systemCode: code }) };
  return new GlassineError("lockfile_failed", describe(printable(path)), data, cause);
}

/** `ENOSPC: no space left on device`, without the call and the paths behind it. */
function systemMessage({ message }: Error, code: string): string {
  const [words = ""] = message.replace(`${code}: `, "").split(/, \w+|\n/);
  return `${code}: ${words.replace(/\.$/, "")}`;
}
