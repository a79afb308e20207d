/** Finds, before any message arrives, plugins that a guard would silently skip. */
import { quoted } from "../../core/errors/index.ts";
import type { Mode } from "../../core/hooks/index.ts";
import type { HandlerInfo } from "../../core/plugins/index.ts";
import { expectFacts, type HookManager } from "../guard/index.ts";
import type { GuardOptions } from "./options.ts";

const subjects = {
  tools: ["tool_pre_invoke", "tool_post_invoke"],
  prompts: ["prompt_pre_fetch", "prompt_post_fetch"],
  resources: ["resource_pre_fetch", "resource_post_fetch"],
} as const;

type Kind = keyof typeof subjects;

/** The hooks that a guard runs, each with the condition that can match on it. */
const kindOf: ReadonlyMap<string, Kind | undefined> = new Map<string, Kind | undefined>([
  ...(Object.keys(subjects) as Kind[]).flatMap((kind) =>
    subjects[kind].flatMap((hook) => [[hook, kind] as const, [`cmf.${hook}`, kind] as const]),
  ),
  // On these hooks a condition on tools matches the method.
  ...["request", "response", "notification"].map((part) => [`cmf.mcp_${part}`, "tools"] as const),
  ["cmf.llm_input", undefined],
  ["cmf.llm_output", undefined],
]);

/** The hooks before a request is sent; the others run before an answer or a notification. */
const requestHooks: ReadonlySet<string> = new Set([
  ...Object.values(subjects).flatMap(([pre]) => [pre, `cmf.${pre}`]),
  "cmf.mcp_request",
  "cmf.llm_input",
]);

/** The modes in which a handler may change anything. Older hooks have no mode. */
const writing: readonly (Mode | null)[] = ["sequential", "transform", null];

const covering: readonly string[] = ["message_pre_invoke", "message_post_invoke"];

/** Whether a guard ever runs a hook. */
export function isGuarded(hook: string): boolean {
  return kindOf.has(hook) || covering.includes(hook);
}

/**
 * Finds plugins that this guard would never run. Throws for a condition on servers or tenants if
 * the guard knows none: the plugin would be skipped even on calls that it is meant to stop.
 *
 * @returns warnings about what looks odd but may be intended
 * @throws GlassineError `options_invalid`
 */
export function checkWiring(manager: HookManager, options: GuardOptions): readonly string[] {
  const { oddities, foreign, conditional } = wiringOf(manager);
  const { serverId, tenant } = options;
  for (const handler of conditional)
    expectFacts(handler, { servers: ["serverId", serverId], tenants: ["tenant", tenant] });
  const odd = oddities.map(({ plugin, text }) => `plugin ${plugin} ${text}`);
  return [...new Set([...odd, ...foreign])];
}

/** What looks odd in a plugin but may be intended. */
interface Oddity {
  readonly plugin: string;
  /** A hook that no guard runs, a condition that never matches, or headers that are not sent. */
  readonly about: "hooks" | "condition" | "headers";
  /** The hook of a condition. */
  readonly hook?: string;
  /** A sentence without its subject, which is the plugin. */
  readonly text: string;
}

/** What the handlers of a manager mean for any guard. */
interface Wiring {
  readonly oddities: readonly Oddity[];
  /** The warnings for conditions that seem to be written in another pattern language. */
  readonly foreign: readonly string[];
  /** The handlers that run only for some calls. */
  readonly conditional: readonly HandlerInfo[];
  /** The warnings for a transport that does not send request headers from plugins. */
  readonly unsent: readonly string[];
}

const wirings = new WeakMap<HookManager, Wiring>();

/** Read once: hosts make a guard for each session, and the handlers of a manager never change. */
export function wiringOf(manager: HookManager): Wiring {
  const wiring = wirings.get(manager) ?? readWiring(manager);
  wirings.set(manager, wiring);
  return wiring;
}

