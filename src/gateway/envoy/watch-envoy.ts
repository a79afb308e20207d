/** Regularly asks a running Envoy whether it lets something pass unjudged. */
import { setTimeout as pause } from "node:timers/promises";
import { type EnvoyProblem, envoyProblems } from "./envoy-problems.ts";

export interface EnvoyWatchOptions {
  /** The URL of Envoy's admin interface. */
  readonly url: string;
  /** Called when the problems have changed. */
  readonly onChange: (problems: readonly EnvoyProblem[]) => void;
  /** Called once, with a sentence about why. */
  readonly onUnreachable: (why: string) => void;
}

const untilFirstMs = 1000;
const betweenMs = 30_000;

export function watchEnvoy({ url, onChange, onUnreachable }: EnvoyWatchOptions) {
  const stop = new AbortController();
  let problems: readonly EnvoyProblem[] | undefined;
  let isNoted = false;

  async function ask(path: string): Promise<unknown> {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(5000)]);
    const response = await fetch(new URL(path, url), { signal });
    if (!response.ok)
      throw new Error(`Envoy's admin interface answered with status ${response.status}.`);
    return response.json();
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const found = envoyProblems([await ask("/config_dump"), await ask("/runtime?format=json")]);
        if (JSON.stringify(found) !== JSON.stringify(problems)) onChange(found);
        problems = found;
      } catch (error) {
        // Keeps the last known state, so that a restart of Envoy is not a reason to refuse.
        if (!isNoted && !stop.signal.aborted) onUnreachable(reasonOf(error));
        isNoted = true;
      }
      const ms = problems === undefined ? untilFirstMs : betweenMs;
      // Ends early on `close`, and does not keep the process alive.
      await pause(ms, undefined, { signal: stop.signal, ref: false }).catch(() => {});
    }
  }

  void watch();
  return {
    /** Returns what is wrong now; undefined until Envoy has answered once. */
    problems: () => problems,
    close: () => stop.abort(),
  };
}

/** The reason of `fetch` is the cause of its error. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? message : `It could not be reached: ${code}.`;
}
