/**
 * Time that moves only when told to, for the library alone.
 *
 * The library takes clocks and timers as they are when it loads. So this module puts its own in
 * their place, and `end-of-loading.ts` puts the real ones back. Import the one, then the library,
 * then the other: each for its effect.
 */

interface Timer {
  dueAt: number;
  readonly callback: () => void;
  held: boolean;
  ref(): unknown;
  unref(): unknown;
}

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  dateNow: Date.now,
};
const timers = new Set<Timer>();
let now = 0;
let wall = Date.UTC(2026, 2, 29);

function setTimer(callback: () => void, delayMs = 0): Timer {
  const timer: Timer = {
    dueAt: now + Math.max(Math.trunc(delayMs), 1),
    callback,
    held: true,
    ref: () => {
      timer.held = true;
    },
    unref: () => {
      timer.held = false;
    },
  };
  timers.add(timer);
  return timer;
}

Object.assign(globalThis, {
  setTimeout: setTimer,
  clearTimeout: (timer: Timer) => timers.delete(timer),
});
Object.defineProperty(performance, "now", { value: () => now, configurable: true });
Date.now = () => wall;

/** Puts the real clocks and timers back, for the tests themselves. */
export function endLoading(): void {
  Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
  Reflect.deleteProperty(performance, "now");
  Date.now = real.dateNow;
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    real.setImmediate(resolve);
  });
}

/** The next timer due; what blocks the thread meanwhile makes more of them due. */
function nextTimer(until: number): Timer | undefined {
  let next: Timer | undefined;
  const end = Math.max(until, now);
  for (const timer of timers) {
    if (timer.dueAt <= end && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
  }
  return next;
}

/** Moves both clocks, and runs the timers that fall due, each at its time. */
export async function advance(ms: number): Promise<void> {
  const until = now + ms;
  await settle();
  for (let timer = nextTimer(until); timer !== undefined; timer = nextTimer(until)) {
    pass(Math.max(timer.dueAt - now, 0));
    timers.delete(timer);
    timer.callback();
    await settle();
  }
  pass(Math.max(until - now, 0));
}

/** As `advance` without a pause: all timers that fall due run in this turn, before any promise. */
export function advanceInOneTurn(ms: number): void {
  const until = now + ms;
  for (let timer = nextTimer(until); timer !== undefined; timer = nextTimer(until)) {
    pass(Math.max(timer.dueAt - now, 0));
    timers.delete(timer);
    timer.callback();
  }
  pass(Math.max(until - now, 0));
}

/** Time goes by, and no timer can run: the thread is blocked. */
export function pass(ms: number): void {
  now += ms;
  wall += ms;
}

/** The wall clock is set to another time; the other one goes on. */
export function jumpWallClock(ms: number): void {
  wall += ms;
}

export const time = (): number => now;

/** How many timers hold the process. */
export const timersHeld = (): number => [...timers].filter(({ held }) => held).length;
