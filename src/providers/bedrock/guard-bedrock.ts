/** Runs hooks around Converse and ConverseStream, inside the SDK's client. */
import { quoted } from "../../core/errors/index.ts";
import { type AnyHookManager, readStreamLimits, streamOptions } from "../guard/index.ts";
import {
  createModelGuard,
  isProvidersError,
  type ModelExchange,
  type ModelGuardOptions,
  readGuardBasis,
  refusalOf,
} from "../model/index.ts";
import { isJsonObject, type ModelRefusal, type StreamLimits } from "../rewrite/index.ts";
import { bedrock } from "./tables.ts";

/** Options of `guardBedrock`. Functions get `{ command }`, the command's name, as `call.about`. */
export interface BedrockGuardOptions<Extensions = unknown>
  extends ModelGuardOptions<Extensions>,
    Pick<StreamLimits, "maxEvents" | "textUnits"> {}

/** A plugin for `middlewareStack.use` of a client. */
export interface BedrockPlugin {
  applyToStack(stack: {
    add(
      middleware: never,
      options: { readonly step: "initialize"; readonly name: string; readonly override: true },
    ): void;
  }): void;
}

/** How many guards were made. */
let count = 0;
/** Refusals of guards, which a guard in front passes on. */
const refusals = new WeakSet<object>();

interface Result {
  readonly output: { readonly stream?: AsyncIterable<unknown> };
}
type Next = (args: { readonly input: object }) => Promise<Result>;

/**
 * A plugin for the client of `@aws-sdk/client-bedrock-runtime` that puts hooks around its
 * `ConverseCommand` and `ConverseStreamCommand`. Any other command is refused, since it may carry a
 * prompt.
 *
 * A refusal is thrown as an exception like the SDK's own: `AccessDeniedException` for a denial. So
 * is a provider's error, with its message as plugins left it.
 *
 * @throws GlassineError `options_invalid`; `session_invalid`
 * @see spec `bedrock:drop-in`
 * @example
 * ```ts
 * import { BedrockRuntimeClient, ConverseCommand } from "@aws-sdk/client-bedrock-runtime";
 * import { createPluginManager, definePlugin, deny } from "glassine";
 * import { guardBedrock } from "glassine/bedrock";
 *
 * const closed = definePlugin({
 *   name: "closed",
 *   version: "1.0.0",
 *   hooks: { "cmf.llm_input": (_message, _context) => deny("Closed today") },
 * });
 * const client = new BedrockRuntimeClient({ region: "eu-central-1" });
 * client.middlewareStack.use(guardBedrock(await createPluginManager({ plugins: [closed] })));
 * const command = new ConverseCommand({
 *   modelId: "amazon.nova-lite-v1:0",
 *   messages: [{ role: "user", content: [{ text: "Ahoy" }] }],
 * });
 * await client.send(command).catch((error) => console.log(`${error}`)); // AccessDeniedException: Closed today
 * ```
 */
export function guardBedrock<Extensions = unknown>(
  manager: AnyHookManager<Extensions>,
  options: BedrockGuardOptions<Extensions> = {},
): BedrockPlugin {
  const basis = readGuardBasis(manager, options, "guardBedrock", streamOptions);
  const limits = readStreamLimits(options);
  const guard = createModelGuard(bedrock, basis);

  const middleware =
    (next: Next, { commandName: command }: { readonly commandName?: string }) =>
    async (args: Parameters<Next>[0]): Promise<Result> => {
      const exchange = guard.begin({ about: Object.freeze({ command }) });
      if (command !== "ConverseCommand" && command !== "ConverseStreamCommand") {
        throw endRefused(exchange, refusalOf("request_unknown", command && quoted(command)));
      }
      const { document: input, refusal } = await exchange.judgeRequest(args.input);
      if (refusal !== undefined) throw endRefused(exchange, refusal);
      const result = await next({ ...args, input }).catch(async (error: unknown) => {
        throw await judgedError(exchange, error);
      });
      const { stream } = result.output;
      if (stream !== undefined) {
        const events = judged(exchange, stream, limits);
        // A generator that has not begun does nothing when it is closed.
        await events.next();
        return { ...result, output: { ...result.output, stream: events } };
      }
      const answer = await exchange.judgeAnswer(result.output);
      if (answer.refusal !== undefined) throw endRefused(exchange, answer.refusal);
      exchange.end();
      return { ...result, output: answer.document };
    };

  // A name of its own, so that it replaces itself if it is used again, and no other guard.
  count += 1;
  const name = `glassine-${count}`;
  return Object.freeze<BedrockPlugin>({
    applyToStack(stack) {
      stack.add(middleware as never, { step: "initialize", name, override: true });
    },
  });
}

