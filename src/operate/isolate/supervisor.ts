/**
 * Keeps the far side of a plugin running: starts it, asks it, ends it if it does not answer, and
 * starts it again with growing pauses. Whatever the far side does, at worst a turn fails.
 */
import { randomUUID } from "node:crypto";
import { attempt, ignore, longestTimerMs, within } from "../../core/data/index.ts";
import { GlassineError, quoted } from "../../core/errors/index.ts";
import { oneLine } from "../../core/hooks/index.ts";
import { systemCode } from "../packages/index.ts";
import {
  type FarMessage,
  type HostMessage,
  pluginEnded,
  protocolVersion,
  type Ready,
  type ReceivedMessage,
  type Reply,
  readFarSide,
  writeLine,
} from "./protocol.ts";
import { saidTooMuch, strayCounter } from "./strays.ts";

/** A running far side: a thread or a process. */
interface Link {
  /** The longest text that a line may have after its document, in UTF-16 units. Default: any. */
  readonly maxText?: number;
  send(line: string): void;
  /** Whether it has not begun with a turn that it was sent. Default: it begins with each at once. */
  isWaiting?(id: string): boolean;
  /** Ends it at once, with all that it started. */
  kill(): void;
}

/** Called with each line of a far side, and with why it ended, as in `ended with code 1`. */
export interface LinkEvents {
  readonly onLine: (line: string) => void;
  readonly onEnd: (why: string) => void;
}

export type StartLink = (events: LinkEvents) => Link;

export interface SupervisorOptions {
  readonly start: StartLink;
  readonly load: Omit<Extract<HostMessage, { readonly type: "load" }>, "type" | "protocol">;
  readonly startTimeoutMs: number;
  /** How long open turns may take to end when it is closed. */
  readonly closeTimeoutMs: number;
  /** How many turns may be open. */
  readonly maxTurns: number;
  /** Whether a second one waits to take the first one's place. Default false. */
  readonly spare?: boolean | undefined;
  /** Called with the reason when a ready far side ends, unless it was closed. Must not throw. */
  readonly onEnd?: ((why: string) => void) | undefined;
}

export interface Counts {
  /** How often it was started, spares included. */
  readonly starts: number;
  /** Lines that answered nothing: late ones, second answers, and garbage. */
  readonly strays: number;
  /** Turns that are open. */
  readonly open: number;
}

/** What the host asks, still without an id. */
export type Question =
  | { readonly type: "turn"; readonly hook: string }
  | { readonly type: "health" };

const closed = "is closed";
/** The longest message about why it cannot be loaded, in UTF-16 units. It is put on one line. */
const maxShown = 2_000;
const pauses = { firstMs: 100, longestMs: 30_000 };
/** How long an aborted turn may take to answer before its far side is ended. */
const graceMs = 100;
/** A far side that ran this long after it was loaded did not fail to start. */
const settledMs = 10_000;

interface Open {
  /** `undefined` if it ended before it began with this. */
  readonly resolve: (reply: Reply | undefined) => void;
  readonly reject: (error: GlassineError) => void;
}

/** One far side from its start to its end. */
class FarSide {
  readonly ready: Promise<Ready>;
  /** When it answered `load`. */
  greetedAt: number | undefined;
  /** Whether it has reported its manifest, which is the same as before. */
  isReady = false;
  readonly #link: Link;
  readonly #open = new Map<string, Open>();
  readonly #aborted = new Set<Promise<void>>();
  readonly #onStray: () => void;
  readonly #onEnd: (why: string) => void;
  readonly #strays = strayCounter();
  #greeted!: { resolve: (ready: Ready) => void; reject: (error: GlassineError) => void };
  #ended: string | undefined;