function readWiring(manager: HookManager): Wiring {
  const unrun = manager.plugins.flatMap(({ name, hooks }): readonly Oddity[] => {
    const other = hooks.filter((hook) => !isGuarded(hook));
    // A plugin that judges messages here may judge them for `evaluate`, too.
    const isElsewhere = other.length < hooks.length && other.every((hook) => hook === "evaluate");
    if (other.length === 0 || isElsewhere) return [];
    const text = `has handlers for ${other.join(", ")}, which an MCP guard never runs. Unless the host runs them, they have no effect.`;
    return [{ plugin: name, about: "hooks", text }];
  });
  const conditional: HandlerInfo[] = [];
  const odd = [...kindOf].flatMap(([hook, kind]) =>
    manager.handlersFor(hook).flatMap((handler): readonly Oddity[] => {
      if (handler.mode === "disabled" || handler.conditions === null) return [];
      conditional.push(handler);
      const never = (Object.keys(subjects) as Kind[]).find(
        (other) => other !== kind && handler.conditions?.[other] !== undefined,
      );
      if (never === undefined || handler.hook !== hook) return [];
      const text = `has the condition ${never} on ${hook}, where it never matches. Its handler has no effect.`;
      return [{ plugin: handler.plugin, about: "condition", hook, text }];
    }),
  );
  const early = headerWriters(manager, (hook) => requestHooks.has(hook));
  // A plugin that writes request headers needs the capability for that, so its other handlers are
  // only suspected if they get extensions.
  const isForRequests = new Set(early.map(([plugin]) => plugin));
  const late = headerWriters(
    manager,
    (hook) => !requestHooks.has(hook),
    ({ plugin, extensions }) => extensions !== false || !isForRequests.has(plugin),
  ).map(([plugin, hooks]): Oddity => {
    const text = `may write headers on ${hooks}, which are not sent: no MCP transport accepts headers for an answer or a notification. The host can read them in onResult.`;
    return { plugin, about: "headers", text };
  });
  const unsent = early.map(
    ([plugin, hooks]) =>
      `plugin ${plugin} may write headers on ${hooks}, which a transport of this guard does not send. Over HTTP, pass wrap or bridge a function that makes the client's transport with the fetch it gets; otherwise the host can read them in onResult.`,
  );
  const foreign = conditional.flatMap(({ plugin, hook, conditions }) =>
    Object.entries<readonly string[] | undefined>({ ...conditions }).flatMap(
      ([kind, patterns = []]) =>
        patterns
          .filter((pattern) => seemsForeign(pattern, kind === "tools" || kind === "prompts"))
          .map(
            (pattern) =>
              `plugin ${plugin} has the condition ${kind} ${quoted(pattern)} on ${hook}. ${literally}`,
          ),
    ),
  );
  return {
    oddities: [...unrun, ...odd, ...late],
    foreign: [...new Set(foreign)],
    conditional,
    unsent,
  };
}

/** The explanation to give for a pattern that `seemsForeign`. */
export const literally =
  "In a pattern, * matches any characters except /, ** matches any characters, and everything else matches itself, including ^ $ ? | \\ and brackets.";

/** Whether a pattern has signs of a regular expression or a shell pattern, which names lack. */
export function seemsForeign(pattern: string, isName: boolean): boolean {
  return /^\^|\$$|\\/.test(pattern) || (isName && /^!|[?|()[\]{}]/.test(pattern));
}

/** The warning for a function that makes a transport without using its `fetch`. */
export const unusedFetch =
  "headers that a plugin wrote were not sent: the function passed to wrap or bridge made a transport that does not use the fetch it was given. Pass that fetch to the transport.";

/** The plugins that may write headers on these hooks, each with the hooks of its handlers. */
function headerWriters(
  manager: HookManager,
  isWanted: (hook: string) => boolean,
  mayWrite: (handler: HandlerInfo) => boolean = () => true,
): readonly (readonly [plugin: string, hooks: string])[] {
  const hooksOf = new Map<string, Set<string>>();
  for (const point of [...kindOf.keys()].filter(isWanted)) {
    for (const handler of manager.handlersFor(point)) {
      const { plugin, hook, mode, capabilities } = handler;
      if (!writing.includes(mode) || !capabilities.includes("write_headers")) continue;
      if (!mayWrite(handler)) continue;
      hooksOf.set(plugin, (hooksOf.get(plugin) ?? new Set()).add(hook));
    }
  }
  return [...hooksOf].map(([plugin, hooks]) => [plugin, [...hooks].join(", ")]);
}
