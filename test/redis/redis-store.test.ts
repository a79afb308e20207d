/** The Redis store with a fake client. */
import { createHash } from "node:crypto";
import { type RedisClientLike, redisLabelStore } from "glassine/redis";
import { describe, expect, it } from "vitest";
import { storeSuite } from "../labels/support/store-suite.ts";
import { verifies } from "../support/verifies.ts";
import { FakeClient } from "./support/fake-client.ts";

const ttlMs = 60_000;
const failure = { code: "label_store_failed" };

storeSuite("on Redis, played", () => redisLabelStore(new FakeClient(), { ttlMs }));

describe("a request to the server", () => {
  it("is one script per call, on one key, with the limits and the labels as arguments", async () => {
    verifies("labels:redis-atomic");
    const client = new FakeClient();
    const store = redisLabelStore(client, { ttlMs, prefix: "gw:" });
    await store.append("session", ["b", "a"]);
    await store.load("session");
    expect(client.sent).toHaveLength(2);
    expect(client.sent.map((sent) => sent.arguments)).toEqual([
      ["60000", "256", "a", "b"],
      ["60000", "256"],
    ]);
    expect(new Set(client.sent.map(({ script }) => script)).size).toBe(1);
  });

  it("names a session by its hash, so that no id collides with another key", async () => {
    verifies("labels:redis-keys");
    const client = new FakeClient();
    const store = redisLabelStore(client, { ttlMs });
    const hostile = ["session", "x{y}\r\nFLUSHALL\r\n", "../../admin", "ä"];
    for (const session of hostile) await store.append(session, ["a"]);
    const hash = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");
    expect(client.sent.map(({ keys }) => keys)).toEqual(
      hostile.map((session) => [`glassine:labels:${hash(session)}`]),
    );
  });

  it("is not sent if session or labels are invalid", async () => {
    const client = new FakeClient();
    const store = redisLabelStore(client, { ttlMs });
    await store.append("", ["a"]).catch(() => {});
    await store.append("s", [" a"]).catch(() => {});
    expect(client.sent).toEqual([]);
  });

  it("goes through a client that drops late commands and maps no replies, if it can", async () => {
    const plain = new FakeClient();
    const asked: unknown[] = [];
    const client: RedisClientLike = {
      eval: () => Promise.reject(new Error("not this one")),
      withCommandOptions(options) {
        asked.push(options);
        return plain;
      },
    };
    const store = redisLabelStore(client, { ttlMs, timeoutMs: 77 });
    expect(await store.append("s", ["a"])).toEqual(["a"]);
    await store.load("s");
    expect(asked).toEqual([{ timeout: 77, typeMapping: {} }]);
  });
});

describe("a server that fails", () => {
  const failing = (answer: () => unknown, timeoutMs = 50) => {
    const client = new FakeClient();
    client.answer = answer;
    return redisLabelStore(client, { ttlMs, timeoutMs });
  };

  it("is a failure with its cause, for an answer that is an error", async () => {
    verifies("labels:redis-failure");
    const cause = new Error("READONLY You can't write against a read only replica.");
    const store = failing(() => Promise.reject(cause));
    await expect(store.load("s")).rejects.toMatchObject({ ...failure, cause });
    await expect(store.append("s", ["a"])).rejects.toMatchObject({ ...failure, cause });
  });

  it("is a failure if the client throws at once", async () => {
    const client: RedisClientLike = {
      eval() {
        throw new TypeError("closed");
      },
    };
    await expect(redisLabelStore(client, { ttlMs }).load("s")).rejects.toMatchObject(failure);
  });

  it.each([
    [new Error("OOM command not allowed when used memory > 'maxmemory'."), " (OOM)"],
    [Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }), " (ECONNRESET)"],
    [new Error("The client is closed"), ""],
    ["hunter2", ""],
  ])("says in its message what the server or the network calls it: %s", async (cause, name) => {
    const message = `The label store could not be reached, or refused the command${name}.`;
    const store = failing(() => Promise.reject(cause));
    await expect(store.load("s")).rejects.toMatchObject({ ...failure, message, cause });
  });

  it("is a failure if no answer arrives in time, and a late one is ignored", async () => {
    verifies("labels:redis-failure");
    let late: (value: unknown) => void = () => {};
    let fail: (error: Error) => void = () => {};
    const answers = [
      () => new Promise((resolve) => (late = resolve)),
      () => new Promise((_, reject) => (fail = reject)),
    ];
    const store = failing(() => answers.shift()?.());
    await expect(store.append("s", ["a"])).rejects.toMatchObject({
      ...failure,
      message: "The label store did not answer within 50 ms.",
    });
    await expect(store.load("s")).rejects.toMatchObject(failure);
    late(["a"]);
    fail(new Error("late"));
    await new Promise((resolve) => setTimeout(resolve, 5));
  });

  const odd: unknown[] = [null, undefined, 1, "OK", "a", {}, [1], [null], ["a", ["b"]]];
  it.each([...odd, [" a"], [""], ["x".repeat(129)], [Buffer.from("a")], new Set(["a"])])(
    "is a failure if it answers %j",
    async (answer) => {
      verifies("labels:redis-failure");
      await expect(failing(() => answer).append("s", ["a"])).rejects.toMatchObject(failure);
      await expect(failing(() => answer).load("s")).rejects.toMatchObject(failure);
    },
  );

  it("is a failure if it did not keep what was appended", async () => {
    verifies("labels:redis-failure");
    const forgets = failing(() => ["a"]);
    await expect(forgets.append("s", ["a", "b"])).rejects.toMatchObject(failure);
    expect(await forgets.load("s")).toEqual(["a"]);
  });

  it("leaves no timer behind when it answers", async () => {
    const store = redisLabelStore(new FakeClient(), { ttlMs, timeoutMs: 2 ** 31 - 1 });
    const timers = () =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    // More often than there are timers of the test runner, which may end meanwhile.
    const times = before + 10;
    for (let i = 0; i < times; i += 1) await store.append("s", ["a"]);
    expect(timers()).toBeLessThan(times);
  });
});

describe("the options", () => {
  const client = new FakeClient();
  const fault = expect.objectContaining({ code: "options_invalid" });

  it.each([undefined, 0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "60", 2 ** 52])(
    "need a valid time to live, not %j",
    (bad) => {
      expect(() => redisLabelStore(client, { ttlMs: bad as number })).toThrow(fault);
      if (bad !== undefined)
        expect(() => redisLabelStore(client, { ttlMs, timeoutMs: bad as number })).toThrow(fault);
    },
  );

  it("are refused if missing or misspelt", () => {
    expect(() => redisLabelStore(client, undefined as never)).toThrow(fault);
    expect(() => redisLabelStore(client, { ttlMs, timeout: 5 } as never)).toThrow(
      'redisLabelStore has no option "timeout". Did you mean "timeoutMs"?',
    );
  });

  it("need a prefix and a client", () => {
    expect(() => redisLabelStore(client, { ttlMs, prefix: "" })).toThrow(fault);
    expect(() => redisLabelStore(client, { ttlMs, prefix: 1 as never })).toThrow(fault);
    for (const none of [undefined, null, {}, { eval: 1 }])
      expect(() => redisLabelStore(none as never, { ttlMs })).toThrow(fault);
  });
});