  constructor(
    { start, load }: Pick<SupervisorOptions, "start" | "load">,
    on: { readonly stray: () => void; readonly end: (why: string) => void },
  ) {
    this.#onStray = on.stray;
    this.#onEnd = on.end;
    this.ready = new Promise((resolve, reject) => {
      this.#greeted = { resolve, reject };
    });
    // Whoever awaits it gets the error.
    this.ready.catch(() => {});
    this.#link = startLink(start, {
      onLine: (line) => this.#handle(line),
      onEnd: (why) => this.end(why),
    });
    this.#send({ type: "load", protocol: protocolVersion, ...load });
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Returns `undefined` if it ended before it began with this. */
  async ask(what: Question, signal: AbortSignal, text: string): Promise<Reply | undefined> {
    if (signal.aborted) throw notAsked();
    if (this.#ended !== undefined) throw pluginEnded(this.#ended);
    const { maxText = text.length } = this.#link;
    // It would end if a line is too long, and with it the other turns.
    if (text.length > maxText)
      throw new Error(`The turn has ${text.length} characters, and at most ${maxText} can cross.`);
    const id = randomUUID();
    const reply = new Promise<Reply | undefined>((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#send({ ...what, id }, text);
    });
    const stop = () => this.#abort(id, reply);
    signal.addEventListener("abort", stop, { once: true });
    // A far side keeps no host alive. An open turn does, even without a deadline and its timer.
    const hold = setInterval(() => {}, longestTimerMs);
    try {
      return await reply;
    } finally {
      clearInterval(hold);
      signal.removeEventListener("abort", stop);
    }
  }

  /** Until an aborted turn is answered, it is unknown whether the far side still answers. */
  get isInDoubt(): boolean {
    return this.#aborted.size > 0;
  }

  /** Waits until no aborted turn is open: all were answered, or the far side has ended. */
  async certain(): Promise<void> {
    await Promise.all(this.#aborted);
  }

  end(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.#link.kill();
    const error = pluginEnded(why);
    this.#greeted.reject(error);
    for (const [id, { resolve, reject }] of this.#open)
      if (this.#link.isWaiting?.(id) === true) resolve(undefined);
      else reject(error);
    this.#open.clear();
    this.#onEnd(why);
  }

  #send(what: HostMessage, text?: string): void {
    if (this.#ended === undefined) this.#link.send(writeLine(what, text));
  }

  /** Code that does not even answer an abort may never answer, so it is ended. */
  #abort(id: string, reply: Promise<unknown>): void {
    const settled = ignore(reply).then(() => void this.#aborted.delete(settled));
    this.#aborted.add(settled);
    this.#send({ type: "abort", id });
    setTimeout(() => {
      if (this.#open.has(id)) this.end("did not answer in time");
    }, graceMs);
  }

  #handle(line: string): void {
    if (this.#ended !== undefined) return;
    const said = readFarSide(line, this.greetedAt === undefined ? "greeting" : "reply");
    if (said === undefined || !this.#accept(said)) this.#stray(line);
  }

  /** Returns whether it answers something. */
  #accept(said: ReceivedMessage<FarMessage>): boolean {
    if ("id" in said) return this.#answer(said);
    if (this.greetedAt !== undefined) return false;
    this.greetedAt = performance.now();
    if (said.type === "ready") this.#greet(said);
    else {
      const { step, message } = said;
      const text = oneLine(message, maxShown);
      this.#greeted.reject(new GlassineError("plugin_isolation_failed", text, { step }));
      this.end("could not be loaded");
    }
    return true;
  }

  #greet(ready: Ready): void {
    if (ready.protocol !== protocolVersion)
      this.end(`speaks version ${ready.protocol} of the protocol, and not ${protocolVersion}`);
    // What is nested deeper than the engine's stack can be parsed, but not written again.
    else if (attempt(() => JSON.stringify(ready.manifest)) === undefined)
      this.end("has a manifest that is nested too deep");
    else this.#greeted.resolve(ready);
  }

  #answer(reply: Reply): boolean {
    const open = this.#open.get(reply.id);
    this.#open.delete(reply.id);
    open?.resolve(reply);
    return open !== undefined;
  }

  #stray(line: string): void {
    this.#onStray();
    if (this.#strays.add(line)) this.end(saidTooMuch);
  }
}

const notReady = (startTimeoutMs: number) => `was not ready after ${startTimeoutMs} ms`;

const notAsked = () => pluginEnded("was not asked: the run is over");

/** Waits no longer than somebody wants the result: a start takes longer than many turns may. */
async function unlessAborted<Value>(
  signal: AbortSignal,
  work: () => Promise<Value>,
): Promise<Value> {
  if (signal.aborted) throw notAsked();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(notAsked());
  });
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Without memory or threads left, starting one throws. It counts as one that ended. */
export function startLink(start: StartLink, events: LinkEvents): Link {
  try {
    return start(events);
  } catch (error) {
    queueMicrotask(() => events.onEnd(`cannot be started: ${systemCode(error)}`));
    return { send() {}, kill() {} };
  }
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  #current: FarSide | undefined;
  #spare: FarSide | undefined;
  #first: string | undefined;
  #failures = 0;
  #notBefore = 0;
  #starts = 0;
  #strays = 0;
  /** Open turns, including those that wait for a start. */
  #open = 0;
  #onIdle: () => void = () => {};
  #closing: Promise<void> | undefined;
  /** Whether no open turn may start a far side any more, because nothing would end it. */
  #isClosed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get counts(): Counts {
    return { starts: this.#starts, strays: this.#strays, open: this.#open };
  }

  /** Starts it, unless it runs. @throws GlassineError `plugin_ended`, `plugin_isolation_failed` */
  async start(): Promise<Ready> {
    return await (await this.#running()).ready;
  }

  /**
   * @throws GlassineError `plugin_ended`, `plugin_busy`, `plugin_isolation_failed`; Error for a turn
   *   that is too long for the link; never what the far side throws
   */
  async ask(what: Question, signal: AbortSignal, text = ""): Promise<Reply> {
    if (this.#closing !== undefined) throw pluginEnded(closed);
    // A health check is no turn: a busy plugin is not an unhealthy one.
    const isTurn = what.type === "turn";
    if (isTurn && this.#open >= this.#options.maxTurns)
      throw new GlassineError(
        "plugin_busy",
        `The isolated plugin already has as many open turns as maxTurns allows: ${this.#options.maxTurns}.`,
      );
    this.#open += Number(isTurn);
    try {
      // Again only if another may start at once: during a pause this throws.
      for (;;) {
        const far = await unlessAborted(signal, () => this.#running());
        const reply = await far.ask(what, signal, text);
        if (reply !== undefined) return reply;
      }
    } finally {
      this.#open -= Number(isTurn);
      if (this.#open === 0) this.#onIdle();
    }
  }

  /** Ends it when its open turns have ended, or their time is over. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#open > 0)
      await within(this.#options.closeTimeoutMs, () => {
        return new Promise<void>((resolve) => {
          this.#onIdle = resolve;
        });
      });
    this.#isClosed = true;
    for (const each of [this.#current, this.#spare]) each?.end(closed);
  }

  async #running(): Promise<FarSide> {
    const far = this.#current ?? this.#next();
    this.#current = far;
    if (far.isInDoubt) {
      await far.certain();
      return await this.#running();
    }
    if (far.isReady) return far;
    const { startTimeoutMs, load } = this.#options;
    const begun = await within(startTimeoutMs, () => far.ready);
    if (begun.how === "timeout") {
      const why = notReady(startTimeoutMs);
      far.end(why);
      const code = `${quoted(load.exportName)} of ${quoted(load.file, 4_096)}`;
      const text = `${why}: ${code} takes longer to load than startTimeoutMs allows`;
      throw pluginEnded(text, { startTimeoutMs });
    }
    if (begun.how === "threw") throw begun.value;
    const manifest = JSON.stringify(begun.value.manifest);
    this.#first ??= manifest;
    // The plugin that was registered must be the one that runs, even after a restart.
    if (this.#first !== manifest) {
      const why = "has another manifest than at its first start";
      far.end(why);
      throw pluginEnded(why);
    }
    far.isReady = true;
    if (this.#options.spare) this.#prepareSpare();
    return far;
  }

  /** Starts a spare after the same pause as any other start. */
  #prepareSpare(): void {
    const timer = setTimeout(
      () => {
        if (this.#spare !== undefined || this.#closing !== undefined) return;
        const spare = this.#launch();
        this.#spare = spare;
        const { startTimeoutMs } = this.#options;
        const limit = setTimeout(() => {
          if (spare.greetedAt === undefined) spare.end(notReady(startTimeoutMs));
        }, startTimeoutMs);
        limit.unref();
      },
      Math.max(0, this.#notBefore - performance.now()),
    );
    timer.unref();
  }

  #next(): FarSide {
    if (this.#isClosed) throw pluginEnded(closed);
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined && !spare.hasEnded) return spare;
    const wait = this.#notBefore - performance.now();
    if (wait > 0)
      throw pluginEnded(
        `has ended ${this.#failures} times, and starts again in ${Math.ceil(wait)} ms`,
      );
    return this.#launch();
  }

  #launch(): FarSide {
    this.#starts += 1;
    const far: FarSide = new FarSide(this.#options, {
      stray: () => {
        this.#strays += 1;
      },
      end: (why) => this.#ended(far, why),
    });
    return far;
  }

  #ended(far: FarSide, why: string): void {
    if (this.#spare === far) this.#spare = undefined;
    if (this.#current === far) this.#current = undefined;
    const { greetedAt = Number.POSITIVE_INFINITY } = far;
    if (performance.now() - greetedAt > settledMs) this.#failures = 0;
    this.#failures += 1;
    const { firstMs, longestMs } = pauses;
    const pause =
      this.#failures === 1 ? 0 : Math.min(longestMs, firstMs * 2 ** (this.#failures - 2));
    this.#notBefore = performance.now() + pause;
    if (far.isReady && why !== closed) this.#options.onEnd?.(why);
  }
}
