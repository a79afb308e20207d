import { describe, expect, it } from "vitest";
import { whenAborted } from "../../../src/core/hooks/dispatch/signals.ts";

/** A signal that the runtime did not create: its listeners' errors reach whoever aborts it. */
function signalOf({ deaf = false } = {}) {
  const listeners = new Set<() => void>();
  const state = { deaf };
  const signal = {
    aborted: false,
    addEventListener: (_type: string, listener: () => void) => {
      if (state.deaf) throw new Error("deaf");
      listeners.add(listener);
    },
    removeEventListener: (_type: string, listener: () => void) => listeners.delete(listener),
  } as unknown as AbortSignal;
  const abort = () => {
    for (const listener of listeners) listener();
  };
  return { signal, listeners, abort, state };
}

describe("listeners for the abort of a signal", () => {
  it.each([[[0]], [[1]], [[2]], [[0, 1]], [[1, 0]], [[2, 1]], [[1, 2]], [[0, 2]], [[2, 0, 1]]])(
    "are called in order, except %j, removed twice",
    (leaving) => {
      const { signal, listeners, abort } = signalOf();
      const calls: number[] = [];
      const leaves = [0, 1, 2].map((who) => whenAborted(signal, () => calls.push(who)));
      for (const who of [...leaving, ...leaving]) leaves[who]?.();
      const staying = [0, 1, 2].filter((who) => !leaving.includes(who));
      expect(listeners.size).toBe(staying.length > 0 ? 1 : 0);
      abort();
      expect(calls).toEqual(staying);
      expect(listeners.size).toBe(0);
    },
  );

  it("are all called even if some throw; the first error is rethrown", () => {
    const { signal, abort } = signalOf();
    const calls: number[] = [];
    for (const who of [0, 1, 2, 3]) {
      whenAborted(signal, () => {
        calls.push(who);
        if (who % 2 === 1) throw new Error(`from ${who}`);
      });
    }
    let thrown: unknown;
    try {
      abort();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toEqual(new Error("from 1"));
    expect(calls).toEqual([0, 1, 2, 3]);
  });

  it("are not kept by a signal that refuses listeners", () => {
    const { signal, abort, state } = signalOf({ deaf: true });
    const calls: string[] = [];
    expect(() => whenAborted(signal, () => calls.push("refused"))).toThrow(new Error("deaf"));
    state.deaf = false;
    whenAborted(signal, () => calls.push("taken"));
    abort();
    expect(calls).toEqual(["taken"]);
  });
});
