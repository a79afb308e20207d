/**
 * Virtual time for the library alone.
 *
 * The library captures clocks and timers when it loads. So this module installs its own in
 * their place, and `end-of-loading.ts` restores the real ones. Import this module, then the
 * library, then the other one, each for its side effect.
 */

interface Timer {
  dueAt: number;
  readonly callback: () => void;
  isReferenced: boolean;
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
    isReferenced: true,
    // These use the timer that they are called on, like the methods of Node's timers.
    ref() {
      this.isReferenced = true;
    },
    unref() {
      this.isReferenced = false;
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

/** Restores the real clocks and timers, for the tests themselves. */
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

/** The next timer due; blocking the thread meanwhile makes more of them due. */
function nextTimer(until: number): Timer | undefined {
  let next: Timer | undefined;
  const end = Math.max(until, now);
  for (const timer of timers) {
    if (timer.dueAt <= end && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
  }
  return next;
}

/** Advances both clocks, and runs the timers that fall due, each at its time. */
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

/** Like `advance` without a pause: all due timers run in this turn, before any promise. */
export function advanceInOneTurn(ms: number): void {
  const until = now + ms;
  for (let timer = nextTimer(until); timer !== undefined; timer = nextTimer(until)) {
    pass(Math.max(timer.dueAt - now, 0));
    timers.delete(timer);
    timer.callback();
  }
  pass(Math.max(until - now, 0));
}

/** Time passes, and no timer can run: the thread is blocked. */
export function pass(ms: number): void {
  now += ms;
  wall += ms;
}

/** The wall clock is set to another time; the monotonic one continues. */
export function jumpWallClock(ms: number): void {
  wall += ms;
}

export const time = (): number => now;

/** How many timers keep the process alive. */
export const referencedTimers = (): number =>
  [...timers].filter(({ isReferenced }) => isReferenced).length;
