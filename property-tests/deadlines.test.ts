// A process of its own: it installs its own clock before the sources load.
/**
 * Law of deadlines: a longer timeout never costs a handler its result. A deadline fires between T
 * and T + T/16 after its start, depending on where in a sixteenth of T it began. So a handler in
 * time for T is in time for every longer timeout, and one that passed in that last sixteenth is in
 * time for any timeout longer by a sixteenth.
 */
import fc from "fast-check";
import { createPluginManager, definePlugin, type Mode, type OnError } from "glassine";
import { expect, it, vi } from "vitest";
import { call, hook } from "./support/dispatch.ts";

// Before the sources load: they capture clocks and timers then.
vi.hoisted(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));

const handlers = fc.array(
  fc.record({
    takes: fc.integer({ min: 1, max: 300 }),
    timeoutMs: fc.integer({ min: 1, max: 300 }),
    mode: fc.constantFrom<Mode>("sequential", "sequential", "concurrent", "transform"),
    onError: fc.constantFrom<OnError>("fail", "ignore"),
    more: fc.nat(400),
  }),
  { minLength: 1, maxLength: 5 },
);
type Timed = typeof handlers extends fc.Arbitrary<readonly (infer T)[]> ? T : never;

const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

/** How each handler ended, in two overlapping runs of one manager. */
async function statusesOf(
  list: readonly Timed[],
  idle: number,
  timeoutOf: (each: Timed) => number,
) {
  const plugins = list.map((each, index) =>
    definePlugin({
      name: `plugin-${index}`,
      version: "1.0.0",
      hooks: {
        [hook]: {
          handler: (_payload) => sleep(each.takes),
          mode: each.mode,
          onError: each.onError,
          timeoutMs: timeoutOf(each),
        },
      },
    }),
  );
  const manager = await createPluginManager({ plugins, logger: {} });
  const running = [manager.invoke(hook, call)];
  // The second begins somewhere in a sixteenth of the first one's time.
  await vi.advanceTimersByTimeAsync(idle);
  running.push(manager.invoke(hook, call));
  await vi.runAllTimersAsync();
  const results = await Promise.all(running);
  return results.flatMap(({ executions }) =>
    executions.map(({ plugin, status }) => {
      const index = plugins.findIndex(({ name }) => name === plugin);
      return { index, status, each: list[index] as Timed };
    }),
  );
}

it("L50: a handler that settles within its timeout never times out, under that timeout or a longer one", () =>
  fc.assert(
    fc.asyncProperty(handlers, fc.nat(60), async (list, idle) => {
      for (const timeoutOf of [
        ({ timeoutMs }: Timed) => timeoutMs,
        ({ timeoutMs, more }: Timed) => timeoutMs + more,
      ]) {
        for (const { status, each } of await statusesOf(list, idle, timeoutOf)) {
          const isInTime = each.takes < timeoutOf(each);
          expect([each, isInTime && status === "timeout"]).toEqual([each, false]);
        }
      }
    }),
  ));

it("L50: a timeout longer by a sixteenth or more never makes a completed handler time out", () =>
  fc.assert(
    fc.asyncProperty(handlers, fc.nat(60), async (list, idle) => {
      const under = await statusesOf(list, idle, ({ timeoutMs }) => timeoutMs);
      // Timers count whole milliseconds; two of them make a deadline.
      const longer = await statusesOf(list, idle, ({ timeoutMs, more }) => {
        return Math.ceil((timeoutMs * 17) / 16) + 2 + more;
      });
      for (const [at, { status, each }] of under.entries()) {
        if (status !== "completed") continue;
        expect([each, longer[at]?.status]).toEqual([each, "completed"]);
      }
    }),
  ));

it("L50: the deadline of a handler that hangs fires, and not early", () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 400 }), fc.nat(60), async (timeoutMs, idle) => {
      const plugin = definePlugin({
        name: "hangs",
        version: "1.0.0",
        hooks: { [hook]: { handler: (_payload) => new Promise<never>(() => {}), timeoutMs } },
      });
      const manager = await createPluginManager({ plugins: [plugin], logger: {} });
      void manager.invoke(hook, call);
      await vi.advanceTimersByTimeAsync(idle);
      let ended: string | undefined;
      const running = manager.invoke(hook, call).then(({ violation }) => {
        ended = violation?.code;
      });
      await vi.advanceTimersByTimeAsync(timeoutMs - 1);
      expect(ended).toBeUndefined();
      await vi.advanceTimersByTimeAsync(Math.ceil(timeoutMs / 16) + 3);
      expect(ended).toBe("handler_timeout");
      await running;
      await vi.runAllTimersAsync();
    }),
  ));
