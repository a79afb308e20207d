/**
 * What CPEX's worker accepts and answers: one JSON document per line. Source: the module
 * `cpex.framework.isolated.worker` of the Python package `cpex` 0.1.4.
 */
import * as z from "zod/mini";
import { maxOtherUnits, sizeFault } from "../result-size.ts";

/** The version of its protocol that this library speaks. */
export const workerProtocol = 1;

/**
 * The worker's features that a host needs: without them, a plugin would run but could neither see
 * nor change extensions. A plugin of this library in the worker's place has the same ones, and
 * not `credential`, because it can have no hook that takes a credential.
 */
export const neededFeatures: readonly string[] = ["extensions", "modified_extensions"];

/**
 * The worker's limit on characters per line; it answers a longer one without the request's id. A
 * line never has more characters than UTF-16 units, which are counted here.
 */
export const maxTaskUnits = 10_000_000;

/** The hooks that both its framework and the standard host have, under the same names. */
export const cpexHooks: readonly string[] = [
  "evaluate",
  "cmf.llm_input",
  "cmf.llm_output",
  "cmf.tool_pre_invoke",
  "cmf.tool_post_invoke",
  "cmf.prompt_pre_fetch",
  "cmf.prompt_post_fetch",
  "cmf.resource_pre_fetch",
  "cmf.resource_post_fetch",
  "tool_pre_invoke",
  "tool_post_invoke",
  "prompt_pre_fetch",
  "prompt_post_fetch",
  "resource_pre_fetch",
  "resource_post_fetch",
  "agent_pre_invoke",
  "agent_post_invoke",
];

/**
 * The Python arguments that start the worker. Hooks on messages exist only once their module is
 * loaded, which the worker does not do itself.
 */
export function workerArgs(hooks: readonly string[]): readonly string[] {
  const worker = "cpex.framework.isolated.worker";
  if (!hooks.some((hook) => hook === "evaluate" || hook.startsWith("cmf."))) return ["-m", worker];
  const start = `import cpex.framework.hooks.message, runpy; runpy.run_module("${worker}", run_name="__main__", alter_sys=True)`;
  return ["-c", start];
}

/** The capabilities that the worker knows. With any other, it refuses every task. */
export const cpexCapabilities: readonly string[] = [
  "read_subject",
  "read_roles",
  "read_teams",
  "read_claims",
  "read_permissions",
  "read_agent",
  "read_headers",
  "write_headers",
  "read_labels",
  "append_labels",
  "read_delegation",
  "append_delegation",
];

/** A CPEX plugin, as the worker is to create it. */
export interface Guest {
  /** Its name in CPEX's violations and logs. */
  readonly name: string;
  /** The dotted path of its class. */
  readonly kind: string;
  readonly version: string;
  readonly hooks: readonly string[];
  readonly capabilities: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  /** Folders with code that is not installed. */
  readonly pluginDirs: readonly string[];
}

export interface Task {
  readonly id: string;
  readonly hook: string;
  readonly payload: unknown;
  readonly context: Readonly<Record<string, unknown>>;
  readonly extensions?: unknown;
}

/**
 * Returns a function that writes a guest's tasks. All of them have the same configuration text: if
 * a byte of it differed, the worker would create the plugin anew, and lose its state.
 */
export function taskWriter({ name, kind, version, ...guest }: Guest): (task: Task) => string {
  const { hooks, capabilities, config, pluginDirs } = guest;
  const text = JSON.stringify({
    name,
    kind,
    version,
    hooks,
    capabilities,
    config,
    // In any other mode the worker drops denials, and with any other policy, errors.
    mode: "sequential",
    on_error: "fail",
  });
  return ({ id, hook, payload, context, extensions = null }) =>
    JSON.stringify({
      task_type: "load_and_run_hook",
      request_id: id,
      hook_type: hook,
      config: text,
      class_name: kind,
      plugin_dirs: pluginDirs,
      payload,
      extensions,
      context: { state: {}, metadata: {}, global_context: context },
    });
}

export function capabilitiesTask(id: string): string {
  return JSON.stringify({ task_type: "capabilities", request_id: id });
}

const text = z.string();
const answered = z.looseObject({ request_id: text, status: z.optional(text) });
const failed = z.object({ status: z.literal("error"), message: text });
const greeting = z.object({ protocol_version: z.number(), features: z.array(text) });

export type Answer = Readonly<z.output<typeof answered>>;

/**
 * Reads the answer to a task; `undefined` if the line is anything else. Parses nothing that cannot
 * be the answer or is too large for one, because that could take seconds.
 */
export function readAnswer(line: string, id: string, task: string): Answer | undefined {
  if (!line.includes(id)) return undefined;
  const message = sizeFault(line, task);
  if (message !== undefined) return { request_id: id, status: "error", message };
  try {
    const read = answered.safeParse(JSON.parse(line));
    return read.success && read.data.request_id === id ? read.data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What a line is that does not answer the open task. Parsing one that is `long` could take seconds;
 * it begins like an answer and may be one, so its content must not be shown.
 */
export function kindOfStray(line: string): "answer" | "output" | "long" {
  // Much of what plugins log has this somewhere. Only an answer has it at its top.
  if (!line.includes('"request_id"')) return "output";
  if (line.length > maxOtherUnits) return line.trimStart().startsWith("{") ? "long" : "output";
  try {
    return answered.safeParse(JSON.parse(line)).success ? "answer" : "output";
  } catch {
    return "output";
  }
}

/** Why the task failed, or `undefined`. */
export function failureOf(answer: Answer): string | undefined {
  const read = failed.safeParse(answer);
  return read.success ? read.data.message : undefined;
}

/** Why this library cannot work with the worker, or `undefined`. */
export function misfitOf(answer: Answer): string | undefined {
  const read = greeting.safeParse(answer);
  if (!read.success)
    return "does not state a protocol version; cpex 0.1.4 is the first version that does";
  const { protocol_version: version, features } = read.data;
  if (version !== workerProtocol)
    return `speaks version ${version} of its protocol, and not ${workerProtocol}`;
  const missing = neededFeatures.filter((each) => !features.includes(each));
  return missing.length === 0 ? undefined : `does not know ${missing.join(", ")}`;
}
