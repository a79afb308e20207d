import { isRecord, kindOf } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import { type AnyHookManager, checkManager } from "../guard/index.ts";
import { checkConditions, labelRules } from "../model/index.ts";
import { stringAt } from "../rewrite/index.ts";
import { type Fields, hostCopy, jsonOf, signalIn } from "./host-values.ts";
import { overShown } from "./over-shown.ts";
import { type GuardedToolCall, readToolOptions, type ToolGuardOptions } from "./tool-options.ts";
import { ToolError, type ToolGuard, ToolRun } from "./tool-run.ts";
import { callSteps, type Result, resultSteps, toolFault } from "./tool-steps.ts";

/**
 * Puts hooks around the tools of the AI SDK.
 *
 * Each call goes through `cmf.tool_pre_invoke` before the tool runs and `cmf.tool_post_invoke`
 * before its result is returned; the older hooks `tool_pre_invoke` and `tool_post_invoke` run
 * before them. The tool gets the arguments, and the SDK the result, as plugins left them. A refused
 * call throws an error with a reason that the model may read; the SDK turns it into a tool error.
 * What a tool throws is judged like a result.
 *
 * Data policies of the envelope label results and decide which may be returned. Tools without
 * `execute` are returned as they are, because they do not run here.
 *
 * @throws GlassineError `options_invalid`; `session_invalid` for an invalid session
 * @example
 * ```ts
 * import { tool } from "ai";
 * import { createPluginManager } from "glassine";
 * import { guardTools } from "glassine/ai-sdk";
 * import * as z from "zod";
 *
 * const manager = await createPluginManager({ plugins: [] });
 * const inputSchema = z.object({ city: z.string() });
 * const weather = tool({ inputSchema, execute: ({ city }) => `Rain in ${city}` });
 * const tools = guardTools({ weather }, manager);
 * console.log(Object.keys(tools)); // [ 'weather' ]
 * ```
 */
export function guardTools<Tools extends object, Extensions = unknown>(
  tools: Tools,
  manager: AnyHookManager<Extensions>,
  options: ToolGuardOptions<Extensions> = {},
): Tools {
  checkManager(manager, "guardTools");
  const read = readToolOptions(options);
  checkConditions(manager, read, toolHooks);
  if (!isRecord(tools)) throw notTools("a set of tools", tools);
  const guard: ToolGuard = { manager, options: read, labels: labelRules(read.labels) };
  const guarded = Object.entries(tools).map(([name, tool]) => {
    if (!isRecord(tool)) throw notTools(`a tool as ${name}`, tool);
    if (tool.execute === undefined && tool.inputSchema === undefined) throw notOfTheSdk(name);
    return [name, guardedTool(guard, name, tool)];
  });
  // The same names, each with a tool of the same type.
  return Object.fromEntries(guarded) as Tools;
}

const toolHooks = [
  "cmf.tool_pre_invoke",
  "cmf.tool_post_invoke",
  "tool_pre_invoke",
  "tool_post_invoke",
];

function notTools(expected: string, tools: unknown): Error {
  return optionsInvalid(`guardTools expects ${expected}, got ${kindOf(tools)}.`);
}

/** A tool of another framework, which would run unguarded. */
function notOfTheSdk(name: string): Error {
  return optionsInvalid(
    `guardTools expects tools of the AI SDK, but the tool ${name} has neither execute nor inputSchema. For tools of another framework, invoke the hooks where they run.`,
  );
}

function guardedTool(guard: ToolGuard, name: string, tool: Fields): object {
  if (typeof tool.execute !== "function") return tool;
  const given = tool.execute as (input: unknown, options: unknown) => unknown;
  const isStreamed = guard.options.preliminary === "judge" && isGenerator(given);
  function execute(input: unknown, options: unknown): unknown {
    const act = (judged: unknown): unknown => given.call(tool, judged, options);
    if (isIdle(guard)) return act(input);
    const call = callOf(name, input, options);
    const outputs = judgedOutputs(guard, call, signalIn(options), act, isStreamed);
    return isStreamed ? outputs : lastOf(outputs);
  }
  const own = Object.getOwnPropertyDescriptors(tool);
  return Object.create(Object.getPrototypeOf(tool), {
    ...own,
    execute: { value: execute, writable: true, enumerable: true, configurable: true },
  });
}

