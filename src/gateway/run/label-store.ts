/** Opens the store for sessions' labels: in memory, or on a server that gateways share. */
import { attempt } from "../../core/data/index.ts";
import { GlassineError, isGlassineError } from "../../core/errors/index.ts";
import { type LabelStore, settleWithin, sharedSessions } from "../../core/labels/index.ts";
import { loadPeer } from "../../operate/packages/index.ts";
import { type RedisClientLike, redisLabelStore } from "../../redis/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import type { GatewayParts } from "./parts.ts";
import { rememberingStore } from "./remembering-store.ts";

/** The parts of the package `redis` that are used. */
interface RedisPackage {
  createClient(options: object): RedisClientLike & {
    readonly isReady: boolean;
    on(event: "error", listener: (error: Error) => void): void;
    connect(): Promise<unknown>;
    destroy(): void;
  };
}

/** The session that is read to see whether the store answers. */
export const readinessSession = "glassine readiness";

/** How long the server may take to accept a connection, and to answer on the first one. */
const answerMs = 5000;

/** How long what began in a session may still be labelled when that is over: a model is slow. */
const lateMs = 600_000;

interface OpenLabelStore {
  readonly store: LabelStore;
  /** Drops the labels of a session that is over. On a server they expire. */
  readonly forget: (session: string) => void;
  close(): Promise<void>;
}

/** @throws GlassineError (as a rejection) `setting_invalid`; `secret_missing`; `label_store_failed` */
export async function openLabelStore(parts: GatewayParts): Promise<OpenLabelStore> {
  const { config, secrets, log } = parts;
  const { store } = config.labels;
  if (store === "memory") {
    const sessions = sharedSessions();
    const forget = (session: string) => {
      sessions.forget(session);
      setTimeout(() => sessions.forget(session), lateMs).unref();
    };
    return { store: sessions, forget, close: async () => {} };
  }
  const { createClient } = await loadRedis();
  let isOpen = false;
  // Reconnects automatically, but not if there was no server at the start.
  const reconnectStrategy = (retries: number) => isOpen && Math.min(retries * 100, 5000);
  // A server may accept a connection and never answer on it: pings keep alive one that is only idle.
  const socket = { connectTimeout: answerMs, socketTimeout: answerMs, reconnectStrategy };
  const pingInterval = answerMs / 2;
  const client = clientOf(() =>
    createClient({ url: secrets(store.redis), socket, pingInterval, disableOfflineQueue: true }),
  );
  client.on("error", (error) => log.warn("label_store_error", { text: reasonOf(error) }));
  const { ttlMs, prefix } = store;
  const { load, append } = redisLabelStore(client, { ttlMs, prefix });
  try {
    await settleWithin(answerMs, () => client.connect());
    await load(readinessSession);
    isOpen = true;
  } catch (error) {
    // Throws if the client has closed itself.
    attempt(() => client.destroy());
    const { cause = error } = Object(error);
    throw new GlassineError(
      "label_store_failed",
      `The server of the label store cannot be reached, or refuses the gateway (${reasonOf(cause)}): start it, let the gateway in, or change \`labels.store.redis\`.`,
      {},
      error,
    );
  }

  let answeredAt = 0;

  /**
   * Connects again if a command was not answered, or was refused by a replica, and no other command
   * has been answered since: the server may have moved. TCP alone notices a connection that leads
   * nowhere only after many minutes, and one to a primary that became a replica stays open.
   */
  async function connecting<Result>(work: () => Promise<Result>): Promise<Result> {
    const sentAt = performance.now();
    try {
      const result = await work();
      answeredAt = performance.now();
      return result;
    } catch (error) {
      if (!isGlassineError(error)) throw error;
      // The client itself reports connections, but not what the server refuses.
      if (client.isReady && error.cause !== undefined)
        log.warn("label_store_error", { text: reasonOf(error.cause) });
      const isStale =
        Object.hasOwn(error.data, "timeoutMs") || /\bREADONLY\b/.test(String(error.cause));
      // If it is not ready, the client is already connecting, or closed.
      if (isStale && answeredAt < sentAt && client.isReady) {
        client.destroy();
        client.connect().catch(() => {});
      }
      throw error;
    }
  }

  const connected: LabelStore = {
    load: (session) => connecting(() => load(session)),
    append: (session, labels) => connecting(() => append(session, labels)),
  };
  const text =
    "The server lost labels of a session. This gateway adds again those that it has seen; set up the server so that it loses none.";
  const onLost = () => log.warn("label_store_error", { text });
  return {
    store: rememberingStore(connected, ttlMs, onLost),
    forget() {},
    close: async () => client.destroy(),
  };
}

/**
 * Checks that the store can be opened, as far as possible without connecting. A missing secret is
 * not an error: it may exist where the gateway will run.
 *
 * @throws GlassineError (as a rejection) `setting_invalid`
 */
export async function checkLabelStore(
  { labels: { store } }: Pick<GatewayConfig, "labels">,
  secrets: GatewayParts["secrets"],
): Promise<void> {
  if (store === "memory") return;
  const { createClient } = await loadRedis();
  const url = attempt(() => secrets(store.redis));
  if (url !== undefined) clientOf(() => createClient({ url }));
}

/** Hides the package's error for an invalid URL, which may quote it: the URL is a secret. */
function clientOf<Client>(create: () => Client): Client {
  try {
    return create();
  } catch (error) {
    if (isGlassineError(error))
      throw new GlassineError(error.code, `labels.store.redis: ${error.message}`, error.data);
    throw new GlassineError(
      "setting_invalid",
      "`labels.store.redis` is not the URL of a Redis or Valkey server: write redis://USER:PASSWORD@HOST:PORT, or rediss:// for TLS, and percent-encode everything in the password but letters and digits.",
    );
  }
}

/** Node's error for a host with several addresses has a code, but no message. */
function reasonOf(error: unknown): string {
  const { message, code } = Object(error);
  return String(message || code);
}

/** @throws GlassineError (as a rejection) `setting_invalid` if the package is not installed */
async function loadRedis(): Promise<RedisPackage> {
  const exports = ["createClient"];
  const neededBy = "`labels.store.redis`";
  return (await loadPeer({ name: "redis", install: "redis@5", exports, neededBy })) as RedisPackage;
}
