import { brandOf } from "../../core/envelope/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import {
  boundedStore,
  checkSession,
  type LabelStore,
  labelsIn,
  policyLabels,
  policyViolation,
  SessionLabels,
  withLabels,
} from "../../core/labels/index.ts";
import type { Call } from "./call.ts";
import { blocksIn, entitiesOf } from "./entities.ts";
import { isObject, type JsonObject } from "./json.ts";
import { type GuardMemory, unnamedSession } from "./memory.ts";
import type { GuardedRequest, GuardLabels } from "./options.ts";
import { listedIn } from "./resource-names.ts";
import type { Direction } from "./transport.ts";
import { WireReader } from "./wire-labels.ts";

/** Lists that later answers are judged by, even if no plugin sees them. */
export const learnedLists: readonly string[] = [
  "tools/list",
  "resources/list",
  "resources/directory/read",
  "skills/list",
];

/**
 * The labels of a call: those of its session, those of its result, and those its plugins add.
 * If a method throws, the message is refused.
 */
export class CallLabels {
  readonly #options: GuardLabels | undefined;
  readonly #memory: GuardMemory;
  readonly #hostStore: LabelStore | undefined;
  readonly #wire: WireReader | undefined;
  readonly #onError: (call: Call, error: unknown) => void;

  /** Calls `onError` for a failed store if the host chose to continue. */
  constructor(
    options: GuardLabels | undefined,
    memory: GuardMemory,
    onError: (call: Call, error: unknown) => void,
  ) {
    this.#options = options;
    this.#memory = memory;
    this.#hostStore = options?.store && boundedStore(options.store, options.timeoutMs);
    this.#wire = options?.fromWire && new WireReader(options.fromWire, memory);
    this.#onError = onError;
  }

  /** Before the pre hooks: adds the labels of the session and of the call that started the task. */
  load(call: Call, request: () => GuardedRequest): Promise<void> | void {
    call.extensions = withLabels(call.extensions, labelsIn(call.started?.extensions));
    if (this.#options !== undefined) return this.#loadSession(call, request);
  }

  async #loadSession(call: Call, request: () => GuardedRequest): Promise<void> {
    const onIgnored = (error: unknown) => this.#onError(call, error);
    const session = await this.#sessionOf(call, request);
    call.session = new SessionLabels(
      session,
      this.#hostStore ?? this.#ownStore(call),
      this.#options?.onStoreError === "ignore" ? onIgnored : undefined,
    );
    call.extensions = await call.session.load(call.extensions);
  }

  /** Before the post hooks: adds the labels of the outcome to the envelope and the session. */
  stamp(call: Call, outcome: JsonObject): Promise<void> | void {
    const { embedded, links } = blocksIn(outcome);
    this.#learnNames(call, links);
    const envelopes = envelopesOf(call).filter(hasPolicies);
    call.entities =
      envelopes.length === 0 ? [] : entitiesOf(call, outcome, embedded, this.#memory.names);
    const byPolicy = envelopes.flatMap((extensions) =>
      (call.entities ?? []).flatMap((entity) => policyLabels(extensions, entity)),
    );
    const byWire = this.#wire?.labelsOf(call, outcome) ?? [];
    call.extensions = withLabels(call.extensions, [...byPolicy, ...byWire]);
    // Even without a label of its own: another call of the session may have added some meanwhile.
    if (call.session !== undefined) return append(call, call.session);
  }

  /** After the hooks, however they ended: saves the labels they added to the session. */
  save(call: Call): Promise<void> | void {
    const { session, extensions } = call;
    if (session !== undefined && !session.holds(extensions)) return append(call, session);
  }

  /**
   * Judges the outcome that was stamped last.
   *
   * @throws GlassineError `data_action_denied` when a data policy does not let it pass
   */
  judge(call: Call): void {
    for (const extensions of envelopesOf(call)) {
      for (const entity of call.entities ?? []) {
        const violation = policyViolation(extensions, entity);
        if (violation !== undefined) throw new GlassineError(violation.code, violation.reason);
      }
    }
  }

  /** Learns from the answer to one of `learnedLists`. */
  learn(direction: Direction, method: string, answer: JsonObject): void {
    if (method === "tools/list") this.#wire?.learn(direction, answer);
    else this.#memory.names.learn(direction, listedIn(answer));
  }

  /** Learns the names of linked resources: a later policy may go by a name. */
  #learnNames({ direction }: Call, links: readonly JsonObject[]): void {
    if (links.length > 0) this.#memory.names.learn(direction, links);
  }

  /** A single shared session lasts as long as the manager, however long it is idle. */
  #ownStore(call: Call): LabelStore {
    const session = this.#options?.session;
    const memory = this.#memory;
    const isKept = typeof session === "string" || (session ?? call.sessionName) === undefined;
    // Read for each use: another memory may have taken over the labels meanwhile.
    return {
      load: (each) => memory.labels.load(each, isKept),
      append: (each, labels) => memory.labels.append(each, labels, isKept),
    };
  }

  async #sessionOf(call: Call, request: () => GuardedRequest): Promise<string> {
    const session = this.#options?.session;
    const found =
      typeof session === "function"
        ? await session(request(), call.extensions)
        : (session ?? call.sessionName ?? unnamedSession());
    checkSession(found);
    return found;
  }
}

async function append(call: Call, session: SessionLabels): Promise<void> {
  call.extensions = await session.append(call.extensions);
}

/**
 * Whether the envelope alone is a reason to judge the call: it has data policies, or is a plain
 * document that the manager has to read first.
 */
export function isEnvelopeActive(call: Call): boolean {
  const { extensions } = call;
  if (extensions !== undefined && brandOf(extensions) === undefined) return true;
  return envelopesOf(call).some(hasPolicies);
}

function hasPolicies(extensions: object): boolean {
  const data = (extensions as { readonly security?: { readonly data?: unknown } | null }).security
    ?.data;
  return isObject(data) && Object.keys(data).length > 0;
}

/**
 * The envelopes whose data policies apply: the request's own, and that of the call that started its
 * task.
 */
function envelopesOf({ extensions, started }: Call): readonly object[] {
  return [extensions, started?.extensions].filter(isObject);
}
