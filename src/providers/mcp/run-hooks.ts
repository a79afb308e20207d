import { kindOf, underPayloadLimits } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { freezePayload, type Message } from "../../core/messages/index.ts";
import {
  type HookManager,
  type HookOptions,
  type HookResult,
  headerChanges,
  headersIn,
  notify,
} from "../guard/index.ts";
import { type Left, sameJson } from "../rewrite/index.ts";
import { inputPoints, postSteps, preSteps } from "./asked-steps.ts";
import {
  type Call,
  type Checked,
  type HookRunner,
  isStopped,
  ownRequest,
  type Step,
} from "./call.ts";
import { CallLabels, isEnvelopeActive } from "./call-labels.ts";
import { type Denial, denialOf, failed } from "./denials.ts";
import { fieldsStep, leftFields } from "./fields-step.ts";
import { isObject, type JsonObject, without } from "./json.ts";
import type { GuardMemory } from "./memory.ts";
import { type PassGroup, passByDefault } from "./methods.ts";
import type { GuardEvent, GuardedRequest, GuardOptions } from "./options.ts";
import { sendWith } from "./outbox.ts";
import { checkUnwritable, payloadFault } from "./payload.ts";
import type { Direction } from "./transport.ts";

/** Work that is either done or has to wait. */
type Work = Promise<void> | void;

/** What a hook allowed: the payload as its plugins left it. */
interface Allowed {
  readonly step: Step;
  readonly payload: unknown;
  readonly isChanged: boolean;
}

export class Hooks implements HookRunner {
  readonly manager: HookManager;
  readonly options: GuardOptions;
  readonly #labels: CallLabels;
  readonly #passed: readonly PassGroup[];

