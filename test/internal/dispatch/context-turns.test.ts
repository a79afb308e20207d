/** The context of one handler call, before and after its turn ends early. */
import { describe, expect, it } from "vitest";
import {
  endTurn,
  HandlerContext,
  isLive,
  isOngoing,
} from "../../../src/core/hooks/dispatch/context.ts";
import type { AnyRun, HandlerStep } from "../../../src/core/hooks/dispatch/types.ts";

/** The context of a run that goes on even if the turn ends. */
const contextOf = () =>
  new HandlerContext({} as HandlerStep, { isOver: () => false } as unknown as AnyRun);

describe("a turn that ends early", () => {
  it("aborts the signal that was read before, which stays the same object", () => {
    const context = contextOf();
    const { signal } = context;
    expect([signal.aborted, isOngoing(context), isLive(context)]).toEqual([false, true, true]);
    endTurn(context);
    expect([signal.aborted, isOngoing(context), isLive(context)]).toEqual([true, false, false]);
    expect(context.signal).toBe(signal);
  });

  it("has an aborted signal if it is read afterwards, and stays ended", () => {
    const context = contextOf();
    endTurn(context);
    const { signal } = context;
    expect(signal.aborted).toBe(true);
    expect([isOngoing(context), isLive(context)]).toEqual([false, false]);
    expect(context.signal).toBe(signal);
  });

  it("ends once", () => {
    const context = contextOf();
    const { signal } = context;
    endTurn(context);
    endTurn(context);
    expect(context.signal).toBe(signal);
    expect(isOngoing(context)).toBe(false);
  });
});
