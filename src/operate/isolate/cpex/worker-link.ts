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

/** Pydantic quotes what it refuses: of a long value only both ends, which no search would find. */
const refusedInput = /input_value=.*?(?:, (?=input_type=)|$)/gs;

export function cpexLink({ start, guest, manifest, onTurn, onOutput }: CpexLinkOptions): StartLink {
  // Once, so that each start has the same configuration.
  const write = taskWriter(guest);
  return ({ onLine, onEnd }) => {
    const send = (what: FarMessage, text?: string) => onLine(writeLine(what, text));
    const fail = (id: string, message: string) =>
      send({ type: "error", id }, encodeError(new Error(message), { plugin: guest.name }));
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
    function ask(id: string, line: string, onAnswer: Pending["onAnswer"]): void {
      waiting.push({ id, line, onAnswer });
      next();
    }
    /** Checks that the worker can do what is needed, and has it create the plugin. */
    function load(): void {
      const refuse = (message: string) =>
        send({ type: "failed", step: "import", message: message.slice(0, maxMessage) });
      const greeting = randomUUID();
      ask(greeting, capabilitiesTask(greeting), (greeted) => {
        const misfit = misfitOf(greeted);
        if (misfit !== undefined) {
          refuse(`The CPEX worker ${misfit}.`);
          return;
        }
        const id = randomUUID();
        const context = { request_id: "start" };
        ask(id, write({ id, hook: noHook, payload: null, context }), (answer) => {
          const message = failureOf(answer) ?? "it gave no reason";
          // Errors before the lookup of the hook do not name it: they are in code or configuration.
          if (message.includes(noHook)) {
            send({ type: "ready", protocol: protocolVersion, manifest });
            return;
          }
          const said = message.replaceAll(refusedInput, "");
          const safe = redacted(said, needlesOf(secretsOf(guest.config)));
          refuse(`CPEX cannot make the plugin ${guest.kind}: ${safe}`);
        });
      });
    }
    function turn({ id, text }: TurnMessage): void {
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
      ask(id, line, (answer, result) => {
        const message = failureOf(answer);
        if (message !== undefined) {
          fail(id, message);
          return;
        }
        send({ type: "result", id }, result);
        onTurn?.({ hook, request, answer: answerIn(result), leftOut: fitted?.leftOut ?? [] });
      });
    }
    return {
      kill: () => link.kill(),
      isWaiting: (id) => waiting.some((each) => each.id === id),
      send(line) {
        const what = readHost(line);
        if (what.type === "load") load();
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
