/** Two transports as one connection: a caller's, and one to the server that it asks. */
import { guardErrorCodes } from "./answers.ts";
import { type Connection, sendBy } from "./connection.ts";
import { isObject, type JsonObject } from "./json.ts";
import { isAnswer, isRequest, keyOf, type TransportLike, type Wire } from "./transport.ts";

/** What `bridge` made. */
export interface Bridge {
  /** Closes both ends. */
  close(): Promise<void>;
}

const unreachable = {
  code: guardErrorCodes.unreachable,
  message: "The other side could not be reached",
  data: { code: "peer_unreachable" },
};

type WithVersion = Wire & { readonly setProtocolVersion?: (version: string) => void };

/** Connects the two, both not started yet, and starts them. */
export async function bridgeOf(
  caller: TransportLike,
  { transport: upstream, outbox }: Connection<TransportLike>,
): Promise<Bridge> {
  const [near, far] = [caller as unknown as WithVersion, upstream as unknown as WithVersion];
  /** The caller's requests without an answer, by id, each with the token of its progress. */
  const asked = new Map<string, { readonly message: JsonObject; readonly token: unknown }>();
  let isClosed = false;

  function report(end: Wire, error: unknown): void {
    end.onerror?.(error instanceof Error ? error : new Error(String(error)));
  }

  /** A request that cannot be handed on is answered by an error: its asker would wait for ever. */
  async function hand(from: Wire, to: Wire, message: unknown, options?: unknown): Promise<void> {
    try {
      await sendBy(to, to === far ? outbox : undefined, message, options);
    } catch (error) {
      report(to, error);
      if (!isObject(message) || !isRequest(message)) return;
      if (from === near) asked.delete(String(keyOf(message.id)));
      await from.send({ jsonrpc: "2.0", id: message.id, error: unreachable });
    }
  }

  near.onmessage = (message) => {
    if (isObject(message) && isRequest(message)) {
      const meta = isObject(message.params) ? message.params._meta : undefined;
      const token = isObject(meta) ? meta.progressToken : undefined;
      asked.set(String(keyOf(message.id)), { message, token });
    }
    void hand(near, far, message).catch((error) => report(near, error));
  };

  far.onmessage = (message) => {
    const related = isObject(message) ? relatedTo(message) : undefined;
    const options = related === undefined ? undefined : { relatedRequestId: related };
    if (isObject(message) && isAnswer(message)) settle(message);
    void hand(far, near, message, options).catch((error) => report(far, error));
  };

  /** Over HTTP each later message to the server names the version that both agreed on. */
  function settle({ id, result }: JsonObject): void {
    const key = String(keyOf(id));
    const request = asked.get(key);
    asked.delete(key);
    const version = isObject(result) ? result.protocolVersion : undefined;
    if (request?.message.method !== "initialize" || typeof version !== "string") return;
    far.setProtocolVersion?.(version);
  }

  /** The caller's request that a server's message belongs to, so that it goes out beside its answer. */
  function relatedTo(message: JsonObject): unknown {
    if (isAnswer(message)) return message.id;
    const token = isObject(message.params) ? message.params.progressToken : undefined;
    const open = [...asked.values()];
    const ofToken = open.find((each) => token !== undefined && each.token === token);
    // Nothing else in a message says it: where several are open it is nobody's.
    return (ofToken ?? (open.length === 1 ? open[0] : undefined))?.message.id;
  }

  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    await Promise.allSettled([near.close(), far.close()]);
  }

  far.onclose = () => {
    const open = [...asked.values()];
    asked.clear();
    const told = open.map(({ message }) =>
      near.send({ jsonrpc: "2.0", id: message.id, error: unreachable }),
    );
    void Promise.allSettled(told).then(close);
  };
  near.onclose = () => void close();
  await far.start();
  await near.start();
  return Object.freeze({ close });
}
