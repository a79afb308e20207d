/** Starts the Python of a virtual environment, and reads YAML with it. */
import { attempt, isRecord, within } from "../../../core/data/index.ts";
import { GlassineError } from "../../../core/errors/index.ts";
import { expectAccepted } from "../isolate-plugin.ts";
import type { Opening } from "../kinds.ts";
import { withLastPrinted } from "../last-printed.ts";
import { processLink } from "../process-link.ts";
import { pluginEnded } from "../protocol.ts";
import { confined, type ProgramOptions, platformOf, unconfined } from "../sandbox.ts";
import { type StartLink, startLink } from "../supervisor.ts";
import type { Venv } from "./wheels.ts";

interface PythonOptions extends Omit<ProgramOptions, "argv"> {
  readonly venv: Venv;
  readonly accept: readonly Opening[];
  /** Whether it reads only sources, and no bytecode that was compiled earlier. */
  readonly sourcesOnly: boolean;
}

export type Python = Awaited<ReturnType<typeof pythonOf>>;

/**
 * @param options `readable`: what it may read besides its environment
 * @throws GlassineError `isolation_refused`
 */
export async function pythonOf(options: PythonOptions) {
  const { venv, accept, readable, network, memoryMb, sourcesOnly } = options;
  const { open, why } = await platformOf();
  // Python has no permission model: without namespaces, nothing restricts file access.
  const found: readonly Opening[] = why === undefined ? open : [...open, "files"];
  expectAccepted(found, network ? [...accept, "network"] : accept, why);
  const program = { readable: [...venv.readable, ...readable], network, memoryMb };
  const place = why === undefined ? confined : unconfined;
  return {
    /** What its code can do although it should not, or because the operator allowed it. */
    open: [...new Set(network ? [...found, "network" as const] : found)],
    /** Starts it with arguments. `onOutput` receives its standard error. */
    run: (args: readonly string[], onOutput: (text: string) => void): StartLink => {
      const cache = sourcesOnly ? ["-X", "pycache_prefix=/none"] : [];
      // Without the host's environment and the user's own packages, and without writing bytecode.
      const argv = [venv.python, "-I", "-B", "-X", "utf8", ...cache, ...args];
      return processLink(place({ ...program, argv }), onOutput);
    },
  };
}

// The text of an error of YAML quotes the lines around it, which may have secrets, and a value that
// begins with a mark of YAML's is quoted as a name.
const script = `
import json, re, sys
given = json.loads(sys.stdin.readline())
try:
    import yaml
    text = given["text"]
    if given.get("env") is not None:
        import jinja2.sandbox
        text = jinja2.sandbox.SandboxedEnvironment(autoescape=True).from_string(text).render(env=given["env"])
    print(json.dumps({"document": yaml.safe_load(text)}, default=str, allow_nan=False))
except Exception as error:
    said = str(error)
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        problem = re.sub(r"\\b(alias|anchor|handle|tag) '.*", r"\\1", str(error.problem))
        said = f"{problem} at line {mark.line + 1}, column {mark.column + 1}"
    print(json.dumps({"error": " ".join(said.split())}))
`;

/**
 * Reads a YAML document as JSON data. With `env`, the text is first rendered as a Jinja template,
 * like CPEX's own configuration.
 *
 * @throws GlassineError `plugin_isolation_failed`, `plugin_ended`
 */
export async function readYaml(
  { run }: Python,
  given: { readonly text: string; readonly env?: Readonly<Record<string, string>> },
  {
    what,
    timeoutMs,
    onOutput,
  }: { what: string; timeoutMs: number; onOutput: (text: string) => void },
): Promise<unknown> {
  let stop = () => {};
  const answer = (onOutput: (text: string) => void) =>
    new Promise<string>((resolve, reject) => {
      const onEnd = (why: string) => reject(pluginEnded(why));
      const { send, kill } = startLink(run(["-c", script], onOutput), { onLine: resolve, onEnd });
      stop = kill;
      send(JSON.stringify(given));
    });
  const printing = { config: given.env, onOutput };
  const end = await within(timeoutMs, () => withLastPrinted(printing, answer));
  stop();
  if (end.how === "timeout") throw pluginEnded(`did not read ${what} in ${timeoutMs} ms`);
  if (end.how === "threw") throw end.value;
  const read: unknown = attempt(() => JSON.parse(end.value));
  if (isRecord(read) && Object.hasOwn(read, "document")) return read.document;
  // Such as a .pth file or a sitecustomize of the environment.
  const otherwise = "Python printed something else first, so something of its environment prints";
  const why = isRecord(read) && typeof read.error === "string" ? read.error : otherwise;
  throw new GlassineError("plugin_isolation_failed", `${what} cannot be read: ${why}`);
}
