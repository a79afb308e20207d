/** Ends each request of a guard once, and counts the outcomes. */
import { type HookManager, InUse, notify, recordAccess, Stopwatch } from "../guard/index.ts";
import type { Denial } from "./denials.ts";
import type { GuardCounts, GuardEnd, GuardOptions, GuardOutcome } from "./options.ts";
import type { Direction, RequestId } from "./transport.ts";

interface Hooks {
  readonly manager: HookManager;
  readonly options: GuardOptions;
}

/** What is known of a request when it arrives. */
type RequestStart = Pick<GuardEnd, "method" | "direction" | "requestId">;

/** What is known of a request that hooks were run for. */
export interface CallFacts extends Pick<GuardEnd, "subject" | "name" | "begunBy"> {
  readonly tenant: string | undefined;
}

/** A request in progress, which ends once. */
export class RequestRecord {
  readonly #start: RequestStart;
  readonly #log: RequestLog;
  readonly #inUse: InUse | undefined;
  readonly watch: Stopwatch = new Stopwatch();
  #request: string | undefined;
  #isEnded = false;

  constructor(log: RequestLog, start: RequestStart, inUse?: InUse) {
    this.#log = log;
    this.#start = start;
    this.#inUse = inUse;
  }

  /** The library's own id: a peer chooses the id on the wire. */
  get request(): string {
    this.#request ??= crypto.randomUUID();
    return this.#request;
  }

  /** Ends the request. Only the first end counts. `factsOf` returns nothing if no hook ran. */
  end(
    outcome: GuardOutcome,
    because: Partial<Denial["data"]>,
    factsOf: () => CallFacts | undefined = () => undefined,
  ): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#log.count(this.#start, outcome);
    if (this.#log.isRead) this.#report(outcome, because, factsOf());
    this.#inUse?.leave();
  }

  #report(
    outcome: GuardOutcome,
    because: Partial<Denial["data"]>,
    facts: CallFacts | undefined,
  ): void {
    const timings = this.watch.timings();
    const { method, direction, requestId } = this.#start;
    const { code, plugin } = because;
    const { request } = this;
    const { subject, name, begunBy } = facts ?? {};
    const end: GuardEnd = {
      method,
      direction,
      requestId,
      request,
      outcome,
      code,
      plugin,
      timings,
      subject,
      name,
      begunBy,
    };
    this.#log.ended(Object.freeze(end), facts);
  }
}

/** Counts the requests of one guard and reports their ends to the host. */
export class RequestLog {
  readonly #hooks: () => Hooks;
  /** Counts the requests that use the current manager. */
  #inUse = new InUse();
  #openIncoming = 0;
  readonly #counts: Record<Exclude<keyof GuardCounts, "open" | "openIncoming">, number> = {
    started: 0,
    allowed: 0,
    denied: 0,
    errored: 0,
    aborted: 0,
    dropped: 0,
  };

  constructor(hooks: () => Hooks) {
    this.#hooks = hooks;
  }

  begin(start: RequestStart): RequestRecord {
    this.#counts.started += 1;
    if (isIncoming(start)) this.#openIncoming += 1;
    this.#inUse.enter();
    return new RequestRecord(this, start, this.#inUse);
  }

  /** Lets another manager take over. Resolves once no request uses the previous one. */
  takeOver(): Promise<void> {
    const before = this.#inUse;
    this.#inUse = new InUse();
    return before.free();
  }

  /** Records a message that is not a request, or that belongs to none. */
  dropped(method: unknown, direction: Direction, id: unknown): void {
    const start = {
      method: typeof method === "string" ? method : undefined,
      direction,
      requestId: id as RequestId | undefined,
    };
    new RequestRecord(this, start).end("dropped", {});
  }

  counts(): GuardCounts {
    const { started, allowed, denied, errored, aborted } = this.#counts;
    const open = started - allowed - denied - errored - aborted;
    return Object.freeze({ ...this.#counts, open, openIncoming: this.#openIncoming });
  }

  count(start: RequestStart, outcome: GuardOutcome): void {
    this.#counts[outcome] += 1;
    // What is dropped was never counted as open.
    if (outcome !== "dropped" && isIncoming(start)) this.#openIncoming -= 1;
  }

  /** Whether anybody reads the ends of requests. */
  get isRead(): boolean {
    const { onEnd, access } = this.#hooks().options;
    return onEnd !== undefined || access !== undefined;
  }

  ended(end: GuardEnd, facts: CallFacts | undefined): void {
    const { manager, options } = this.#hooks();
    const { onEnd, access, serverId, tenant } = options;
    notify(onEnd, () => end);
    // A request that no hook ran for is recorded only if it was refused.
    if (facts === undefined && !isRefused(end)) return;
    recordAccess(manager, access, end, {
      eventType: "mcp.request_ended",
      target: end.method,
      tenant: facts?.tenant ?? (typeof tenant === "string" ? tenant : undefined),
      metadata: { method: end.method ?? null, server_id: serverId ?? null },
    });
  }
}

/** Whether it is a request that was received. A notification has no id. */
function isIncoming({ direction, requestId }: RequestStart): boolean {
  return direction === "incoming" && requestId !== undefined;
}

function isRefused({ outcome }: GuardEnd): boolean {
  return outcome === "denied" || outcome === "errored";
}
