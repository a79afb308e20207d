import * as z from "zod/mini";
import { type Capability, definePlugin, deny, GlassineError, type Plugin } from "../index.ts";
import type { Message } from "../messages.ts";
import { wholeFrom1 } from "./option-types.ts";
import { readOptions } from "./read-options.ts";
import { type RequestPoint, targetsOf } from "./targets.ts";

/** Options of `rateLimit`. */
export interface RateLimitOptions {
  /** How many requests may come at once, and on average in `perMs`. */
  readonly limit: number;
  /** How long a used-up allowance takes to be full again, in milliseconds. Default 60 000. */
  readonly perMs?: number | undefined;
  /** What requests are counted by. Default `["subject"]`; with an empty list, all together. */
  readonly by?: readonly ("subject" | "session" | "target")[] | undefined;
  /** Which requests are counted. Default `["tool"]`. */
  readonly count?: readonly ("tool" | "prompt" | "resource" | "model")[] | undefined;
  /** How many allowances are kept separately; all other keys share one. Default 10 000. */
  readonly maxKeys?: number | undefined;
}

/** The services that `rateLimit` takes after its options. */
export interface RateLimitServices {
  /** The milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: (() => number) | undefined;
}

const points = {
  tool: "cmf.tool_pre_invoke",
  prompt: "cmf.prompt_pre_fetch",
  resource: "cmf.resource_pre_fetch",
  model: "cmf.llm_input",
} as const satisfies Record<string, RequestPoint>;

const yearMs = 365 * 24 * 60 * 60 * 1000;

export const rateLimitOptions = z.strictObject({
  limit: wholeFrom1(1_000_000_000).check(
    z.describe("How many requests may come at once, and on average in `perMs`."),
  ),
  perMs: z
    ._default(wholeFrom1(yearMs), 60_000)
    .check(z.describe("How long a used-up allowance takes to be full again, in milliseconds.")),
  by: z
    ._default(z.array(z.enum(["subject", "session", "target"])), ["subject"])
    .check(
      z.describe(
        "What requests are counted by: `subject`, `session`, `target`. If empty, all together.",
      ),
    ),
  count: z
    ._default(z.array(z.enum(["tool", "prompt", "resource", "model"])).check(z.minLength(1)), [
      "tool",
    ])
    .check(z.describe("Which requests are counted: for a `tool`, `prompt`, `resource`, `model`.")),
  maxKeys: z
    ._default(wholeFrom1(10_000_000), 10_000)
    .check(z.describe("How many allowances are kept separately; all other keys share one.")),
});

/**
 * Refuses requests above a rate, and says when to try again (`retry_after_ms` in the details). A
 * message counts as many requests as it names tools, prompts or resources. If it is refused, none
 * of them counts. A request to a model counts once, however many messages it has, except that each
 * message counts in an MCP request.
 *
 * It sees what requests name and, with `by`, the subject or the session. It changes nothing, and
 * runs concurrently, after every sequential guard has let the request pass. Requests without a
 * subject, session or name count together. It counts in memory, for one manager in one process.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { rateLimit } from "glassine/plugins";
 *
 * const limit = rateLimit({ limit: 20, perMs: 60_000, by: ["subject", "target"] });
 * console.log(limit.capabilities); // [ 'read_subject' ]
 * ```
 */
export function rateLimit(options: RateLimitOptions, services: RateLimitServices = {}): Plugin {
  const read = readOptions("rateLimit", rateLimitOptions, options);
  const { limit, perMs, by, count, maxKeys } = read;
  const now = services.now ?? (() => performance.now());
  if (typeof now !== "function") {
    const text = "rateLimit: the service `now` must be a function that returns milliseconds.";
    throw new GlassineError("options_invalid", text);
  }
  const allowances = allowancesOf({ limit, perMs, maxKeys });
  const capabilities: Capability[] = [];
  if (by.includes("subject")) capabilities.push("read_subject");
  if (by.includes("session")) capabilities.push("read_agent");

  const judge = (point: RequestPoint) => ({
    mode: "concurrent" as const,
    handler(message: Message, { request, state }: At, extensions: Seen) {
      const { security, agent, mcp } = extensions;
      // A request to a model is shown message by message; the first one counts for all of them. An
      // MCP result can ask for many such requests, so there each message counts.
      const isOfModel = point === points.model;
      if (isOfModel && state.get(counted) === request && !mcp) return undefined;
      const keys = targetsOf(message, point, extensions).map(({ kind, name }) => {
        const names = {
          subject: [security?.subject?.type, security?.subject?.id],
          session: [agent?.session_id],
          target: [kind, name],
        };
        return JSON.stringify(by.map((each) => names[each]));
      });
      const atMs = now();
      // With no number, every comparison below would be false, and every request would pass.
      if (!Number.isFinite(atMs))
        throw new Error("The clock of rateLimit did not return a finite number");
      const waitMs = allowances.take(keys, atMs);
      if (waitMs === 0) {
        if (isOfModel) state.set(counted, request);
        return undefined;
      }
      if (waitMs === undefined) {
        const reason = "The message has more requests than are ever allowed at once";
        return deny({ code: "rate_limited", reason });
      }
      const seconds = Math.ceil(waitMs / 1000);
      return deny({
        code: "rate_limited",
        reason: `Too many requests; try again in ${seconds} s`,
        details: { retry_after_ms: Math.ceil(waitMs) },
      });
    },
  });
  return definePlugin({
    name: "rate-limit",
    version: "1.0.0",
    description: "Refuses requests above a rate, and says when to try again.",
    capabilities,
    hooks: Object.fromEntries(count.map((kind) => [points[kind], judge(points[kind])])),
  });
}

/** The key of the last request to a model that was counted. */
const counted = "counted";

interface At {
  readonly request: string;
  readonly state: Map<unknown, unknown>;
}

/** What the plugin can see of an envelope. */
type Seen = Parameters<typeof targetsOf>[2] & {
  readonly security?: {
    readonly subject?: { readonly id?: string | undefined; readonly type?: string | undefined };
  };
  readonly agent?: { readonly session_id?: string | undefined };
};

/**
 * Counts with the generic cell rate algorithm (ITU-T I.371): for each key it keeps one instant,
 * when its allowance will be full again.
 *
 * Rule: a key is forgotten only when its allowance is full, so forgetting it changes nothing. Keys
 * beyond `maxKeys` share one allowance, so that new names do not get new allowances.
 */
function allowancesOf({
  limit,
  perMs,
  maxKeys,
}: Pick<z.output<typeof rateLimitOptions>, "limit" | "perMs" | "maxKeys">) {
  const whole = perMs * limit;
  const fullAt = new Map<string, number>();
  const forgetting = forgetFull();
  /** The current instant. */
  let at = 0;

  /**
   * Forgets keys until it comes to one that is not full, where it goes on the next time: to begin
   * again, it would have to pass all places of those that were forgotten or used since. The least
   * recently used keys come first, and most of them are full first.
   */
  function* forgetFull(): Generator<void, never> {
    for (;;) {
      for (const [key, instant] of fullAt) {
        // One that was used since comes again.
        while (fullAt.get(key) === instant) {
          if (instant <= at) fullAt.delete(key);
          else yield;
        }
      }
      yield;
    }
  }

  return {
    /**
     * Takes a request for each of `keys`, or none at all. Returns 0, or the milliseconds until the
     * allowances have all of them; `undefined` if they never will.
     */
    take(keys: readonly string[], atMs: number): number | undefined {
      // In units of which a request takes `perMs` and each millisecond restores `limit`. Whole
      // numbers keep this exact; with fractions, a full allowance could lack part of a request.
      at = Math.floor(atMs) * limit;
      forgetting.next();
      const counts = new Map<string, number>();
      let size = fullAt.size;
      for (const key of keys) {
        const isKept = fullAt.has(key) || counts.has(key);
        const own = isKept || size < maxKeys ? key : "shared";
        if (!isKept) size += 1;
        counts.set(own, (counts.get(own) ?? 0) + 1);
      }
      const taken = [...counts].map(([key, count]) => {
        const next = Math.max(fullAt.get(key) ?? at, at) + count * perMs;
        return { key, count, next };
      });
      if (taken.some(({ count }) => count > limit)) return undefined;
      const latest = taken.reduce((last, { next }) => Math.max(last, next), at);
      if (latest - at > whole) return (latest - at - whole) / limit;
      for (const { key, next } of taken) {
        fullAt.delete(key);
        fullAt.set(key, next);
      }
      return 0;
    },
  };
}