  constructor(manager: HookManager, options: GuardOptions, memory: GuardMemory) {
    this.manager = manager;
    this.options = options;
    this.#passed = options.pass ?? passByDefault;
    this.#labels = new CallLabels(options.labels, memory, (call, error) =>
      this.#observe(call, "labels", { error }),
    );
  }

  readonly passes = (group: PassGroup): boolean => this.#passed.includes(group);

  readonly listens = (hook: string): boolean => this.manager.handles(hook);

  learn(direction: Direction, method: string, answer: JsonObject): void {
    this.#labels.learn(direction, method, answer);
  }

  before(call: Call): Checked {
    if (call.subject.isIdle?.(call)) return undefined;
    if (this.#isJudged(call, "pre", call.params)) return this.#judgeRequest(call);
    return untilDenied([
      () => this.#prepare(call),
      () => (isEnvelopeActive(call) ? this.#judgeRequest(call) : this.#saveLabels(call)),
    ]);
  }

  #judgeRequest(call: Call): Checked {
    return untilDenied([
      () => this.#attempt(call, call.method, () => ownRequest(call)),
      () => this.#prepare(call),
      () => this.#runAndSave(call, () => preSteps(call)),
      () => this.#attempt(call, "headers", () => this.#noteHeaders(call)),
    ]);
  }

  letsThrough(call: Call, answer: JsonObject): boolean {
    if (call.subject.isIdle?.(call, answer)) return true;
    // JSON-RPC allows no result together with an error: `checkAnswer` removes it.
    if (answer.result !== undefined && answer.error !== undefined) return false;
    return call.isPrepared && !isEnvelopeActive(call) && !this.#isJudged(call, "post", answer);
  }

  label(call: Call, answer: JsonObject): Checked {
    if (call.subject.isIdle?.(call, answer)) return undefined;
    return this.#attempt(call, "labels", () => this.#labels.stamp(call, answer));
  }

  after(call: Call, outcome: JsonObject): Checked {
    if (call.subject.isIdle?.(call, outcome)) return undefined;
    return untilDenied([
      () => this.#prepare(call),
      () => this.#attempt(call, "labels", () => this.#labels.stamp(call, outcome)),
      () => this.#judgePolicies(call),
      () =>
        this.#runAndSave(call, () => postSteps(call, outcome, call.subject.post(call, outcome))),
    ]);
  }

  /**
   * Whether a plugin or the host is to see a message, or it holds more than may pass unseen. A
   * subject without hooks of its own exists only if a plugin listens.
   */
  #isJudged({ subject }: Call, part: "pre" | "post", document: JsonObject): boolean {
    if (subject.hooks === undefined || this.options.onResult !== undefined) return true;
    if (subject.hooks[part].some(this.listens) || inputPoints.some(this.listens)) return true;
    if (this.passes("unknown")) return false;
    const left = subject.leftOf?.(part === "pre" ? "params" : "outcome", document);
    return left === undefined || left.some(({ kind }) => kind !== "setting");
  }

  #prepare(call: Call): Checked {
    if (call.isPrepared) return undefined;
    call.isPrepared = true;
    const request = () => guardedRequest(call);
    return untilDenied([
      () => this.#attempt(call, "tenant", () => this.#nameTenant(call, request)),
      () => this.#attempt(call, "envelope", () => this.#makeEnvelope(call, request)),
      () => this.#attempt(call, "labels", () => this.#labels.load(call, request)),
    ]);
  }

  /** A notification has the tenant of the call that it belongs to. */
  #nameTenant(call: Call, request: () => GuardedRequest): Work {
    const { tenant } = this.options;
    const isNotice = call.subject.isNotice === true && call.started !== undefined;
    const found: unknown = isNotice
      ? call.started?.tenant
      : typeof tenant === "function"
        ? tenant(request())
        : tenant;
    return withValue(found, (name) => {
      if (name === undefined && tenant === undefined) return;
      if (typeof name !== "string") throw payloadFault("a string from the option tenant");
      call.tenant = name;
    });
  }

  /**
   * The envelope is that of whoever asks, even for the result of a task that somebody else started.
   * Nobody asks for a notification, so it keeps the envelope of the call that it belongs to.
   */
  #makeEnvelope(call: Call, request: () => GuardedRequest): Work {
    const { envelope } = this.options;
    if (call.subject.isNotice && call.started !== undefined) {
      call.extensions = call.started.extensions;
      call.headersBefore = headersIn(call.extensions);
    } else if (envelope !== undefined) {
      return withValue(envelope(request()), (made) => {
        call.extensions = readEnvelope(made);
        call.headersBefore = headersIn(call.extensions);
      });
    }
  }

  /** Notes the headers to send. Those that cannot be sent are reported, but refuse nothing. */
  #noteHeaders(call: Call): void {
    const before = call.headersBefore ?? headersIn(undefined);
    const { changes, error } = headerChanges(before, headersIn(call.extensions));
    if (changes !== undefined) sendWith(call.request, changes);
    if (error !== undefined) this.#observe(call, "headers", { error });
  }

  fail(call: Call, point: string, error: unknown): Denial {
    this.#observe(call, point, { error });
    return failed;
  }

  /** Does `work`. If it throws, the message is refused. */
  #attempt(call: Call, point: string, work: () => Work): Checked {
    const fail = (error: unknown) => this.fail(call, point, error);
    try {
      return work()?.then(() => undefined, fail);
    } catch (error) {
      return fail(error);
    }
  }

  #judgePolicies(call: Call): Denial | undefined {
    try {
      this.#labels.judge(call);
      return undefined;
    } catch (error) {
      this.#observe(call, "data_policy", { error });
      const isPolicy = error instanceof GlassineError && error.code === "data_action_denied";
      return isPolicy ? denialOf({ code: error.code, reason: error.message }) : failed;
    }
  }

  /** Runs hooks. The labels that they added are kept even if they stopped the message. */
  async #runAndSave(call: Call, steps: () => Iterable<Step>): Promise<Denial | undefined> {
    const denial = await this.#run(call, steps);
    const failure = await this.#saveLabels(call);
    return denial ?? failure;
  }

  #saveLabels(call: Call): Checked {
    return this.#attempt(call, "labels", () => this.#labels.save(call));
  }

  async #run(call: Call, steps: () => Iterable<Step>): Promise<Denial | undefined> {
    let point = call.method;
    const allowed: Allowed[] = [];
    try {
      for (const step of steps()) {
        // Nobody waits for a stopped call, so run nothing more for it.
        if (isStopped(call)) return failed;
        point = step.hook;
        if (step.optional && !this.listens(step.hook)) {
          this.#refuseUnseen(step.unseen ?? []);
          continue;
        }
        const denial = await this.#runStep(call, step, allowed);
        if (denial !== undefined) return denial;
      }
      const last = allowed.findLastIndex(({ isChanged }) => isChanged);
      return last > 0 ? await this.#askAgain(call, allowed.slice(0, last)) : undefined;
    } catch (error) {
      return this.fail(call, point, error);
    }
  }

  /**
   * Asks hooks again if a later hook changed the data that they had allowed.
   */
  async #askAgain(call: Call, earlier: readonly Allowed[]): Promise<Denial | undefined> {
    for (const { step, payload: before } of earlier) {
      const payload = underPayloadLimits(this.manager.payloadLimits, () =>
        freezePayload(step.payload(() => {})),
      );
      if (sameJson(payload, before)) continue;
      const options = { ...optionsOf(call), recheck: "only" as const };
      const result = await this.manager.invoke(step.hook, payload, options);
      this.#observe(call, step.hook, { result });
      call.extensions = result.extensions;
      if (result.continueProcessing !== true) return denialOf(result.violation);
      call.context = result.context;
      if (result.payload !== payload)
        throw payloadFault("no further change by a plugin that saw the message again");
    }
    return undefined;
  }

  async #runStep(call: Call, step: Step, allowed: Allowed[]): Promise<Denial | undefined> {
    // Frozen first, so that the same object comes back unless a plugin changed it.
    let unseen: readonly Left[] = [];
    const reportLeft = (left: readonly Left[]) => {
      unseen = left;
    };
    const payload = underPayloadLimits(this.manager.payloadLimits, () =>
      freezePayload(step.payload(reportLeft)),
    );
    const result = await this.manager.invoke(step.hook, payload, optionsOf(call));
    this.#observe(call, step.hook, { result });
    call.extensions = result.extensions;
    if (result.continueProcessing !== true) return denialOf(result.violation);
    call.context = result.context;
    const changed = result.payload;
    allowed.push({ step, payload: changed, isChanged: changed !== payload });
    if (changed !== payload) {
      if (!isObject(changed)) throw payloadFault("an object as payload");
      underPayloadLimits(this.manager.payloadLimits, () => {
        if ("write" in step) {
          checkUnwritable(payload as JsonObject, changed, step.writable);
          step.write(changed);
        }
        // The manager checked it against the schema of messages.
        else step.writeMessage(changed as Message);
        // What the payload leaves out may be at other paths now.
        if (step.left !== undefined) unseen = step.left();
        else if (step.rest !== undefined) step.payload(reportLeft);
      });
    }
    if (!wasShown(result)) this.#refuseUnseen(step.unseen ?? []);
    return this.#runRest(call, step, unseen, allowed);
  }

  /** Shows what the hook left out, if a plugin listens. */
  #runRest(call: Call, { rest }: Step, left: readonly Left[], allowed: Allowed[]): Checked {
    // Inputs have steps of their own, which do not show the names. Those count as tokens.
    const input = rest?.hook === "cmf.mcp_request" ? "inputResponses" : "inputRequests";
    const hasSteps = rest !== undefined && this.passes("tokens");
    const unseen = hasSteps ? left.filter(({ path }) => path !== input) : left;
    const fields = rest === undefined ? [] : leftFields(rest.document, unseen, this.passes);
    if (rest === undefined || fields.length === 0 || !this.listens(rest.hook)) {
      this.#refuseUnseen(unseen);
      return undefined;
    }
    return this.#runStep(
      call,
      fieldsStep(call, { ...rest, method: call.method, fields, unseen }),
      allowed,
    );
  }

  /** Throws for content that no hook has seen, unless the host lets it pass. Denials come first. */
  #refuseUnseen(left: readonly Left[]): void {
    const unseen = left.find(({ kind }) => kind !== "setting");
    if (unseen === undefined || this.passes("unknown")) return;
    throw new GlassineError(
      "payload_shape",
      `Expected a message that plugins can see in full, got content that no plugin sees at ${unseen.path}: ${unseen.reason} Let a plugin listen to cmf.mcp_request and cmf.mcp_response, or add "unknown" to the option pass.`,
      { path: unseen.path },
    );
  }

  #observe(call: Call, point: string, seen: Pick<GuardEvent, "result" | "error">): void {
    const event = () => {
      const { method, direction, id: requestId, record } = call;
      return { request: record.request, method, point, direction, requestId, ...seen };
    };
    notify(this.options.onResult, event);
    if (!seen.result) notify(this.options.onFailure, event);
  }
}

