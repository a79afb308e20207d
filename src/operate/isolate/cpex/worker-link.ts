/**
 * Makes a CPEX worker the far side of a supervisor: the host's messages become tasks, and the
 * worker's answers become replies.
 *
 * The worker runs one task after the other, so it gets one at a time. A waiting turn can then be
 * called off without ending the worker.
 */
import { randomUUID } from "node:crypto";
import { isRecord } from "../../../core/data/index.ts";
import { decodeResult } from "../../../core/host/index.ts";
import { needlesOf, redacted } from "../../../core/observe/index.ts";
import { secretsOf } from "../../../core/plugins/index.ts";
import { encodeError, type Answer as RemoteAnswer } from "../../../core/remote/index.ts";
import {
  type FarManifest,
  type FarMessage,
  maxMessage,
  protocolVersion,
  readHost,
  type TurnMessage,
  writeLine,
} from "../protocol.ts";
import { saidTooMuch, strayCounter } from "../strays.ts";
import type { StartLink } from "../supervisor.ts";
import { fitExtensions } from "./fit-extensions.ts";
import {
  type Answer,
  capabilitiesTask,
  failureOf,
  type Guest,
  kindOfStray,
  maxTaskUnits,
  misfitOf,
  readAnswer,
  taskWriter,
} from "./worker-lines.ts";

/** What a turn has besides its result. */
export interface CpexTurn {
  readonly hook: string;
  /** The id of the request. */
  readonly request: string;
  /** What the plugin requests for the answer to the caller. Acting on it is up to the host. */
  readonly answer: RemoteAnswer;
  /** Paths of the view that CPEX has no place for: the plugin did not see them. */
  readonly leftOut: readonly string[];
}

export interface CpexLinkOptions {
  readonly start: StartLink;
  readonly guest: Guest;
  readonly manifest: FarManifest;
  readonly onTurn: ((turn: CpexTurn) => void) | undefined;
  /** Receives what it prints to the stream that has its answers. */
  readonly onOutput: (text: string) => void;
}

/** While no task is open, what is printed in each time of this length is counted by itself. */
const idleMs = 60_000;

/** No hook has this name: asked for it, the worker creates the plugin but runs no hook of it. */
const noHook = "glassine_start";
const ownError = new RegExp(`^.*has no hook: '${noHook}'.*\n?`, "gm");

/** A worker's log without its error about the hook that it is asked for at its start. */
export function withoutOwnError(text: string): string {
  return text.replaceAll(ownError, "");
}

/** A task that was written, and what takes its answer. */
interface Pending {
  readonly id: string;
  readonly line: string;
  readonly onAnswer: (answer: Answer, line: string) => void;
}

export function cpexLink({ start, onOutput, ...options }: CpexLinkOptions): StartLink {
  // Once, so that each start has the same configuration.
  const write = taskWriter(options.guest);
  return ({ onLine, onEnd }) => {
    const send = (what: FarMessage, text?: string) => onLine(writeLine(what, text));
    const fail = (id: string, message: string) =>
      send({ type: "error", id }, encodeError(new Error(message), { plugin: options.guest.name }));
    const waiting: Pending[] = [];
    const printed = strayCounter();
    let countedSince = performance.now();
    let current: Pending | undefined;
    const link: ReturnType<StartLink> = start({
      onEnd,
      onLine(line) {
        const answer = current && readAnswer(line, current.id, current.line);
        if (current !== undefined && answer !== undefined) {
          const { onAnswer } = current;
          current = undefined;
          count();
          next();
          onAnswer(answer, line);
          return;
        }
        if (current === undefined && performance.now() - countedSince >= idleMs) count();
        // Not looked at: to parse them all could keep the host busy for as long as they come.
        if (printed.add(line)) {
          // Without a task there is nothing to fail, so what is too much then is only left out.
          if (current !== undefined) onEnd(saidTooMuch);
          return;
        }
        const kind = kindOfStray(line);
        // Let the supervisor count a stray. The content is not for it.
        if (kind === "answer") onLine("");
        else if (kind === "output") onOutput(`${line}\n`);
        else onOutput(`(${line.length} characters that may be an answer)\n`);
      },
    });
    /** Begins to count anew. */
    function count(): void {
      printed.reset();
      countedSince = performance.now();
    }
    function next(): void {
      if (current !== undefined) return;
      current = waiting.shift();
      if (current === undefined) return;
      count();
      link.send(current.line);
    }
    function ask(pending: Pending): void {
      waiting.push(pending);
      next();
    }
    const conversation = { ...options, write, ask, send, fail };
    const turn = turnOf(conversation);
    return {
      kill: () => link.kill(),
      isWaiting: (id) => waiting.some((each) => each.id === id),
      send(line) {
        const what = readHost(line);
        if (what.type === "load") load(conversation);
        else if (what.type === "turn") turn(what);
        else {
          const at = waiting.findIndex(({ id }) => id === what.id);
          if (at < 0) return;
          waiting.splice(at, 1);
          fail(what.id, "The turn was called off before it began.");
        }
      },
    };
  };
}