/** Whether neither a hook nor an option would see a call. */
function isIdle({ manager, options }: ToolGuard): boolean {
  const { preliminary: _, ...rest } = options;
  return Object.keys(rest).length === 0 && !toolHooks.some((hook) => manager.handles(hook));
}

function callOf(tool: string, input: unknown, options: unknown): GuardedToolCall {
  return Object.freeze({
    request: crypto.randomUUID(),
    tool,
    toolCallId: stringAt(options, "toolCallId") ?? crypto.randomUUID(),
    input,
    context: ownValue(options, "experimental_context") ?? ownValue(options, "context"),
    messages: ownValue(options, "messages"),
  });
}

/** Yields the output of a call as plugins left it, or with `isStreamed` each output of the tool. */
async function* judgedOutputs(
  guard: ToolGuard,
  call: GuardedToolCall,
  signal: AbortSignal | undefined,
  act: (input: unknown) => unknown,
  isStreamed: boolean,
): AsyncGenerator<unknown> {
  const run = new ToolRun(guard, call, signal);
  let failure: unknown;
  try {
    const input = await judgedInput(run, call);
    for await (const answer of answersOf(() => act(input), isStreamed)) {
      signal?.throwIfAborted();
      yield "error" in answer
        ? await outputOfError(run, call, answer.error)
        : await judgedOutput(run, call, answer.output);
    }
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    run.end(failure);
  }
}

type Answer = { readonly output: unknown } | { readonly error: unknown };

/** Yields what a tool returns, yields or throws. */
async function* answersOf(act: () => unknown, isStreamed: boolean): AsyncGenerator<Answer> {
  try {
    const result = act();
    if (!isAsyncIterable(result)) return yield { output: await result };
    let last: unknown;
    for await (const output of result) {
      last = output;
      if (isStreamed) yield { output };
    }
    if (!isStreamed) yield { output: last };
  } catch (error) {
    yield { error };
  }
}

async function lastOf(outputs: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown;
  for await (const output of outputs) last = output;
  return last;
}

async function judgedInput(run: ToolRun, call: GuardedToolCall): Promise<unknown> {
  const { own, shown } = await run.attempt("input", async () => {
    const copy = hostCopy(call.input ?? {});
    const json = jsonOf(copy);
    if (!isRecord(json)) throw toolFault("an object as input");
    return { own: copy, shown: json };
  });
  const judged = await run.before(callSteps(call), shown);
  return run.attempt("input", async () => overShown(own, shown, judged));
}

async function judgedOutput(
  run: ToolRun,
  call: GuardedToolCall,
  output: unknown,
): Promise<unknown> {
  const { own, shown } = await run.attempt("output", async () => {
    const copy = hostCopy(output);
    return { own: copy, shown: jsonOf(copy) ?? null };
  });
  const judged = await run.after(resultSteps(call), { content: shown, isError: false });
  if (judged.isError) throw errorOf(judged);
  return run.attempt("output", async () => overShown(own, shown, judged.content));
}

/** Judges the text of an error. Throws the tool's own error if plugins left the text as it is. */
async function outputOfError(
  run: ToolRun,
  call: GuardedToolCall,
  error: unknown,
): Promise<unknown> {
  const content = await run.attempt("output", async () => messageOf(error));
  const judged = await run.after(resultSteps(call), { content, isError: true });
  if (!judged.isError) return overShown(undefined, undefined, judged.content);
  throw judged.content === content ? error : errorOf(judged);
}

/** What the SDK shows a model of an error: its message, which in `ai` 7 follows the name. */
function messageOf(error: unknown): string {
  if (error === undefined || error === null) return "unknown error";
  if (typeof error === "string") return error;
  if (!(error instanceof Error)) return JSON.stringify(error) ?? "";
  const { name, message } = error;
  const said = String(error);
  return said === `${name}: ${message}` && /^\w{1,64}$/.test(name) ? message : said;
}

/** Creates the error for a result that is one, as plugins left it. */
function errorOf({ content }: Result): Error {
  return new ToolError(typeof content === "string" ? content : JSON.stringify(content));
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  const { [Symbol.asyncIterator]: iterator } = (value ?? {}) as Partial<AsyncIterable<unknown>>;
  return typeof iterator === "function";
}

/** Whether a function is an `async function*`, which returns an async iterable, not a promise. */
function isGenerator(execute: object): boolean {
  return Reflect.get(execute, Symbol.toStringTag) === "AsyncGeneratorFunction";
}
