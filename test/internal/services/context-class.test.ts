/** The class of contexts, which no handler may reach. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { contextClassWith } from "../../../src/core/hooks/index.ts";
import { defineHost, defineServices } from "../../../src/host.ts";
import { allow } from "../../../src/index.ts";

const vote = {
  semantic: "voting",
  description: "May it be?",
  payload: z.looseObject({}),
} as const;
const services = defineServices({
  "vault.read": { accessor: "getVault", handle: "vault", description: "Reads secrets." },
});

describe("the class of a context", () => {
  it.each([
    ["with services", { services, hooks: { vote } }],
    ["without services", { hooks: { vote } }],
  ])("is on no prototype that a handler can reach: %s", async (_, settings) => {
    const host = defineHost(settings as { hooks: { vote: typeof vote } });
    const found: unknown[] = [];
    const plugin = host.definePlugin({
      name: "looks",
      version: "1.0.0",
      hooks: {
        vote(_facts, context) {
          let holder = Object.getPrototypeOf(context);
          for (; holder !== Object.prototype && holder !== null; ) {
            found.push(Object.isFrozen(holder), Object.hasOwn(holder, "constructor"));
            holder = Object.getPrototypeOf(holder);
          }
          return allow();
        },
      },
    });
    const manager = await host.createPluginManager({ plugins: [plugin], logger: {} });
    await manager.invoke("vote", {});
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(found.map((_, at) => at % 2 === 0));
  });

  it("is shared by all hosts without services", () => {
    expect(contextClassWith([])).toBe(contextClassWith([]));
  });
});
