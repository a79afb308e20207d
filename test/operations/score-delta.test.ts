import { describe, expect, it } from "vitest";
import { PluginExecutionError } from "../../src/index.ts";
import { verifies } from "../support/verifies.ts";
import { managerOf, plugin, rejection } from "./support.ts";

const scored = [{ id: "f1" }, { id: "f2" }];

function scorers(...deltas: readonly unknown[]) {
  const names = ["aaa", "bbb", "ccc"];
  return managerOf(deltas.map((delta, i) => plugin(names[i] as string, { scores: (_) => delta })));
}

describe("score delta", () => {
  it("PH-033: sums by id", async () => {
    verifies("plugins:score-sums", "plugins:semantics");
    const manager = await scorers({ f1: 1.25 }, { f1: 0.75, f2: -1 });
    expect(await manager.invoke("scores", scored)).toEqual({ f1: 2, f2: -1 });
  });

  it("returns an empty record if nobody scores", async () => {
    verifies("plugins:semantics");
    expect(Object.keys(await (await scorers()).invoke("scores", scored))).toEqual([]);
  });

  it("accepts maps, and numbers as ids", async () => {
    verifies("plugins:score-record");
    const manager = await scorers(
      new Map<unknown, number>([
        ["f1", 1],
        [7, 2],
      ]),
      { 7: 0.5 },
    );
    expect(await manager.invoke("scores", scored)).toEqual({ f1: 1, 7: 2.5 });
  });

  it.each([
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    ["1.5", "string"],
    [true, "boolean"],
    [null, "nothing"],
    [1n, "bigint"],
  ])("PH-034: %s is not a score", async (delta, found) => {
    verifies("plugins:score-record");
    for (const returned of [{ f1: delta }, new Map([["f1", delta]])]) {
      const error = await rejection((await scorers(returned)).invoke("scores", scored));
      expect(error).toBeInstanceOf(PluginExecutionError);
      expect(error.message).toBe(
        `handler 'aaa.scores' returned ${found} for 'f1'; expected a finite number`,
      );
    }
  });

  it("PH-035: __proto__ and constructor are ids like any other", async () => {
    verifies("plugins:score-ids");
    const manager = await scorers(
      JSON.parse('{"__proto__": 1, "constructor": 2}'),
      JSON.parse('{"__proto__": 0.5}'),
    );
    const sums = await manager.invoke("scores", scored);
    expect(Object.getPrototypeOf(sums)).toBeNull();
    expect(Object.entries(sums)).toEqual([
      ["__proto__", 1.5],
      ["constructor", 2],
    ]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    [() => undefined, "nothing"],
    [() => null, "nothing"],
    [() => [1], "array"],
    [() => 3, "number"],
    [() => "f1", "string"],
    [() => new Proxy({ f1: 1 }, {}), "proxy"],
    [() => new (class Scores {})(), "an instance of a class"],
    [() => new Proxy(new Map(), {}), "proxy"],
    [() => new Set(["f1"]), "an instance of a class"],
  ])("a result that is not a record of scores is refused (%#)", async (make, found) => {
    verifies("plugins:score-record");
    const returned = make();
    const error = await rejection((await scorers(returned)).invoke("scores", scored));
    expect(error.message).toBe(
      `handler 'aaa.scores' returned ${found}; expected record of string to number`,
    );
  });

  it("runs no getter, and no method of a map's own class", async () => {
    let runs = 0;
    class Loud extends Map<string, number> {
      override forEach(): void {
        runs += 1;
      }
      override get size(): number {
        runs += 1;
        return 0;
      }
      override [Symbol.iterator](): ReturnType<Map<string, number>[typeof Symbol.iterator]> {
        runs += 1;
        return super[Symbol.iterator]();
      }
    }
    const loud = new Loud([["f1", 1]]);
    expect(await (await scorers(loud)).invoke("scores", scored)).toEqual({ f1: 1 });
    const getter = {
      get f1() {
        runs += 1;
        return 1;
      },
    };
    await expect((await scorers(getter)).invoke("scores", scored)).rejects.toThrow("a getter");
    expect(runs).toBe(0);
  });

  it("an overflow of the sum is a failure of the handler that caused it", async () => {
    verifies("plugins:score-record");
    const max = Number.MAX_VALUE;
    const error = await rejection(
      (await scorers({ f1: max }, { f1: max })).invoke("scores", scored),
    );
    expect(error.message).toBe(
      "handler 'bbb.scores' returned a number for 'f1' whose sum is not finite",
    );
  });

  it("unknown ids are kept", async () => {
    verifies("plugins:score-sums");
    expect(await (await scorers({ other: 1 })).invoke("scores", scored)).toEqual({ other: 1 });
  });

  it("shows an id on one line", async () => {
    const error = await rejection((await scorers({ "a\nb": "x" })).invoke("scores", scored));
    expect(error.message).toContain("for 'a\\u{a}b'; expected");
  });
});
