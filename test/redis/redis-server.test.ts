/** The store on a real server. Skipped if `GLASSINE_REDIS_URL` is not set. */
import { createServer } from "node:net";
import { redisLabelStore } from "glassine/redis";
import { createClient, createClientPool, RESP_TYPES } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storeSuite } from "../labels/support/store-suite.ts";
import { verifies } from "../support/verifies.ts";
import { connect, freshPrefix, hasServer, serverUrl } from "./support/server.ts";

const ttlMs = 60_000;
const failure = { code: "label_store_failed" };

describe.skipIf(!hasServer)("on a server", () => {
  let client: Awaited<ReturnType<typeof connect>>;
  const prefixes: string[] = [];
  const prefix = () => {
    const made = freshPrefix();
    prefixes.push(made);
    return made;
  };
  beforeAll(async () => {
    client = await connect();
  });
  afterAll(async () => {
    for (const made of prefixes) {
      const keys = await client.keys(`${made}*`);
      if (keys.length > 0) await client.del(keys);
    }
    await client.close();
  });
  const only = async (made: string) => {
    const keys = await client.keys(`${made}*`);
    expect(keys).toHaveLength(1);
    return keys[0] as string;
  };

  storeSuite("on Redis", () => redisLabelStore(client, { ttlMs, prefix: prefix() }));

  it("sets the expiry with the first label, and anew with each load and append", async () => {
    verifies("labels:redis-atomic");
    const made = prefix();
    const store = redisLabelStore(client, { ttlMs, prefix: made });
    await store.load("s");
    expect(await client.keys(`${made}*`)).toEqual([]);
    await store.append("s", ["a"]);
    const key = await only(made);
    const uses = [
      () => store.load("s"),
      () => store.append("s", []),
      () => store.append("s", ["b"]),
    ];
    for (const use of uses) {
      await client.pExpire(key, 5000);
      await use();
      const left = await client.pTTL(key);
      expect(left).toBeGreaterThan(ttlMs - 5000);
      expect(left).toBeLessThanOrEqual(ttlMs);
    }
  });

  it("keeps a session while it is used, and forgets an idle one", async () => {
    const store = redisLabelStore(client, { ttlMs: 1500, prefix: prefix() });
    await store.append("used", ["a"]);
    await store.append("idle", ["a"]);
    for (let turn = 0; turn < 4; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await store.load("used")).toEqual(["a"]);
    }
    expect(await store.load("idle")).toEqual([]);
  });

  it("never shortens a time to live that another gateway set", async () => {
    verifies("labels:redis-expiry");
    const made = prefix();
    await redisLabelStore(client, { ttlMs, prefix: made }).append("s", ["a"]);
    const short = redisLabelStore(client, { ttlMs: 1000, prefix: made });
    await short.append("s", ["b"]);
    await short.load("s");
    expect(await client.pTTL(await only(made))).toBeGreaterThan(1000);
  });

  it("is never answered by a replica, whose labels may be old, whatever the times to live", async () => {
    verifies("labels:redis-failure");
    const made = prefix();
    await redisLabelStore(client, { ttlMs, prefix: made }).append("s", ["a"]);
    // A script that may not write is refused there as a replica refuses it.
    const replica = { eval: client.evalRo.bind(client) };
    const short = redisLabelStore(replica, { ttlMs: 1000, prefix: made });
    await expect(short.load("s")).rejects.toMatchObject(failure);
    await expect(short.append("s", ["a"])).rejects.toMatchObject(failure);
  });

  it("changes neither labels nor expiry when there are too many", async () => {
    const made = prefix();
    const store = redisLabelStore(client, { ttlMs, prefix: made });
    await store.append("s", ["a"]);
    const key = await only(made);
    const many = Array.from({ length: 256 }, (_, at) => `L${at}`);
    await expect(store.append("s", many)).rejects.toMatchObject({ code: "label_store_full" });
    expect(await client.sMembers(key)).toEqual(["a"]);
  });

  it("fails on a key that is not a set, and on one with anything but labels", async () => {
    const made = prefix();
    const store = redisLabelStore(client, { ttlMs, prefix: made });
    await store.append("s", ["a"]);
    const key = await only(made);
    await client.sAdd(key, "not\na label");
    await expect(store.load("s")).rejects.toMatchObject(failure);
    await client.del(key);
    await client.set(key, "text");
    await expect(store.load("s")).rejects.toMatchObject(failure);
    await expect(store.append("s", ["a"])).rejects.toMatchObject(failure);
  });

  it("works with RESP2 and RESP3, mapped replies, pools and duplicates", async () => {
    const made = prefix();
    const two = await connect(serverUrl, { RESP: 2 });
    const three = await connect(serverUrl, { RESP: 3 });
    const mapped = client.withTypeMapping({
      [RESP_TYPES.BLOB_STRING]: Buffer,
      [RESP_TYPES.ARRAY]: Set as never,
    });
    const pool = createClientPool({ url: serverUrl });
    pool.on("error", () => {});
    await pool.connect();
    for (const [at, each] of [two, three, mapped, pool].entries()) {
      const store = redisLabelStore(each, { ttlMs, prefix: made });
      expect(await store.append("s", [`L${at}`])).toHaveLength(at + 1);
    }
    await Promise.all([two.close(), three.close(), pool.close()]);
  });

  it("fails with a client that was closed", async () => {
    const other = await connect();
    const store = redisLabelStore(other, { ttlMs, prefix: prefix() });
    other.destroy();
    await expect(store.load("s")).rejects.toMatchObject(failure);
    await expect(store.append("s", ["a"])).rejects.toMatchObject(failure);
  });

  it("fails in time while somebody stops the server, and works again after that", async () => {
    const store = redisLabelStore(client, { ttlMs, prefix: prefix(), timeoutMs: 100 });
    await store.append("s", ["a"]);
    const other = await connect();
    await other.sendCommand(["CLIENT", "PAUSE", "600", "ALL"]);
    await expect(store.append("s", ["b"])).rejects.toMatchObject(failure);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await store.load("s")).toContain("a");
    await other.close();
  });
});

describe("without a server", () => {
  it("fails in time, and the client keeps no command for later", async () => {
    // A port that was free a moment ago: nobody listens there.
    const free = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => free.once("listening", resolve));
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    const client = createClient({
      url: `redis://127.0.0.1:${port}`,
      socket: { reconnectStrategy: 50 },
    });
    client.on("error", () => {});
    const connecting = client.connect().catch(() => {});
    const store = redisLabelStore(client, { ttlMs, timeoutMs: 100 });
    await expect(store.load("s")).rejects.toMatchObject(failure);
    await expect(store.append("s", ["a"])).rejects.toMatchObject(failure);
    client.destroy();
    await connecting;
  });

  it("fails in time with a server that accepts connections and never answers", async () => {
    const sockets: { destroy(): void }[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as { port: number };
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on("error", () => {});
    const connecting = client.connect().catch(() => {});
    const store = redisLabelStore(client, { ttlMs, timeoutMs: 100 });
    await expect(store.append("s", ["a"])).rejects.toMatchObject(failure);
    client.destroy();
    for (const socket of sockets) socket.destroy();
    silent.close();
    await connecting;
  });
});
