import { addLabelsTo, brandOf } from "../../core/envelope/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import {
  checkDataAction,
  checkSession,
  type LabelStore,
  policyLabels,
  readLabels,
  settleWithin,
} from "../../core/labels/index.ts";
import type { Call } from "./call.ts";
import { blocksIn, entitiesOf } from "./entities.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { GuardMemory } from "./memory.ts";
import type { GuardedRequest, GuardLabels } from "./options.ts";
import { payloadFault } from "./payload.ts";
import { listedIn } from "./resource-names.ts";
import type { Direction } from "./transport.ts";
import { WireReader } from "./wire-labels.ts";

/** Lists that pass without hooks, and that later answers are judged by. */
export const learnedLists: readonly string[] = ["tools/list", "resources/list"];

const storeTimeoutMs = 2000;

/**
 * The labels of a call: those of its session, those of its result, and those its plugins add.
 * Whatever throws refuses the message.
 */
export class CallLabels {
  readonly #options: GuardLabels | undefined;
  readonly #memory: GuardMemory;
  readonly #hostStore: LabelStore | undefined;
  readonly #wire: WireReader | undefined;
  readonly #onError: (call: Call, error: unknown) => void;

  /** Calls `onError` for a failed store, where the host chose to continue. */
  constructor(
    options: GuardLabels | undefined,
    memory: GuardMemory,
    onError: (call: Call, error: unknown) => void,
  ) {
    this.#options = options;
    this.#memory = memory;
    this.#hostStore = boundedStore(options);
    this.#wire = options?.fromWire && new WireReader(options.fromWire, memory);
    this.#onError = onError;
  }

  /** Before the pre hooks: adds the labels of the session and of the call that started the task. */
  bring(call: Call, request: () => GuardedRequest): Promise<void> | void {
    call.extensions = withLabels(call.extensions, labelsIn(call.started?.extensions));
    if (this.#options !== undefined) return this.#load(call, request);
  }

  async #load(call: Call, request: () => GuardedRequest): Promise<void> {
    call.session = { key: await this.#sessionOf(call, request), labels: [] };
    await this.#exchange(call, [], (key) => this.#storeOf(call).load(key));
  }

  /** Before the post hooks: puts the labels of the outcome on it and into the session. */
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
    // Even without a label: another call of the session may have added some meanwhile.
    if (call.session !== undefined) return this.#append(call);
  }

  /** After the hooks, however they ended: saves the labels they added to the session. */
  keep(call: Call): Promise<void> | void {
    if (call.session === undefined) return;
    if (!holds(call.session.labels, labelsIn(call.extensions))) return this.#append(call);
  }

  /**
   * Judges the outcome that was stamped last.
   *
   * @throws GlassineError `data_action_denied` when a data policy does not let it pass
   */
  judge(call: Call): void {
    for (const extensions of envelopesOf(call)) {
      for (const entity of call.entities ?? []) {
        const violation = checkDataAction(extensions, entity);
        if (violation !== undefined) throw new GlassineError(violation.code, violation.reason);
      }
    }
  }

  /** Learns what the answer to a list of `learnedLists` says. */
  learn(direction: Direction, method: string, answer: JsonObject): void {
    if (method === "tools/list") this.#wire?.learn(direction, answer);
    else this.#memory.names.learn(direction, listedIn(answer));
  }

  /** Learns from the links of an outcome that nothing judges: a later policy may go by a name. */
  learnLinks(call: Call, outcome: JsonObject): void {
    this.#learnNames(call, blocksIn(outcome).links);
  }

  #learnNames({ direction }: Call, links: readonly JsonObject[]): void {
    if (links.length > 0) this.#memory.names.learn(direction, links);
  }

  /** A single shared session lasts as long as the manager, however long it is idle. */
  #storeOf(call: Call): LabelStore {
    const session = this.#options?.session;
    const isOne = typeof session === "string" || (session ?? call.sessionName) === undefined;
    return this.#hostStore ?? (isOne ? this.#memory.lastingStore : this.#memory.store);
  }

  async #sessionOf(call: Call, request: () => GuardedRequest): Promise<string> {
    const session = this.#options?.session;
    const found =
      typeof session === "function"
        ? await session(request(), call.extensions)
        : (session ?? call.sessionName ?? this.#memory.labelSession);
    checkSession(found);
    return found;
  }

  #append(call: Call): Promise<void> {
    const given = labelsIn(call.extensions);
    return this.#exchange(call, given, (key) => this.#storeOf(call).append(key, given));
  }

  /** Asks the store and adds its labels to the envelope. They must include `given`. */
  async #exchange(
    call: Call,
    given: readonly string[],
    ask: (session: string) => Promise<readonly string[]>,
  ): Promise<void> {
    if (call.session === undefined) return;
    try {
      const labels = readLabels(await ask(call.session.key));
      if (!holds(labels, given)) throw forgetful();
      call.session.labels = labels;
    } catch (error) {
      if (this.#options?.onStoreError !== "ignore") throw error;
      this.#onError(call, error);
      return;
    }
    call.extensions = withLabels(call.extensions, call.session.labels);
  }
}

/**
 * Whether the envelope asks for more than plugins do: it has data policies, or is a plain document
 * that the manager has to read first.
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

/** The host's store may be remote and never answer; in-memory stores settle at once. */
function boundedStore({
  store,
  timeoutMs = storeTimeoutMs,
}: Partial<GuardLabels> = {}): LabelStore | undefined {
  if (store === undefined) return undefined;
  return {
    load: (session) => settleWithin(timeoutMs, () => store.load(session)),
    append: (session, labels) => settleWithin(timeoutMs, () => store.append(session, labels)),
  };
}

/**
 * The envelopes whose data policies apply: that of the request, and that of the call that started
 * its task.
 */
function envelopesOf({ extensions, started }: Call): readonly object[] {
  return [extensions, started?.extensions].filter(isObject);
}

function holds(labels: readonly string[], wanted: readonly string[]): boolean {
  const known = new Set(labels);
  return wanted.every((label) => known.has(label));
}

function forgetful(): GlassineError {
  return new GlassineError(
    "label_store_failed",
    "The label store did not keep what was appended. Its `append` must resolve to all labels of the session.",
  );
}

/** @throws GlassineError for invalid labels: they must not pass for an absence of labels */
function labelsIn(extensions: unknown): readonly string[] {
  const labels = securityIn(extensions).labels;
  if (labels === undefined) return [];
  if (!Array.isArray(labels)) throw payloadFault("an array at security.labels of the envelope");
  return labels;
}

/** A null slot counts as absent, as it does where an envelope is made. */
function securityIn(extensions: unknown): Readonly<JsonObject> {
  const security = isObject(extensions) ? extensions.security : undefined;
  if (security === undefined || security === null) return {};
  if (!isObject(security)) throw payloadFault("an object at security of the envelope");
  return security;
}

/** A plain document from the host stays one: the manager has not read it yet. */
function withLabels(extensions: unknown, labels: readonly string[]): unknown {
  if (labels.length === 0) return extensions;
  if (brandOf(extensions) !== undefined) return addLabelsTo(extensions as object, labels);
  if (extensions !== undefined && !isObject(extensions))
    throw payloadFault("an object as envelope");
  const all = [...labelsIn(extensions), ...labels];
  return { ...extensions, security: { ...securityIn(extensions), labels: all } };
}
