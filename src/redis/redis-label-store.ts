/**
 * Label sets on Redis or Valkey: one key per session, one script per call.
 *
 * A server runs a script as one step: if two gateways append at once, each gets back a set that has
 * its labels, and no reader sees a set without its expiry.
 */
import {
  asSet,
  expectOptions,
  isLabel,
  longestTimerMs,
  readOption,
  readWhole,
} from "../core/data/index.ts";
import { GlassineError, isGlassineError } from "../core/errors/index.ts";
import {
  checkSession,
  type LabelStore,
  maxLabelCodePoints,
  maxSessionLabels,
  readLabels,
  sessionFull,
  settleWithin,
} from "../core/labels/index.ts";

/**
 * The part of a client that a store needs. Clients, pools, clusters and sentinels of `redis`
 * (node-redis) fit, including ones that talk to Valkey; the package is not imported.
 */
export interface RedisClientLike {
  eval(
    script: string,
    options: { readonly keys: string[]; readonly arguments: string[] },
  ): Promise<unknown>;
  /** If present, commands that nobody waits for any more are not sent. */
  withCommandOptions?(options: {
    readonly timeout: number;
    readonly typeMapping: Record<never, never>;
  }): Pick<RedisClientLike, "eval">;
}

/** Options of `redisLabelStore`. */
export interface RedisLabelStoreOptions {
  /**
   * A session's labels are forgotten after this many milliseconds without a `load` or `append`. It
   * must be longer than any session lives, and the same in all gateways.
   */
  readonly ttlMs: number;
  /** The prefix of the keys. Default `glassine:labels:`. */
  readonly prefix?: string | undefined;
  /** How long to wait for the server, in milliseconds. Default 2000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * KEYS: the set. ARGV: its time to live, the maximum number of labels, then the labels to add.
 *
 * A longer time to live that another gateway set is kept, but it is always written: a replica, whose
 * labels may be old, refuses writes. Over the limit, nothing is changed.
 */
const script = `
local missing = {}
for i = 3, #ARGV do
  if redis.call('SISMEMBER', KEYS[1], ARGV[i]) == 0 then missing[#missing + 1] = ARGV[i] end
end
if redis.call('SCARD', KEYS[1]) + #missing > tonumber(ARGV[2]) then return 'full' end
if #missing > 0 then redis.call('SADD', KEYS[1], unpack(missing)) end
redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), ARGV[1]))
return redis.call('SMEMBERS', KEYS[1])
`;

const longestTtlMs = 100 * 365 * 24 * 60 * 60 * 1000;

/**
 * Creates a label store on a Redis or Valkey server, for gateways in several processes.
 *
 * Appending is one atomic step on a set that only grows. Keys have the SHA-256 of session ids, so
 * that the server stores no id and no id can be the key of something else. Every `load` and
 * `append` restarts the time to live.
 *
 * It never hangs and never guesses: if the server does not answer in time, refuses, or returns
 * anything but labels, it rejects with `label_store_failed`. The server must not evict keys
 * (`maxmemory-policy noeviction`), because an evicted set is lost.
 *
 * @throws GlassineError `options_invalid`; the store's methods reject with `session_invalid`,
 *   `label_invalid`, `label_store_full` or `label_store_failed`
 * @see spec `labels:redis-atomic`
 * @example
 * ```ts
 * import { redisLabelStore } from "glassine/redis";
 * import { createClient } from "redis";
 *
 * const client = createClient({ url: "redis://127.0.0.1:6379" });
 * client.on("error", (error) => console.error(error));
 * const store = redisLabelStore(client, { ttlMs: 24 * 60 * 60 * 1000 });
 * // Before `await client.connect()` there is nobody to ask, and that is a failure.
 * await store.load("session-1").catch(({ code }) => console.log(code)); // label_store_failed
 * ```
 */
export function redisLabelStore(
  client: RedisClientLike,
  options: RedisLabelStoreOptions,
): LabelStore {
  if (typeof client?.eval !== "function") {
    throw invalid(
      "client",
      "must be a client with `eval`, such as `createClient` of `redis` returns",
    );
  }
  expectOptions(options, ["prefix", "timeoutMs", "ttlMs"], "redisLabelStore");
  const ttlMs = readWhole("redisLabelStore: ttlMs", options.ttlMs, longestTtlMs);
  const timeoutMs = readWhole(
    "redisLabelStore: timeoutMs",
    options.timeoutMs ?? 2000,
    longestTimerMs,
  );
  const prefix = readOption(options, "prefix", "string") ?? "glassine:labels:";
  if (prefix === "") throw invalid("prefix", "must be a string that is not empty");
  // Also undoes a host's mapping of replies, because labels are read as strings.
  const bounded = client.withCommandOptions?.({ timeout: timeoutMs, typeMapping: {} }) ?? client;
  const fixed = [String(ttlMs), String(maxSessionLabels)];

  async function run(session: string, labels: readonly string[]): Promise<readonly string[]> {
    checkSession(session);
    const given = readLabels(labels);
    const key = `${prefix}${await sha256Hex(session)}`;
    const reply = await failing(() =>
      settleWithin(timeoutMs, () =>
        bounded.eval(script, { keys: [key], arguments: [...fixed, ...given] }),
      ),
    );
    if (reply === "full") throw sessionFull();
    return readReply(reply, given);
  }

  return Object.freeze({
    load: (session: string) => run(session, []),
    append: run,
  });
}

async function failing(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (isGlassineError(error)) throw error;
    const name = nameOf(error);
    const shown = name === undefined ? "" : ` (${name})`;
    throw failed(`could not be reached, or refused the command${shown}`, error);
  }
}

/** What the server or the system calls an error, such as `OOM` or `ECONNRESET`: never data. */
function nameOf(error: unknown): string | undefined {
  const { code, message } = Object(error);
  return /^[A-Z][A-Z_]+\b/.exec(String(code ?? message))?.[0];
}

/** Checks the reply: others can write to the server, and all appended labels must be there. */
function readReply(reply: unknown, given: readonly string[]): readonly string[] {
  const isSet =
    Array.isArray(reply) &&
    reply.every((label) => typeof label === "string" && isLabel(label, maxLabelCodePoints));
  if (!isSet) throw failed("answered with something other than labels");
  const stored = new Set(reply);
  if (!given.every((label) => stored.has(label))) throw failed("did not keep what was appended");
  return asSet(reply);
}

function failed(what: string, cause?: unknown): GlassineError {
  return new GlassineError("label_store_failed", `The label store ${what}.`, {}, cause);
}

async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function invalid(option: string, rule: string): GlassineError {
  return new GlassineError("options_invalid", `redisLabelStore: ${option} ${rule}.`, { option });
}
