/** The label options of a guard, and the session that they name. */
import {
  boundedStore,
  checkSession,
  type LabelStore,
  memoryLabelStore,
  SessionLabels,
} from "../../core/labels/index.ts";
import type { ModelCall, ModelLabels } from "./options.ts";

/** The label options of a guard, with its store filled in. */
export interface LabelRules<Call = ModelCall> extends ModelLabels<unknown, Call> {
  readonly store: LabelStore;
}

export function labelRules<Call = ModelCall>(
  options: ModelLabels<unknown, Call> | undefined,
): LabelRules<Call> | undefined {
  if (options === undefined) return undefined;
  const { store, session, timeoutMs } = options;
  if (store !== undefined) return { ...options, store: boundedStore(store, timeoutMs) };
  // A single session lasts as long as the guard, however long it is idle.
  const ttlMs = typeof session === "string" ? Number.POSITIVE_INFINITY : undefined;
  return { ...options, store: memoryLabelStore({ ttlMs }) };
}

/** Calls `onIgnored` for a failed store if the host chose to continue. */
export async function sessionLabels<Call>(
  { session, store, onStoreError }: LabelRules<Call>,
  call: Call,
  extensions: unknown,
  onIgnored: (error: unknown) => void,
): Promise<SessionLabels> {
  const found = typeof session === "function" ? await session(call, extensions) : session;
  checkSession(found);
  return new SessionLabels(found, store, onStoreError === "ignore" ? onIgnored : undefined);
}
