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

/**
 * The labels of a call: those of its session, those of its result, and those its plugins add.
 * Whatever throws refuses the message.
 */
export interface CallLabels {
  /** Before the pre hooks: adds the labels of the session and of the call that started the task. */
  bring(call: Call, request: () => GuardedRequest): Promise<void>;
  /** Before the post hooks: puts the labels of the outcome on it and into the session. */
  stamp(call: Call, outcome: JsonObject): Promise<void>;
  /** After the hooks, however they ended: saves the labels they added to the session. */
  keep(call: Call): Promise<void>;
  /** @throws GlassineError `data_action_denied` when a data policy does not let the outcome pass */
  judge(call: Call, outcome: JsonObject): void;
  /** Learns what the answer to a list of `learnedLists` says. */
  learn(direction: Direction, method: string, answer: JsonObject): void;
}

/** Lists that pass without hooks, and that later answers are judged by. */
export const learnedLists: readonly string[] = ["tools/list", "resources/list"];

const storeTimeoutMs = 2000;

/** Calls `onError` for a failed store, where the host chose to continue. */
export function createCallLabels(
  options: GuardLabels | undefined,
  memory: GuardMemory,
  onError: (call: Call, error: unknown) => void,
): CallLabels {
  const wire = new WireReader(options?.fromWire ?? {}, memory);
  const { names } = memory;
  const hostStore = boundedStore(options);
  const { session } = options ?? {};

  /** A single shared session lasts as long as the manager, however long it is idle. */
  function storeOf(call: Call): LabelStore {
    const isOne = typeof session === "string" || (session ?? call.sessionName) === undefined;
    return hostStore ?? (isOne ? memory.lastingStore : memory.store);
  }

  async function sessionOf(call: Call, request: () => GuardedRequest): Promise<string> {
    const found =
      typeof session === "function"
        ? await session(request(), call.extensions)
        : (session ?? call.sessionName ?? memory.labelSession);
    checkSession(found);
    return found;
  }

  /** Asks the store and adds its labels to the envelope. They must include `given`. */
  async function exchange(
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
      if (options?.onStoreError !== "ignore") throw error;
      onError(call, error);
      return;
    }
    call.extensions = withLabels(call.extensions, call.session.labels);
  }

  function append(call: Call): Promise<void> {
    const given = labelsIn(call.extensions);
    return exchange(call, given, (key) => storeOf(call).append(key, given));
  }

  return {
    async bring(call, request) {
      call.extensions = withLabels(call.extensions, labelsIn(call.started?.extensions));
      if (options === undefined) return;
      call.session = { key: await sessionOf(call, request), labels: [] };
      await exchange(call, [], (key) => storeOf(call).load(key));
    },
    async stamp(call, outcome) {
      names.learn(call.direction, blocksIn(outcome).links);
      const entities = entitiesOf(call, outcome, names);
      const byPolicy = envelopesOf(call).flatMap((extensions) =>
        entities.flatMap((entity) => policyLabels(extensions, entity)),
      );
      const labels = [...byPolicy, ...wire.labelsOf(call, outcome)];
      call.extensions = withLabels(call.extensions, labels);
      // Even without a label: another call of the session may have added some meanwhile.
      await append(call);
    },
    async keep(call) {
      if (!holds(call.session?.labels ?? [], labelsIn(call.extensions))) await append(call);
    },
    judge(call, outcome) {
      const entities = entitiesOf(call, outcome, names);
      for (const extensions of envelopesOf(call)) {
        for (const entity of entities) {
          const violation = checkDataAction(extensions, entity);
          if (violation !== undefined) throw new GlassineError(violation.code, violation.reason);
        }
      }
    },
    learn(direction, method, answer) {
      if (method === "tools/list") wire.learn(direction, answer);
      else names.learn(direction, listedIn(answer));
    },
  };
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
