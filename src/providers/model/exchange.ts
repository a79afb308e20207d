/** One exchange with a model: judges its request, and its answer, whole or streamed. */
import { ownValue } from "../../core/data/intrinsics.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { createMessage, type Message } from "../../core/messages/index.ts";
import {
  type HeaderChanges,
  type HeadersIn,
  type HookManager,
  headerChanges,
  headersIn,
  notify,
  withHeaderChanges,
} from "../guard/index.ts";
import {
  isRemoved,
  isSameJsonText,
  type Left,
  type LimitOptions,
  type ModelProvider,
  type ModelRefusal,
  type Read,
  type StreamLimits,
  stringAt,
  type Written,
} from "../rewrite/index.ts";
import { ExchangeRecord, outcomeOf } from "./exchange-record.ts";
import { type Forwarding, forwardingOf } from "./forward.ts";
import { exchangeLabels, type HookState, prepareState, withLabelsKept } from "./hook-state.ts";
import { hooks, Judge } from "./judge.ts";
import type {
  BeginOptions,
  Judged,
  JudgedEvent,
  ModelCall,
  ModelEvent,
  ModelExchange,
  ModelGuardOptions,
  ModelOutcome,
} from "./options.ts";
import { errorIn, isError, isErrorEvent } from "./provider-error.ts";
import type { GuardBasis } from "./read-options.ts";
import { type RefusalCode, Refused, refusalOf, unreadable, unwritable } from "./refusals.ts";
import type { LabelRules } from "./session-labels.ts";

/** Whether any plugin would see a request, or an answer. */
export function listensTo(
  part: "request" | "answer",
  manager: Pick<HookManager, "handles">,
  { toolCalls = true }: ModelGuardOptions = {},
): boolean {
  if (part === "request") return manager.handles(hooks.input);
  return manager.handles(hooks.output) || (toolCalls && manager.handles(hooks.toolCall));
}

/** What all exchanges of a guard have in common. */
export interface GuardParts extends GuardBasis {
  readonly provider: ModelProvider;
  /** Selects from `left` what the host does not allow to pass unseen. */
  readonly unseenIn: (left: readonly Left[]) => readonly Left[];
}

type StreamedAnswer = ReturnType<ModelProvider["stream"]>;

export class Exchange implements ModelExchange {
  readonly request: string = crypto.randomUUID();
  readonly #provider: ModelProvider;
  readonly #manager: HookManager;
  readonly #options: ModelGuardOptions;
  readonly #unseenIn: GuardParts["unseenIn"];
  /** Names the content that was refused because no plugin sees it. */
  #unseen: string | undefined;
  readonly #labels: LabelRules | undefined;
  readonly #begun: BeginOptions;
  readonly #limits: LimitOptions;
  readonly #state: HookState;
  readonly #judge: Judge;
  #document: unknown;
  /** The request as plugins left it. */
  #sent: unknown;
  #slots: object = {};
  #prepared: Promise<void> | undefined;
  #answering: Promise<void> | undefined;
  #headersBefore: HeadersIn = headersIn(undefined);
  #headerChanges: HeaderChanges | undefined;
  #isDenied = false;
  /** Of events that are forwarded as they come: a possible error, and what came after it. */
  readonly #held: object[] = [];
  /** A streamed answer of which something has left, until its whole is judged. */
  #unfinished: StreamedAnswer | undefined;
  /** Why a streamed answer was refused, also if its reader left before hearing of it. */
  #refused: ModelRefusal | undefined;
  readonly #record: ExchangeRecord;

