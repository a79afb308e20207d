// Only in test:all: it runs scripts of the repository.
import { describe, expect, it } from "vitest";
import { memoryNodeServices } from "../../src/memory-node/index.ts";
import { handlesIn, readHandles } from "../../tools/scripts/read-handles.ts";

describe("the calls of handles", () => {
  it("are the members of exported interfaces, and exported functions", () => {
    const source = `
      type Answer<T> = T | PromiseLike<T>;
      interface Own { hidden(): void }
      /** Tells the time. */
      export interface Clock {
        /** The time, in
         * milliseconds. */
        now(zone?: string): Answer<number | undefined>;
        /** Moves on. */
        move(by: {
          /** How far. */
          readonly ms: number;
          readonly names?: readonly string[];
        }): Answer<void>;
      }
      /** Rings. */
      export type Bell = (loud: boolean) => unknown;
    `;
    expect([...handlesIn(source)]).toEqual([
      [
        "Clock",
        [
          {
            signature: "now(zone?: string): number | undefined",
            description: "The time, in milliseconds.",
          },
          {
            signature: "move(by: { ms: number; names?: readonly string[] }): void",
            description: "Moves on.",
          },
        ],
      ],
      ["Bell", [{ signature: "(loud: boolean) => unknown", description: "Rings." }]],
    ]);
  });

  it("are all described", () => {
    expect(() => handlesIn("export interface Clock { now(): number }")).toThrow(
      "now(): number has no description.",
    );
  });

  it("exist for each service of the memory node", () => {
    const types = [...readHandles().keys()].map((name) => name.toLowerCase());
    const handles = Object.values(memoryNodeServices).map(({ handle }) => handle.toLowerCase());
    expect(types).toEqual(handles);
  });
});