interface Conversation extends Omit<CpexLinkOptions, "start" | "onOutput"> {
  readonly write: ReturnType<typeof taskWriter>;
  readonly ask: (pending: Pending) => void;
  readonly send: (what: FarMessage, text?: string) => void;
  /** Answers a turn with an error. */
  readonly fail: (id: string, message: string) => void;
}

/** Pydantic quotes what it refuses: of a long value only both ends, which no search would find. */
const refusedInput = /input_value=.*?(?:, (?=input_type=)|$)/gs;

/** Checks that the worker can do what is needed, and has it create the plugin. */
function load({ guest, manifest, write, ask, send }: Conversation): void {
  const ids = { greeting: randomUUID(), start: randomUUID() };
  const refuse = (message: string) =>
    send({ type: "failed", step: "import", message: message.slice(0, maxMessage) });
  const begin = (answer: Answer) => {
    const message = failureOf(answer);
    // Errors before the lookup of the hook do not name it: they are in the code or configuration.
    if (message?.includes(noHook) === true)
      send({ type: "ready", protocol: protocolVersion, manifest });
    else {
      const said = (message ?? "it gave no reason").replaceAll(refusedInput, "");
      const safe = redacted(said, needlesOf(secretsOf(guest.config)));
      refuse(`CPEX cannot make the plugin ${guest.kind}: ${safe}`);
    }
  };
  ask({
    id: ids.greeting,
    line: capabilitiesTask(ids.greeting),
    onAnswer(answer) {
      const misfit = misfitOf(answer);
      if (misfit !== undefined) refuse(`The CPEX worker ${misfit}.`);
      else {
        const task = {
          id: ids.start,
          hook: noHook,
          payload: null,
          context: { request_id: "start" },
        };
        ask({ id: ids.start, line: write(task), onAnswer: begin });
      }
    },
  });
}

function turnOf({ onTurn, write, ask, send, fail }: Conversation) {
  return ({ id, text }: TurnMessage) => {
    // This host wrote the text, so it is not checked.
    const { hook, payload, extensions, context } = JSON.parse(text);
    const fitted = isRecord(extensions) ? fitExtensions(extensions) : undefined;
    const request: string = context.request_id;
    const line = write({
      id,
      hook,
      payload,
      extensions: fitted?.extensions,
      context: { request_id: request, ...knownFrom(fitted?.extensions) },
    });
    if (line.length >= maxTaskUnits) {
      const most = maxTaskUnits - 1;
      fail(id, `The turn has ${line.length} characters, and CPEX reads ${most} at most.`);
      return;
    }
    const onAnswer = (answer: Answer, result: string) => {
      const message = failureOf(answer);
      if (message !== undefined) {
        fail(id, message);
        return;
      }
      send({ type: "result", id }, result);
      onTurn?.({ hook, request, answer: answerIn(result), leftOut: fitted?.leftOut ?? [] });
    };
    ask({ id, line, onAnswer });
  };
}

/** What CPEX plugins look for in their context, as far as this plugin's view has it. */
function knownFrom(extensions: Readonly<Record<string, unknown>> | undefined): object {
  const { security, mcp } = extensions ?? {};
  const subject = isRecord(security) ? security.subject : undefined;
  const entities = isRecord(mcp) ? [mcp.tool, mcp.resource, mcp.prompt] : [];
  const entity = entities.find((each) => isRecord(each) && each.server_id !== undefined);
  return {
    user: isRecord(subject) ? subject.id : undefined,
    server_id: isRecord(entity) ? entity.server_id : undefined,
  };
}

function answerIn(result: string): RemoteAnswer {
  try {
    return decodeResult(result).answer;
  } catch {
    // The supervisor's caller gets the same error, and fails the turn.
    return {};
  }
}
