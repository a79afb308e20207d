import { GlassineError } from "../../errors/index.ts";
import { addLabelsTo, markOf } from "../../extensions/index.ts";
import {
  checkDataAction,
  checkSession,
  type LabelStore,
  memoryLabelStore,
  policyLabels,
  readLabels,
} from "../../labels/index.ts";
import type { Call } from "./call.ts";
import { entitiesOf } from "./entities.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { GuardedRequest, GuardLabels } from "./options.ts";
import { unfit } from "./payload.ts";
import { WireReader } from "./wire-labels.ts";

/**
 * The labels of a call: those its session has, those its result gets, and those its plugins add.
 * What throws refuses the message.
 */
export interface CallLabels {
  /** Before the pre hooks: brings the labels of the session into the envelope. */
  bring(call: Call, request: () => GuardedRequest): Promise<void>;
  /** Before the post hooks: puts the labels of the outcome on it and into the session. */
  stamp(call: Call, outcome: JsonObject): Promise<void>;
  /** After hooks, however they ended: what they added goes into the session. */
  keep(call: Call): Promise<void>;
  /** @throws GlassineError `data_action_denied` when a data policy does not let the outcome pass */
  judge(call: Call, outcome: JsonObject): void;
  /** Learns what a `tools/list` says of its tools. */
  learn: WireReader["learn"];
}

/** `onError` is told of a store that failed, where the host chose to go on. */
export function createCallLabels(
  options: GuardLabels | undefined,
  onError: (call: Call, error: unknown) => void,
): CallLabels {
  const wire = new WireReader(options?.fromWire ?? {});
  const store: LabelStore = options?.store ?? memoryLabelStore();
  const { session = crypto.randomUUID() } = options ?? {};
  if (typeof session !== "function") checkSession(session);

  async function sessionOf(request: GuardedRequest, extensions: unknown): Promise<string> {
    const found = typeof session === "function" ? await session(request, extensions) : session;
    checkSession(found);
    return found;
  }

  /** Asks the store, and adds what it says to the envelope. */
  async function exchange(
    call: Call,
    ask: (session: string) => Promise<readonly string[]>,
  ): Promise<void> {
    if (call.session === undefined) return;
    try {
      const labels = readLabels(await ask(call.session.key));
      call.session.labels = labels;
      call.extensions = withLabels(call.extensions, labels);
    } catch (error) {
      if (options?.onStoreError !== "ignore") throw error;
      onError(call, error);
    }
  }

  function append(call: Call): Promise<void> {
    return exchange(call, (key) => store.append(key, labelsIn(call.extensions)));
  }

  return {
    async bring(call, request) {
      if (options === undefined) return;
      call.session = { key: await sessionOf(request(), call.extensions), labels: [] };
      await exchange(call, (key) => store.load(key));
    },
    async stamp(call, outcome) {
      const entities = entitiesOf(call, outcome);
      const byPolicy = entities.flatMap((entity) => policyLabels(call.extensions, entity));
      const labels = [...byPolicy, ...wire.labelsOf(call, outcome)];
      call.extensions = withLabels(call.extensions, labels);
      // Also without a label: another call of the session may have added some meanwhile.
      await append(call);
    },
    async keep(call) {
      const known = new Set(call.session?.labels);
      if (labelsIn(call.extensions).some((label) => !known.has(label))) await append(call);
    },
    judge(call, outcome) {
      const { extensions } = call;
      if (!isObject(extensions)) return;
      for (const entity of entitiesOf(call, outcome)) {
        const violation = checkDataAction(extensions, entity);
        if (violation !== undefined) throw new GlassineError(violation.code, violation.reason);
      }
    },
    learn: (direction, answer) => wire.learn(direction, answer),
  };
}

function labelsIn(extensions: unknown): readonly string[] {
  const security = isObject(extensions) ? extensions.security : undefined;
  const labels = isObject(security) ? security.labels : undefined;
  return Array.isArray(labels) ? labels : [];
}

/** An envelope that the host wrote as a plain document stays one: the manager is yet to read it. */
function withLabels(extensions: unknown, labels: readonly string[]): unknown {
  if (labels.length === 0) return extensions;
  if (markOf(extensions) !== undefined) return addLabelsTo(extensions as object, labels);
  if (extensions !== undefined && !isObject(extensions)) throw unfit("an object as envelope");
  const security = isObject(extensions?.security) ? extensions.security : {};
  const all = [...labelsIn(extensions), ...labels];
  return { ...extensions, security: { ...security, labels: all } };
}
