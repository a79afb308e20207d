import type { InvokeOptions } from "glassine";
import type { AnyHookManager, HookResult } from "glassine/mcp";

type HookOptions = Omit<InvokeOptions<unknown>, "context"> & { readonly context?: unknown };

/** What a test hook returns; what it omits stays as it was. */
export type Reply = Partial<HookResult> & { readonly changed?: unknown };
export type Hook = (
  payload: never,
  options: HookOptions,
) => Reply | undefined | Promise<Reply | undefined>;

interface Invocation {
  readonly hook: string;
  readonly payload: unknown;
  readonly options: HookOptions;
}

/** The record of a handler that ran. */
const ran = { plugin: "fake", status: "completed" } as HookResult["executions"][number];

export interface FakeManager extends AnyHookManager {
  handles(hook: string): boolean;
  invoke(hook: string, payload: object, options?: HookOptions): Promise<HookResult>;
  readonly calls: readonly Invocation[];
  /** The names of the hooks that were invoked, in order. */
  names(): string[];
}

/** Acts as if a plugin listened for other calls, so that the guard invokes these hooks. */
const ofCalls = /^cmf\.(tool|prompt|resource)_/;

/** A manager as the guard sees it: payloads are frozen copies, and unchanged ones are returned. */
export function fakeManager(hooks: Record<string, Hook> = {}): FakeManager {
  const calls: Invocation[] = [];
  return {
    calls,
    names: () => calls.map((call) => call.hook),
    plugins: [],
    payloadLimits: {} as AnyHookManager["payloadLimits"],
    strictDelegation: false,
    isAudited: true,
    handlersFor: () => [],
    streamPlan: () => ({ mode: "buffer", window: 0, sentence: false }),
    audit: async () => true,
    auditFailures: () => ({ total: 0, byType: {} }),
    handles: (hook) => Object.hasOwn(hooks, hook) || ofCalls.test(hook),
    async invoke(hook, payload, options = {}) {
      const shown = freezeDeep(structuredClone(payload));
      calls.push({ hook, payload: shown, options });
      const { changed, ...rest } = (await hooks[hook]?.(shown as never, options)) ?? {};
      return {
        continueProcessing: true,
        payload: changed === undefined ? payload : freezeDeep(structuredClone(changed)),
        extensions: options.extensions,
        context: options.context,
        rejections: [],
        errors: [],
        executions: Object.hasOwn(hooks, hook) ? [ran] : [],
        metadata: {},
        ...rest,
      };
    },
  };
}

export function denial(reason: string, extra: object = {}): Reply {
  return { continueProcessing: false, violation: { code: "no_way", reason, ...extra } };
}

/** Deeply frozen, and without prototypes, as the library's own data may be. */
function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value)) Object.setPrototypeOf(value, null);
  for (const field of Object.values(value)) freezeDeep(field);
  return Object.freeze(value);
}

/** A promise and the function that settles it. */
export function gate<Value = void>() {
  let open: (value: Value) => void = () => {};
  const wait = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { wait, open };
}

/** Lets everything that is due run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
