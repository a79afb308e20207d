/** Registers plugins once and runs hooks. */
import { intrinsics, readPlain } from "../admit/index.ts";
import { GlassineError, suggestion } from "../errors/index.ts";
import {
  createFrom,
  emptyExtensions,
  type HeaderMap,
  markOf,
  replaceSlots,
  type Slots,
} from "../extensions/index.ts";
import {
  type AnyInvokeResult,
  type BackgroundCounts,
  BackgroundWork,
  expire,
  type House,
  Invocation,
  type Program,
  plainResult,
  RequestScope,
  run,
  settled,
} from "../hooks/index.ts";
import { payloadFor } from "../messages/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { compilePrograms } from "./compile-programs.ts";
import { asksToDeny, assertUntampered, tamperedViolation } from "./deny-tampering.ts";
import {
  givesExtensionsOnly,
  type InvokeOptions,
  noWishes,
  ownOption,
  readCloseTimeout,
  readScope,
  readWishes,
} from "./invoke-options.ts";
import { readItem, readManagerOptions } from "./manager-options.ts";
import { inOrder } from "./order.ts";
import { callSiteAbove, headersMoved, warnHeaders } from "./payload-headers.ts";
import type { Surface } from "./read-manifest.ts";
import { single } from "./read-plain.ts";
import type { Plugin } from "./types.ts";

/** What became of the manager's work. */
export interface CloseReport {
  /** False when background work was still under way at the time limit. */
  readonly drained: boolean;
  readonly background: BackgroundCounts;
  /** Results that came after their deadline, or after an abort, and were dropped. */
  readonly late: number;
  readonly then: undefined;
}

/** A manager as code that knows no types of hooks handles it. */
export interface AnyManager {
  readonly plugins: readonly Plugin[];
  invoke(
    hook: string,
    payload: unknown,
    options?: InvokeOptions<unknown>,
  ): Promise<AnyInvokeResult>;
  handles(hook: string): boolean;
  close(options?: CloseOptions): Promise<CloseReport>;
  readonly then: undefined;
}

/** Options of `close`. */
export interface CloseOptions {
  /** How long to wait for background work, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number;
}

export async function createManager(
  surface: Surface,
  slots: CompiledSlots,
  input: unknown,
): Promise<AnyManager> {
  // First of all: the options are read by plain code, which a patch may mislead.
  if (asksToDeny(input)) assertUntampered();
  const options = readManagerOptions(input);
  const read = options.items.map((item, index) => readItem(surface, item, index, frozenConfig));
  const ordered = inOrder(
    read.map((item) => ({ ...item.plugin, facts: { ...item.plugin }, item })),
  );
  const house: House = {
    onHandlerError: options.onHandlerError,
    tally: { late: 0 },
    onIdle: undefined,
    inFlight: 0,
    background: new BackgroundWork(options.maxBackground),
    expire,
  };
  const items = ordered.map(({ item }) => item);
  const programs = compilePrograms({ surface, slots, items, options, house });
  const inBackground = Object.values(programs).flatMap(({ background }) => background);
  house.background.shareAmong(new Set(inBackground.map(({ plugin }) => plugin)).size);
  const empty = emptyExtensions(slots);
  let closed = false;

  /** Everything the host can get wrong is found here, before a handler runs. */
  const begin = (
    hook: string,
    payload: unknown,
    given: InvokeOptions<unknown> | undefined,
  ): Invocation | AnyInvokeResult => {
    if (closed) throw closedError();
    const program = programs[hook];
    if (program === undefined) throw unknownHook(surface, hook);
    if (house.inFlight >= options.maxInFlight) throw overloaded(hook, options.maxInFlight);
    const plain = given === undefined || givesExtensionsOnly(given);
    const wishes = plain ? noWishes : readWishes(given);
    const scope = plain ? new RequestScope(undefined) : readScope(given, wishes, house);
    let read = payloadFor(program.payload, payload, "payload_invalid", hook, options.payloadLimits);
    let extensions =
      given === undefined ? empty : extensionsOf(slots, ownOption(given, "extensions"), empty);
    const field = program.headersField;
    if (field !== undefined && (read as Record<string, unknown>)[field] !== undefined) {
      const { [field]: headers, ...rest } = read as Record<string, unknown>;
      warnHeaders(hook, callSiteAbove(invoke));
      extensions = headersMoved(slots, extensions, headers as HeaderMap, replaceSlots);
      read = payloadFor(program.payload, rest, "payload_invalid", hook, options.payloadLimits);
    }
    const tampered = options.denyTampering ? tamperedViolation() : undefined;
    if (tampered !== undefined) {
      return new Invocation(program, read, extensions, scope, wishes).finish(tampered, 0);
    }
    // Where nothing runs and nothing else is wished for, the result is all there is.
    if (program.empty && wishes === noWishes) return plainResult(program, read, extensions, scope);
    return new Invocation(program, read, extensions, scope, wishes);
  };

