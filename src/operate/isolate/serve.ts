/** Reads what an isolated plugin's host says, and answers. */
import { GlassineError } from "../../core/errors/index.ts";
import { decodeTask, encodeResult } from "../../core/host/index.ts";
import { describeThrown } from "../../core/observe/index.ts";
import { answerOf } from "../../core/plugins/index.ts";
import { encodeError } from "../../core/remote/index.ts";
import { dropPromises } from "../../core/schema/index.ts";
import { keptByRequest } from "./kept-by-request.ts";
import { type Load, type Loaded, LoadFailure, load, plainOf } from "./load.ts";
import {
  type FarMessage,
  maxMessage,
  protocolVersion,
  readHost,
  type TurnMessage,
  writeLine,
} from "./protocol.ts";

/**
 * Returns a function that takes a line of the host.
 *
 * @param options `maxText`: the longest result that the host can take, in UTF-16 units
 */
export function serve(
  write: (line: string) => void,
  { loadPlugin = load, maxText = Number.POSITIVE_INFINITY } = {},
): (line: string) => void {
  const send = (what: FarMessage, text?: string) => write(writeLine(what, text));
  const turns = new Map<string, AbortController>();
  const stateOf = keptByRequest(() => new Map<unknown, unknown>());
  let plugin: Promise<Loaded> | undefined;
  let config: unknown;

  async function begin(what: Load): Promise<void> {
    config = what.config;
    plugin = loadPlugin(what);
    try {
      const { manifest } = await plugin;
      send({ type: "ready", protocol: protocolVersion, manifest: plainOf(manifest) });
    } catch (error) {
      const { step, cause } =
        error instanceof LoadFailure ? error : new LoadFailure("manifest", error);
      send({
        type: "failed",
        step,
        message: describeThrown(explained(cause)).text.slice(0, maxMessage),
      });
    }
  }

  /** Answers with what `work` returns, unless the turn was aborted meanwhile. */
  async function answer(
    id: string,
    work: (found: Loaded, signal: AbortSignal) => Promise<Answer>,
  ): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    turns.set(id, controller);
    const asked = async () => {
      const found = (await plugin) as Loaded;
      // Another turn that waited may have spent what was made ready, so nothing comes in between.
      for (let wait = found.ready?.(); wait !== undefined; wait = found.ready?.()) await wait;
      // Its code must not run any more.
      signal.throwIfAborted();
      return await work(found, signal);
    };
    const reply = await asked().catch((error: unknown) => failure(id, error));
    if (turns.delete(id)) send(...reply);
  }

  async function runTurn({ id, hook, text }: TurnMessage) {
    await answer(id, async ({ manifest, configOf }, signal) => {
      const task = decodeTask(text, { signal });
      const { context, payload, extensions } = task;
      const entry = manifest.hooks[hook];
      if (entry === undefined) throw new Error(`The plugin has no handler for ${hook}.`);
      const own = Object.freeze({
        ...context,
        config: configOf(context.config ?? config),
        state: stateOf(context.request),
      });
      const turn = entry.extensions ? [payload, own, extensions] : [payload, own];
      const result = encodeResult(await entry.handler(...turn), task as never);
      if (result.length > maxText) {
        const text = `The result has ${result.length} characters, and at most ${maxText} can cross.`;
        throw new GlassineError("result_shape", text);
      }
      return [{ type: "result", id }, result];
    });
  }

  async function report(id: string): Promise<void> {
    await answer(id, async ({ manifest, configOf }, signal) => {
      const { name, version, capabilities } = manifest;
      const context = { plugin: { name, version }, capabilities, signal, config: configOf(config) };
      const found = answerOf(await manifest.healthCheck?.(Object.freeze(context)));
      if (found === undefined) throw new Error("The health check did not return `health(…)`.");
      const message = found.message.slice(0, maxMessage);
      return [{ type: "health", id, status: found.status, message }];
    });
  }

  return (line) => {
    const what = readHost(line);
    if (what.type === "load") void begin(what);
    else if (what.type === "turn") void runTurn(what);
    else if (what.type === "health") void report(what.id);
    else {
      const turn = turns.get(what.id);
      if (turn === undefined) return;
      turns.delete(what.id);
      turn.abort();
      send(...failure(what.id, new Error("The turn was aborted.")));
    }
  };
}

type Answer = readonly [message: FarMessage, text?: string];

/** Adds what Node's message does not say: what was refused, or what to do about TypeScript. */
function explained(error: unknown): unknown {
  try {
    const { code, permission, resource, message } = Object(error) as Readonly<
      Record<string, unknown>
    >;
    if (code === "ERR_UNKNOWN_FILE_EXTENSION")
      return new Error(`${message}: compile it to a .js file, or use Node 22.18 or newer`);
    if (code !== "ERR_ACCESS_DENIED") return error;
    const what = [permission, resource].filter((each) => typeof each === "string" && each !== "");
    const todo =
      permission === "FileSystemRead" ? " A folder that it needs can be named in readable." : "";
    return new Error(`An isolated plugin may not do this: ${what.join(" ")}.${todo}`);
  } catch {
    // What was thrown throws itself when it is read.
    return error;
  }
}

function failure(id: string, thrown: unknown): Answer {
  dropPromises(thrown);
  return [{ type: "error", id }, encodeError(explained(thrown), { plugin: "isolated" })];
}
