import { underPayloadLimits } from "../../core/data/index.ts";
import { GlassineError, quoted } from "../../core/errors/index.ts";
import { freezePayload } from "../../core/messages/index.ts";
import { kindOf, type Left } from "../rewrite/index.ts";
import type { Call, HookRunner, Step } from "./call.ts";
import { createCallLabels } from "./call-labels.ts";
import { type Denial, denialOf, failed } from "./denials.ts";
import { fieldsStep, leftFields } from "./fields-step.ts";
import { isObject, type JsonObject, sameJson, without } from "./json.ts";
import type { HookManager, HookOptions, HookResult } from "./manager.ts";
import type { GuardMemory } from "./memory.ts";
import { type PassGroup, passByDefault } from "./methods.ts";
import type { GuardEvent, GuardedRequest, GuardOptions } from "./options.ts";
import { payloadFault } from "./payload.ts";
import { headersIn, noteWritten } from "./written-headers.ts";

/** What a hook allowed: the payload as its plugins left it. */
interface Allowed {
  readonly step: Step;
  readonly payload: unknown;
  readonly isChanged: boolean;
}

export function createHookRunner(
  manager: HookManager,
  options: GuardOptions,
  memory: GuardMemory,
): HookRunner {
  const labels = createCallLabels(options.labels, memory, (call, error) =>
    observe(call, "labels", { error }),
  );

  const passed = new Set(options.pass ?? passByDefault);
  const passes = (group: PassGroup) => passed.has(group);

  return {
    manager,
    options,
    listens,
    passes,
    async before(call) {
      if (call.subject.isIdle?.(call)) return undefined;
      return (
        (await prepare(call)) ??
        (await kept(call, () => call.subject.pre(call))) ??
        (await attempt(call, "headers", async () => noteHeaders(call)))
      );
    },
    async after(call, outcome) {
      if (call.subject.isIdle?.(call, outcome)) return undefined;
      return (
        (await prepare(call)) ??
        (await attempt(call, "labels", () => labels.stamp(call, outcome))) ??
        judge(call, outcome) ??
        (await kept(call, () => call.subject.post(call, outcome)))
      );
    },
    learn: labels.learn,
  };

  function listens(hook: string): boolean {
    try {
      return manager.handles(hook);
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code === "hook_unknown") return false;
      throw error;
    }
  }

  async function prepare(call: Call): Promise<Denial | undefined> {
    if (call.isPrepared) return undefined;
    call.isPrepared = true;
    const request = () => requestOf(call);
    return (
      (await attempt(call, "tenant", () => nameTenant(call, request))) ??
      (await attempt(call, "envelope", () => makeEnvelope(call, request))) ??
      (await attempt(call, "labels", () => labels.bring(call, request)))
    );
  }

  /** A notification has the tenant of the call that it belongs to. */
  async function nameTenant(call: Call, request: () => GuardedRequest): Promise<void> {
    const { tenant } = options;
    const isNotice = call.subject.isNotice === true && call.started !== undefined;
    const found: unknown = isNotice
      ? call.started?.tenant
      : typeof tenant === "function"
        ? await tenant(request())
        : tenant;
    if (found === undefined && tenant === undefined) return;
    if (typeof found !== "string") throw payloadFault("a string from the option tenant");
    call.tenant = found;
  }

  /**
   * The envelope belongs to whoever asks, even for the result of a task that somebody else started.
   * A notification has no asker: it keeps the envelope of the call that it belongs to.
   */
  async function makeEnvelope(call: Call, request: () => GuardedRequest): Promise<void> {
    if (call.subject.isNotice && call.started !== undefined) {
      call.extensions = call.started.extensions;
    } else if (options.envelope !== undefined) {
      call.extensions = readEnvelope(await options.envelope(request()));
      call.headersBefore = headersIn(call.extensions);
    }
  }

  /** Reports headers that cannot be sent; they do not refuse the message. */
  function noteHeaders(call: Call): void {
    const refused = noteWritten(call.request, call.headersBefore, headersIn(call.extensions));
    if (refused.length > 0) observe(call, "headers", { error: notSent(refused) });
  }

  /** Whatever throws refuses the message. */
  async function attempt(
    call: Call,
    point: string,
    work: () => Promise<void>,
  ): Promise<Denial | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      observe(call, point, { error });
      return failed;
    }
  }

  function judge(call: Call, outcome: JsonObject): Denial | undefined {
    try {
      labels.judge(call, outcome);
      return undefined;
    } catch (error) {
      observe(call, "data_policy", { error });
      const isPolicy = error instanceof GlassineError && error.code === "data_action_denied";
      return isPolicy ? denialOf({ code: error.code, reason: error.message }) : failed;
    }
  }

  /** Runs hooks. The labels that they added are kept even if they stopped the message. */
  async function kept(call: Call, steps: () => Iterable<Step>): Promise<Denial | undefined> {
    const denial = await run(call, steps);
    const failure = await attempt(call, "labels", () => labels.keep(call));
    return denial ?? failure;
  }

  async function run(call: Call, steps: () => Iterable<Step>): Promise<Denial | undefined> {
    let point = call.method;
    const allowed: Allowed[] = [];
    try {
      for (const step of steps()) {
        // Nobody waits for a stopped call, so run nothing more for it.
        if (call.controller.signal.aborted) return failed;
        point = step.hook;
        if (step.optional && !listens(step.hook)) {
          refuseUnseen(step.unseen ?? []);
          continue;
        }
        const denial = await runStep(call, step, allowed);
        if (denial !== undefined) return denial;
      }
      return await askAgain(call, allowed);
    } catch (error) {
      observe(call, point, { error });
      return failed;
    }
  }

  /**
   * If a hook changed the data after an earlier hook allowed it, the earlier one is asked again.
   */
  async function askAgain(call: Call, allowed: readonly Allowed[]): Promise<Denial | undefined> {
    const last = allowed.findLastIndex(({ isChanged }) => isChanged);
    for (const { step, payload: before } of allowed.slice(0, Math.max(last, 0))) {
      const payload = underPayloadLimits(manager.payloadLimits, () =>
        freezePayload(step.payload(() => {})),
      );
      if (sameJson(payload, before)) continue;
      const options = { ...optionsOf(call), recheck: "only" as const };
      const result = await manager.invoke(step.hook, payload, options);
      observe(call, step.hook, { result });
      call.extensions = result.extensions;
      if (result.continueProcessing !== true) return denialOf(result.violation);
      call.context = result.context;
      if (result.payload !== payload) throw payloadFault("no change to what later plugins made");
    }
    return undefined;
  }

  async function runStep(call: Call, step: Step, allowed: Allowed[]): Promise<Denial | undefined> {
    // Frozen first, so that the same object comes back unless a plugin changed it.
    let unseen: readonly Left[] = [];
    const reportLeft = (left: readonly Left[]) => {
      unseen = left;
    };
    const payload = underPayloadLimits(manager.payloadLimits, () =>
      freezePayload(step.payload(reportLeft)),
    );
    const result = await manager.invoke(step.hook, payload, optionsOf(call));
    observe(call, step.hook, { result });
    call.extensions = result.extensions;
    if (result.continueProcessing !== true) return denialOf(result.violation);
    call.context = result.context;
    const changed = result.payload;
    allowed.push({ step, payload: changed, isChanged: changed !== payload });
    if (changed !== payload) {
      if (!isObject(changed)) throw payloadFault("an object as payload");
      underPayloadLimits(manager.payloadLimits, () => {
        step.write(changed);
        // Places in the document may have changed.
        if (step.rest !== undefined) step.payload(reportLeft);
      });
    }
    if (!wasShown(result)) refuseUnseen(step.unseen ?? []);
    return runRest(call, step, unseen, allowed);
  }

  /** Shows what the hook did not, where a plugin listens. */
  async function runRest(
    call: Call,
    { rest }: Step,
    left: readonly Left[],
    allowed: Allowed[],
  ): Promise<Denial | undefined> {
    // The names of inputs are tokens.
    const hasSteps = (path: string) => path === rest?.input && passes("tokens");
    const unseen = left.filter(({ path }) => !hasSteps(path));
    const fields = rest === undefined ? [] : leftFields(rest.document, unseen, passes);
    if (rest === undefined || fields.length === 0 || !listens(rest.hook)) {
      refuseUnseen(unseen);
      return undefined;
    }
    return runStep(
      call,
      fieldsStep(call, { ...rest, method: call.method, fields, unseen }),
      allowed,
    );
  }

  /** Refuses what no hook has seen, unless the host lets it pass. A denial takes precedence. */
  function refuseUnseen(left: readonly Left[]): void {
    const unseen = left.find(({ kind }) => kind === "content");
    if (unseen === undefined || passes("unknown")) return;
    throw new GlassineError(
      "payload_shape",
      `Expected a message that plugins can see in full, got more at ${unseen.path}: ${unseen.reason} Let a plugin listen to cmf.mcp_request and cmf.mcp_response, or name "unknown" in the option pass.`,
      { path: unseen.path },
    );
  }

  function observe(call: Call, point: string, seen: Pick<GuardEvent, "result" | "error">): void {
    try {
      const { method, direction, id: requestId, record } = call;
      const { request } = record;
      options.onResult?.({ request, method, point, direction, requestId, ...seen });
    } catch {
      // A failing observer does not change the outcome.
    }
  }
}

/** Whether a handler ran: a listening one may be for other calls, or disabled. */
function wasShown({ executions }: HookResult): boolean {
  return executions.some(({ status }) => status !== "skipped" && status !== "disabled");
}

function readEnvelope(made: unknown): object {
  if (isObject(made)) return made;
  throw new GlassineError(
    "extensions_shape",
    `The option "envelope" expects a function that returns an object; it returned ${kindOf(made)}. Return the result of createExtensions or withSlots.`,
  );
}

function notSent(headers: readonly string[]): GlassineError {
  const names = headers.map((name) => quoted(name)).join(", ");
  return new GlassineError(
    "header_invalid",
    `Headers not sent: ${names}. The transport owns the name, or the name or value is malformed.`,
    { headers },
  );
}

function optionsOf(call: Call): HookOptions {
  return {
    signal: call.controller.signal,
    request: call.record.request,
    // What is passed on must be what was allowed.
    recheck: true,
    ...(call.tenant !== undefined && { tenant: call.tenant }),
    ...(call.serverId !== undefined && { server: call.serverId }),
    ...(call.extensions !== undefined && { extensions: call.extensions }),
    ...(call.context !== undefined && { context: call.context }),
  };
}

function requestOf(call: Call) {
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