  function invoke(
    hook: string,
    payload: unknown,
    given?: InvokeOptions<unknown>,
  ): Promise<AnyInvokeResult> {
    let invocation: Invocation | undefined;
    try {
      const begun = begin(hook, payload, given);
      if (!(begun instanceof Invocation)) return settled(begun);
      invocation = begun;
      house.inFlight += 1;
      return run(invocation);
    } catch (error) {
      // Where no stack is left, only this much can still be done.
      if (invocation?.counted === true) {
        invocation.counted = false;
        house.inFlight -= 1;
      }
      return rejected(error);
    }
  }

  const manager: AnyManager = {
    plugins: Object.freeze(items.map(({ plugin }) => plugin)),
    invoke,
    handles: (hook) => {
      const program = programs[hook] as Program | undefined;
      if (program === undefined) throw unknownHook(surface, hook);
      return !program.empty;
    },
    close: async (given) => {
      const timeoutMs = readCloseTimeout(given);
      closed = true;
      const drained = await within(settledWork(house), timeoutMs);
      return intrinsics.freeze({
        drained,
        background: house.background.counts(),
        late: house.tally.late,
        // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
        then: undefined,
      });
    },
    // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
    then: undefined,
  };
  return Object.freeze(manager);
}

// An async function rejects inside the engine, out of reach of patched prototypes.
async function rejected(error: unknown): Promise<never> {
  throw error;
}

function frozenConfig(config: unknown): unknown {
  const read = readPlain(config);
  if (read === undefined)
    throw new GlassineError("options_invalid", "A plugin's config is plain JSON data.");
  return read;
}

function unknownHook(surface: Surface, hook: unknown): GlassineError {
  const name = String(hook);
  return new GlassineError(
    "hook_unknown",
    `unknown hook ${single(name)}${suggestion(name, Object.keys(surface.hooks)).replaceAll('"', "'")}`,
    { hook: name },
  );
}

function closedError(): GlassineError {
  return new GlassineError("manager_closed", "The manager is closed; create a new one.");
}

function overloaded(hook: string, max: number): GlassineError {
  return new GlassineError("overloaded", `More than ${max} invocations are in flight.`, { hook });
}

/** The host's envelope by reference; anything else is read first. */
function extensionsOf(slots: CompiledSlots, given: unknown, empty: Slots): Slots {
  if (given === undefined || given === null) return empty;
  const mark = markOf(given);
  if (mark !== undefined && mark.slots === slots && mark.mask === undefined) return given as Slots;
  return createFrom(slots, given);
}

const PromiseAtLoad = Promise;
// Captured, so that a test's or plugin's clock does not keep a manager from closing.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** Resolves when no run is in flight and no background work is left. */
async function settledWork(house: House): Promise<void> {
  if (house.inFlight > 0) {
    await new PromiseAtLoad<void>((resolve) => {
      const { onIdle } = house;
      house.onIdle = () => {
        onIdle?.();
        resolve();
      };
    });
  }
  await house.background.drain();
}

function within(work: Promise<void>, timeoutMs: number): Promise<boolean> {
  return new PromiseAtLoad((resolve) => {
    const timer = startTimer(() => resolve(false), timeoutMs);
    const wait = async () => {
      await work;
      stopTimer(timer);
      resolve(true);
    };
    void wait();
  });
}
