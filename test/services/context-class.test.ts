/** No handler can reach the class of contexts. */

import { allow } from "glassine";
import { defineHost, defineServices } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";

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

  it("is shared by all hosts without services", async () => {
    const found: unknown[] = [];
    for (const settings of [
      { hooks: { vote } },
      { hooks: { vote } },
      { services, hooks: { vote } },
    ]) {
      const host = defineHost(settings as { hooks: { vote: typeof vote } });
      const hooks = {
        vote(_facts: unknown, context: object) {
          found.push(Object.getPrototypeOf(context));
          return allow();
        },
      };
      const plugin = host.definePlugin({ name: "looks", version: "1.0.0", hooks });
      const manager = await host.createPluginManager({ plugins: [plugin], logger: {} });
      await manager.invoke("vote", {});
    }
    const [one, other, withServices] = found;
    expect(one).toBe(other);
    expect(withServices).not.toBe(one);
  });
});