  constructor(parts: GuardParts, begun: BeginOptions) {
    const { provider, manager, options, labels, unseenIn } = parts;
    this.#provider = provider;
    this.#manager = manager;
    this.#options = options;
    this.#unseenIn = unseenIn;
    this.#begun = begun;
    this.#limits = { limits: manager.payloadLimits };
    this.#record = new ExchangeRecord(manager, options);
    this.#labels = labels;
    this.#state = { request: this.request, signal: begun.signal };
    this.#judge = new Judge(manager, this.#state, (point, result) => {
      if (result.continueProcessing !== true) this.#isDenied = true;
      this.#observe({ point, result });
    });
  }

  async judgeRequest(document: unknown): Promise<Judged> {
    this.#document = document;
    this.#sent = undefined;
    const judged = await this.#attempt("request", async () => {
      if (!listensTo("request", this.#manager, this.#options)) {
        // If that fails, nothing is sent, although only the answer needs it.
        if (listensTo("answer", this.#manager, this.#options)) await this.#prepare();
        return document as object;
      }
      const read = this.#read("request_invalid", () =>
        this.#provider.readRequest(document, this.#limits),
      );
      this.#slots = withModel(read.extensions, this.#begun.model);
      await this.#prepare();
      const messages = await this.#withLabelsKept(() =>
        this.#judge.messages(hooks.input, read.messages),
      );
      this.#noteHeaders();
      this.#refuseUnseen("request", read.left);
      const onto = document as object;
      const written = this.#provider.writeRequest(messages, { ...this.#limits, onto });
      return this.#written("request", written, messages);
    });
    this.#sent = judged.document;
    this.#record.watch.handedOn();
    return judged;
  }

  async judgeAnswer(document: unknown): Promise<Judged> {
    this.#record.watch.answered();
    return this.#attempt("answer", async () => {
      if (!listensTo("answer", this.#manager, this.#options)) return document as object;
      await this.#refuseError(document);
      const read = this.#read("answer_invalid", () =>
        this.#provider.readAnswer(document, this.#limits),
      );
      if (read.isCutOff) throw new Refused(refusalOf("answer_cut_off"));
      return this.#judgeRead(document as object, read);
    });
  }

  async *judgeEvents(
    events: AsyncIterable<unknown>,
    limits: StreamLimits = {},
  ): AsyncGenerator<JudgedEvent> {
    if (!listensTo("answer", this.#manager, this.#options)) {
      for await (const event of events) yield { event: event as object };
      return;
    }
    const request = this.#sent;
    let stream: StreamedAnswer | undefined;
    let forwarding: Forwarding = "whole";
    try {
      for await (const event of events) {
        let settled: readonly object[] = [];
        const pushed = await this.#attempt("answer", async () => {
          if (stream === undefined) {
            stream = this.#provider.stream({ ...limits, ...this.#limits, request });
            forwarding = await this.#forwarding();
          }
          const opened = stream;
          // Some servers end a stream of any API with the error of Chat Completions.
          if (ownValue(event, "type") === undefined) await this.#refuseError(event);
          this.#read("answer_invalid", () => opened.push(event as object));
          settled = await this.#settled(event as object, opened, forwarding);
          return opened;
        });
        if (pushed.refusal !== undefined) throw new Refused(pushed.refusal);
        if (settled.length > 0) this.#unfinished = stream;
        for (const each of settled) yield { event: each };
      }
      this.#record.watch.answered();
      const { document: whole, refusal } = await this.#attempt("answer", async () => {
        const opened = stream;
        if (opened === undefined) throw new Refused(refusalOf("answer_invalid"));
        const document = this.#read("answer_invalid", () => opened.document);
        // Checked before `done`: an error can be all that a stream contains.
        await this.#refuseError(document);
        if (!opened.done) throw new Refused(refusalOf("answer_cut_off"));
        const read = this.#read("answer_invalid", () => opened.current);
        this.#takeUnfinished();
        const judged = await this.#judgeRead(document, read);
        if (opened.omitted !== undefined && forwarding !== "as they come") {
          const expected = "Expected a stream that can be written again, which would be without";
          throw unwritable(opened.omitted, expected);
        }
        const rest = this.#rest(read, judged, forwarding);
        if (rest === undefined) throw new Refused(refusalOf("answer_contradicted"));
        return rest;
      });
      if (refusal !== undefined) throw new Refused(refusal);
      for (const event of whole as readonly object[]) yield { event };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const isAborted = this.#state.signal?.aborted === true;
      // First, so that the caller's next request has the labels.
      const refusal = (await this.#judgeUnfinished()) ?? error.refusal;
      // A hook that was aborted says nothing about the answer.
      if (!isAborted) this.#refused = refusal;
      yield { refusal };
    } finally {
      // The stream broke, or its reader left.
      await this.#judgeUnfinished();
    }
  }

  /** Whoever aborts from now on has read what has left nevertheless: it is judged all the same. */
  #takeUnfinished(): StreamedAnswer | undefined {
    const stream = this.#unfinished;
    this.#unfinished = undefined;
    if (stream !== undefined) this.#state.signal = undefined;
    return stream;
  }

  /** Judges an answer that will not be complete, if some of it has left unseen by watchers. */
  async #judgeUnfinished(): Promise<ModelRefusal | undefined> {
    const stream = this.#takeUnfinished();
    if (stream === undefined) return undefined;
    const { refusal } = await this.#attempt("answer", async () => {
      const read = this.#read("answer_invalid", () => stream.current);
      await this.#prepareAnswer();
      this.#judge.addSlots(read.extensions);
      return this.#withLabelsKept(() => this.#judge.messages(hooks.output, read.messages));
    });
    this.#refused = refusal;
    return refusal;
  }

  withHeaders(own: Headers): Headers {
    return this.#headerChanges ? withHeaderChanges(own, this.#headerChanges) : new Headers(own);
  }

  /** Notes the headers that plugins wrote. Unsendable ones are reported, but refuse nothing. */
  #noteHeaders(): void {
    const after = headersIn(this.#state.extensions);
    const { changes, error } = headerChanges(this.#headersBefore, after);
    this.#headerChanges = changes;
    if (error !== undefined) this.#observe({ point: "headers", error });
  }

  /** Decides how a streamed answer is forwarded. */
  async #forwarding(): Promise<Forwarding> {
    await this.#prepare();
    const { toolCalls = true } = this.#options;
    const checksCalls = toolCalls && this.#manager.handles(hooks.toolCall);
    return forwardingOf(this.#provider, this.#judge.plan(), checksCalls);
  }

  /** The events that may be forwarded now that `event` has come. */
  async #settled(
    event: object,
    stream: StreamedAnswer,
    forwarding: Forwarding,
  ): Promise<readonly object[]> {
    if (forwarding === "whole") return [];
    if (forwarding === "as they come") {
      if (this.#held.length === 0 && !isErrorEvent(event)) return [event];
      this.#held.push(event);
      return [];
    }
    return forwarding.next(event, stream, {
      limits: this.#limits,
      isSeen: (read, answer) =>
        stream.omitted === undefined &&
        this.#unseenIn(this.#unrepeatedLeft(read, answer)).length === 0,
      judge: async (message, read) => {
        await this.#prepareAnswer();
        const { extensions } = this.#state;
        const judged = await this.#withLabelsKept(() => this.#judge.part(message, read.extensions));
        // The session keeps the labels. The envelope gets them once the whole answer is judged.
        this.#state.extensions = extensions;
        return judged;
      },
    });
  }

  /** The events still to be sent; `undefined` if `judged` contradicts those that were sent. */
  #rest(read: Read, judged: object, forwarding: Forwarding): readonly object[] | undefined {
    if (forwarding === "as they come") {
      // The text of arguments may differ: it is written as it was read.
      const { messages } = this.#provider.readAnswer(judged, this.#limits);
      return isSameJsonText(messages, read.messages) ? this.#held : undefined;
    }
    const events = this.#read("edit_unwritable", () =>
      this.#provider.toEvents(judged, this.#limits),
    );
    return forwarding === "whole" ? events : forwarding.last(events, this.#limits);
  }

  async judgeError(document: unknown, status: number): Promise<ModelRefusal> {
    this.#record.watch.answered();
    const { message, code } = errorIn(document);
    const said = `The provider answered with an error of status ${status}`;
    if (message === undefined) return Object.freeze({ code, reason: said, status });
    let reason = said;
    const { refusal } = await this.#attempt("answer", async () => {
      await this.#prepareAnswer();
      const text = createMessage({
        role: "assistant",
        content: [{ content_type: "text", text: message }],
      });
      const [judged] = await this.#withLabelsKept(() => this.#judge.messages(hooks.output, [text]));
      const parts = judged?.content ?? [];
      reason = parts.map((part) => ("text" in part ? part.text : "")).join("\n") || said;
      return {};
    });
    return refusal ?? Object.freeze({ code, reason, status });
  }

  /** Refuses an answer that reports a failure of the provider, with its judged message. */
  async #refuseError(answer: unknown): Promise<void> {
    // A stream of Google may come as an array of its events.
    const events: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
    const failed = events.find((event) => isError(ownValue(event, "error")));
    if (failed !== undefined) throw new Refused(await this.judgeError(failed, 502));
  }

  end(refusal?: ModelRefusal, outcome?: ModelOutcome, code = refusal?.code): void {
    if (refusal === undefined && this.#refused !== undefined) {
      // It says more than that the rest of the answer did not come.
      this.end(this.#refused, outcome === "aborted" ? outcome : undefined);
      return;
    }
    const { signal } = this.#begun;
    this.#record.end(() => ({
      request: this.request,
      provider: this.#provider.name,
      subject: stringAt(this.#state.extensions, "security", "subject", "id"),
      name: stringAt(this.#slots, "llm", "model_id"),
      outcome: outcome ?? outcomeOf(refusal, signal, this.#isDenied),
      code,
      plugin: refusal?.plugin,
      tenant: this.#state.tenant,
      ...(code === "content_unseen" && { unseen: this.#unseen }),
    }));
  }

  /** Judges all messages of the answer `document` and returns the answer as plugins left it. */
  async #judgeRead(document: object, read: Read): Promise<object> {
    await this.#prepareAnswer();
    this.#judge.addSlots(read.extensions);
    const messages = await this.#withLabelsKept(async () => {
      const said = await this.#judge.messages(hooks.output, read.messages);
      if (this.#options.toolCalls === false) return said;
      const judged: Message[] = [];
      for (const message of said) judged.push(await this.#judge.toolCalls(message));
      return judged;
    });
    this.#refuseUnseen("answer", this.#unrepeatedLeft(read, document));
    const written = this.#provider.writeAnswer(messages, { ...this.#limits, onto: document });
    return this.#written("answer", written, messages);
  }

  /** What plugins did not see of an answer, except for what it repeats from the request. */
  #unrepeatedLeft({ left }: Read, answer: object): readonly Left[] {
    const repeated = this.#provider.repeatedIn?.(answer, this.#sent) ?? [];
    return left.filter(({ path }) => !repeated.includes(path));
  }

  /** Determines tenant, envelope and labels before the first hook. A failure is not retried. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#makeEnvelope();
    return this.#prepared;
  }

  /**
   * Before the first hook of the answer: adds the labels that the session has by then. Only once,
   * because labels of a part of a stream must not reach the hooks of the whole answer.
   */
  #prepareAnswer(): Promise<void> {
    this.#answering ??= this.#prepared === undefined ? this.#prepare() : this.#bringLabels();
    return this.#answering;
  }

  async #bringLabels(): Promise<void> {
    await this.#prepared;
    await this.#step("labels", () => exchangeLabels(this.#state));
  }

  async #makeEnvelope(): Promise<void> {
    const call: ModelCall = Object.freeze({
      request: this.request,
      provider: this.#provider.name,
      document: this.#document,
      slots: this.#slots,
      about: this.#begun.about,
    });
    this.#state.extensions = this.#slots;
    await prepareState(this.#state, call, {
      options: this.#options,
      labels: this.#labels,
      run: (point, work) => this.#step(point, work),
      report: (point, error) => this.#observe({ point, error }),
    });
    this.#headersBefore = headersIn(this.#state.extensions);
  }

  #withLabelsKept<Result>(work: () => Promise<Result>): Promise<Result> {
    return withLabelsKept(this.#state, (point, step) => this.#step(point, step), work);
  }

  /** Refuses content that no plugin saw, unless the host lets it pass. */
  #refuseUnseen(point: "request" | "answer", left: readonly Left[]): void {
    const [unseen] = this.#unseenIn(left);
    if (unseen === undefined) return;
    const { kind, path, reason } = unseen;
    this.#unseen = kind === path ? kind : `${kind} ${path}`;
    // A caller gets no path in an answer: its names come from the provider, and may be confidential.
    const shown = point === "request" ? this.#unseen : kind;
    const text = `Expected messages that plugins can see in full, got content that no hook shows at ${path}: ${reason} To let it pass, add "${kind}" or "${kind} ${path}" to the option allow.`;
    throw new Refused(
      refusalOf("content_unseen", shown),
      new GlassineError("payload_shape", text, { path }),
    );
  }

  /**
   * Refuses a document that differs from what was judged, or has lost content that plugins did not
   * see, and a request that the provider may replace with what it stored.
   */
  #written(
    point: "request" | "answer",
    { document, lost }: Written<object>,
    messages: readonly Message[],
  ): object {
    const [first] = lost;
    if (first === undefined) return document;
    const unsafe = lost.find((item) =>
      item.kind === undefined ? isRemoved(item) : item.kind === "stored" && point === "request",
    );
    const readAgain = () =>
      point === "request"
        ? this.#provider.readRequest(document, this.#limits)
        : this.#provider.readAnswer(document, this.#limits);
    if (unsafe === undefined && isSameJsonText(readAgain().messages, messages)) return document;
    const expected = "Expected changes that the provider's format can hold, got another at";
    throw unwritable(unsafe ?? first, expected);
  }

  #read<Result>(code: RefusalCode, read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      throw unreadable(code, error);
    }
  }

  /** Runs a step. If it throws, the error is reported once and the exchange is refused. */
  async #step(point: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#observe({ point, error });
      throw new Refused(refusalOf("guard_failed"));
    }
  }

  async #attempt(point: string, work: () => Promise<object>): Promise<Judged> {
    try {
      return { document: await work() };
    } catch (error) {
      if (!(error instanceof Refused)) {
        this.#observe({ point, error });
        return { refusal: refusalOf("guard_failed") };
      }
      if (error.cause !== undefined) this.#observe({ point, error: error.cause });
      return { refusal: error.refusal };
    }
  }

  #observe(seen: Pick<ModelEvent, "point" | "result" | "error">): void {
    const { request } = this;
    const { name: provider } = this.#provider;
    notify(this.#options.onResult, () => ({ request, provider, ...seen }));
  }
}

/** Names the model of a request whose body does not name it. */
function withModel(slots: { readonly llm?: object }, model: string | undefined): object {
  if (model === undefined) return slots;
  return Object.freeze({ ...slots, llm: Object.freeze({ model_id: model, ...slots.llm }) });
}
