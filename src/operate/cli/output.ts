/** Writing to the streams of a process, each text waited for. A closed pipe is not an error. */
import { refusal } from "./failure.ts";
import { texts } from "./texts.ts";

/** What is needed of `process.stdout` and `process.stderr`. */
export interface TextStream {
  write(text: string, callback: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** What a system says when nobody reads any more. */
const gone: ReadonlySet<string> = new Set(["EPIPE", "ERR_STREAM_DESTROYED", "ECONNRESET"]);

/** Streams whose errors are listened to: an error without a listener ends the process. */
const heard = new WeakSet<TextStream>();

/** Writes to standard output. Throws on every failure but a closed pipe. */
export async function writeResult(stream: TextStream, text: string): Promise<void> {
  const fault = await written(stream, text);
  if (fault !== undefined && !gone.has(fault)) throw refusal("io_failed", texts.output(fault));
}

/** Writes to standard error. Failures are ignored: there is nowhere left to report them. */
export async function writeComplaint(stream: TextStream, text: string): Promise<void> {
  await written(stream, text);
}

/** The code of what went wrong, if something did. */
function written(stream: TextStream, text: string): Promise<string | undefined> {
  if (text === "") return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const settle = (error?: Error | null) => resolve(error ? codeOf(error) : undefined);
    if (!heard.has(stream)) {
      heard.add(stream);
      stream.on("error", () => {});
    }
    try {
      stream.write(text, settle);
    } catch (error) {
      settle(error as Error);
    }
  });
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? "unknown";
}
