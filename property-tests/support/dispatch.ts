/** Handlers drawn at random, for the laws of dispatch. */
import fc from "fast-check";
import {
  addLabels,
  type Capability,
  createExtensions,
  createPluginManager,
  definePlugin,
  deny,
  type Extensions,
  type InvokeResult,
  type Manager,
  type Mode,
  type OnError,
  type Plugin,
  type PluginContext,
  type View,
} from "glassine";
import { freezePayload } from "glassine/messages";

export const hook = "tool_pre_invoke";
export const call = freezePayload({ name: "add", args: { a: 1 } });
export type Result = InvokeResult<object, Extensions>;
export type FullView = View<Capability>;

/** How a handler ends. */
export const acts = [
  "nothing",
  "label",
  "hop",
  "payload",
  "forged",
  "thenable",
  "deny",
  "throw",
  "garbage",
  "shrink",
  "hang",
] as const;
export type Act = (typeof acts)[number];

/** Acts with which an enforcing plugin stops the operation. */
export const stopping: readonly Act[] = ["deny", "throw", "garbage", "shrink", "hang"];

export interface Spec {
  readonly act: Act;
  readonly mode: Mode;
  readonly onError: OnError | undefined;
  /** Whether it waits for the scheduler before it acts. */
  readonly waits: boolean;
}

const modes = ["sequential", "transform", "audit", "concurrent", "fire_and_forget"] as const;

interface Choice {
  readonly acts?: readonly Act[];
  readonly modes?: readonly Mode[];
  readonly onError?: readonly (OnError | undefined)[];
  readonly maxLength?: number;
}

/** Lists of plugins to run. */
export function specs(choice: Choice = {}): fc.Arbitrary<readonly Spec[]> {
  const { onError = [undefined, "fail", "ignore", "disable"], maxLength = 5 } = choice;
  return fc.array(
    fc.record({
      act: fc.constantFrom(...(choice.acts ?? acts)),
      mode: fc.constantFrom<Mode>(...(choice.modes ?? modes)),
      onError: fc.constantFrom(...onError),
      waits: fc.boolean(),
    }),
    { maxLength },
  );
}

/** Makes the handler of that name wait for its turn. */
export type Turn = (name: string) => Promise<unknown>;

export const turnsOf =
  (scheduler: fc.Scheduler): Turn =>
  (name) =>
    scheduler.schedule(Promise.resolve(), name);
/** Whether the scheduler released a task before one that had been scheduled earlier. */
export function isShuffled(scheduler: fc.Scheduler): boolean {
  const order = scheduler.report().map(({ taskId }) => taskId);
  return order.some((id, at) => at > 0 && id < (order[at - 1] as number));
}

const atOnce: Turn = () => Promise.resolve();

function perform(act: Act, name: string, payload: object, view: FullView): unknown {
  const hop = { subject_id: name, subject_type: "agent", timestamp: "2026-01-01T00:00:00Z" };
  switch (act) {
    case "nothing":
      return undefined;
    case "label":
      return { modifiedExtensions: addLabels(view, name), metadata: { by: name } };
    case "hop":
      return {
        modifiedExtensions: {
          delegation: { chain: [...(view.delegation?.chain ?? []), hop] },
        },
      };
    case "payload":
      return { modifiedPayload: { ...payload, args: { by: name } } };
    case "forged":
      return { modifiedExtensions: { request: { request_id: name }, custom: { [name]: true } } };
    case "thenable":
      // biome-ignore lint/suspicious/noThenProperty: an awaited value need not be a promise.
      return { then: (yes: (value: unknown) => void) => yes(undefined) };
    case "deny":
      return deny({ code: "denied", reason: `${name} denies` });
    case "throw":
      throw new Error(name);
    case "garbage":
      return { continueProcessing: true };
    case "shrink":
      return {
        modifiedPayload: { ...payload, name },
        modifiedExtensions: { security: { labels: view.security.labels.slice(1) } },
      };
    case "hang":
      return new Promise(() => {});
  }
}

export const nameOf = (index: number) => `plugin-${index}`;

/** The plugins of a list. `seen` collects the labels of each view that a handler receives. */
export function pluginsOf(
  list: readonly Spec[],
  turn: Turn,
  seen: (readonly string[])[] = [],
): readonly Plugin[] {
  return list.map(({ act, mode, onError, waits }, index) => {
    const name = nameOf(index);
    const handler = (payload: object, _context: PluginContext, view: FullView) => {
      seen.push(view.security.labels);
      if (!waits) return perform(act, name, payload, view);
      return turn(name).then(() => perform(act, name, payload, view));
    };
    const entry = {
      handler: handler as never,
      mode,
      // Only handlers that hang have a deadline, so that a slow machine changes no outcome.
      timeoutMs: act === "hang" ? 2 : null,
      ...(onError === undefined ? {} : { onError }),
    };
    return definePlugin({
      name,
      version: "1.0.0",
      capabilities: ["append_labels", "append_delegation"],
      hooks: { [hook]: entry },
    });
  });
}

export function managerOf(plugins: readonly Plugin[], options: object = {}): Promise<Manager> {
  // The plugins fail on purpose.
  // The plugins throw on purpose, so nothing is logged.
  return createPluginManager({ plugins, logger: {}, ...options });
}

export const startingLabels = ["PII", "secret"];
export const start = createExtensions({
  security: { labels: startingLabels },
  delegation: {
    chain: [{ subject_id: "user", subject_type: "user", timestamp: "2026-01-01T00:00:00Z" }],
  },
});

/** Runs the list once, background work included. */
export async function runOnce(list: readonly Spec[], scheduler?: fc.Scheduler): Promise<Result> {
  const turn = scheduler === undefined ? atOnce : turnsOf(scheduler);
  const manager = await managerOf(pluginsOf(list, turn));
  const running = manager.invoke(hook, call, { extensions: start, request: "r-1" });
  if (scheduler === undefined) return running;
  const result = await scheduler.waitFor(running);
  await scheduler.waitFor(manager.close());
  return result;
}

export const labelsOf = (result: Result): readonly string[] =>
  result.extensions.security?.labels ?? [];

/** Everything by which a host can distinguish results. */
export function bytesOf(result: Result): string {
  const { context, ...rest } = result;
  return JSON.stringify({ ...rest, request: context.request });
}