/** Whether a handler ran: one that listens may be disabled, or meant for other calls. */
function wasShown({ executions }: HookResult): boolean {
  return executions.some(({ status }) => status !== "skipped" && status !== "disabled");
}

function optionsOf(call: Call): HookOptions {
  call.controller ??= new AbortController();
  return {
    signal: call.controller.signal,
    request: call.record.request,
    // What is passed on must be what was allowed.
    recheck: true,
    tenant: call.tenant,
    server: call.serverId,
    extensions: call.extensions,
    context: call.context,
  };
}

/** Hands a value of the host to `next`, at once unless it is a promise. */
function withValue(value: unknown, next: (value: unknown) => void): Work {
  const isPromise = isObject(value) && typeof value.then === "function";
  return isPromise ? Promise.resolve(value).then(next) : next(value);
}

/** Runs the steps in order until one denies. It waits only for a step that returns a promise. */
function untilDenied(steps: readonly (() => Checked)[]): Checked {
  for (let place = 0; place < steps.length; place += 1) {
    const denial = steps[place]?.();
    if (denial instanceof Promise) {
      return denial.then((found) => found ?? untilDenied(steps.slice(place + 1)));
    }
    if (denial !== undefined) return denial;
  }
  return undefined;
}

/** What the host gets to see of a request. */
function guardedRequest(call: Call): GuardedRequest {
  const sessionId = call.transportSession;
  const extra = call.direction === "incoming" && isObject(call.aux) ? call.aux : {};
  return {
    method: call.method,
    direction: call.direction,
    id: call.id,
    params: without(call.params, ["_meta"]),
    mcp: call.subject.describe(call),
    sessionId: typeof sessionId === "string" ? sessionId : undefined,
    authInfo: extra.authInfo,
    requestInfo: extra.requestInfo ?? extra.request,
  };
}

function readEnvelope(made: unknown): object {
  if (isObject(made)) return made;
  throw new GlassineError(
    "extensions_shape",
    `The option "envelope" expects a function that returns an object; it returned ${kindOf(made)}. Return the result of createExtensions or withSlots.`,
  );
}