/**
 * Yields nothing at first, and then the events as plugins left them. Throws a refusal, as the SDK
 * does to end a stream.
 */
async function* judged(
  exchange: ModelExchange,
  stream: AsyncIterable<unknown>,
  limits: StreamLimits,
): AsyncGenerator<unknown> {
  let refusal: ModelRefusal | undefined;
  let isRead = false;
  try {
    yield undefined;
    isRead = true;
    for await (const each of exchange.judgeEvents(stream, limits)) {
      if (each.refusal === undefined) yield each.event;
      else refusal = each.refusal;
    }
    if (refusal === undefined) exchange.end();
  } catch (error) {
    throw await judgedError(exchange, error, true);
  } finally {
    // No effect after an earlier end. Without one, the caller stopped reading before the end.
    if (refusal === undefined) exchange.end(undefined, "aborted");
    if (!isRead) await stream[Symbol.asyncIterator]().return?.();
  }
  if (refusal !== undefined) throw endRefused(exchange, refusal);
}

/**
 * Ends the exchange and returns the error to throw. A service exception has text to judge; in a
 * stream, the SDK makes a plain error of one that it does not know. The error for an answer that
 * the SDK cannot decode holds that answer, which no plugin has seen.
 */
async function judgedError(
  exchange: ModelExchange,
  error: unknown,
  isStreamed = false,
): Promise<unknown> {
  const { name, message, code, $fault, $metadata, $response } = Object(error);
  if (refusals.has(Object(error))) {
    exchange.end(undefined, "errored");
    return error;
  }
  const isUndecoded = $response !== undefined || name === "SyntaxError";
  const isAborted = name === "AbortError";
  // Errors of the system have a code.
  const isPlain = isStreamed && code === undefined && !isUndecoded && !isAborted;
  if ($fault === undefined && !isPlain) {
    const answer = isUndecoded ? await exchange.judgeAnswer(undefined) : undefined;
    if (answer?.refusal !== undefined) return endRefused(exchange, answer.refusal);
    exchange.end(undefined, isAborted ? "aborted" : "errored");
    return error;
  }
  const status = isJsonObject($metadata) ? Number($metadata.httpStatusCode ?? 502) : 502;
  const document = { error: { message } };
  const refusal = await exchange.judgeError(document, status);
  if (!isProvidersError(refusal, document)) return endRefused(exchange, refusal);
  // The SDK takes the name of an unknown exception from the answer, so it can be any text.
  const isWord = typeof name === "string" && /^[a-z][a-z_]{0,63}$/i.test(name);
  return endRefused(exchange, refusal, {
    ...(isWord && { name }),
    ...($fault !== undefined && { $fault }),
  });
}

// Source: the exceptions of @aws-sdk/client-bedrock-runtime, dist-types/models/errors.d.ts.
const names: { readonly [status: number]: string } = {
  403: "AccessDeniedException",
  502: "ServiceUnavailableException",
};

/**
 * Creates an error with the fields by which SDK exceptions are recognized; nothing of the SDK is
 * loaded. `marks` are the fields of an exception that the service threw.
 */
function endRefused(exchange: ModelExchange, refusal: ModelRefusal, marks?: object): Error {
  exchange.end(refusal);
  const { status, code, reason } = refusal;
  const other = status < 500 ? "ValidationException" : "InternalServerException";
  const error = Object.assign(new Error(reason), {
    name: names[status] ?? other,
    $fault: status < 500 ? "client" : "server",
    $metadata: { httpStatusCode: status },
    code,
    ...marks,
  });
  if (marks === undefined) refusals.add(error);
  return error;
}
