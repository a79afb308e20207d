/** A run that is started near the end of the stack: wherever the stack ends, the run ends as a whole. */
// Only in test:all: it starts thousands of runs.
import * as fc from "fast-check";
import type { Extensions, Plugin, View } from "glassine";
import { expect, it } from "vitest";
import { share } from "../../property-tests/support/runs.ts";
import { attack } from "../attacks/attack.ts";
import { verifies } from "../support/verifies.ts";
import { loadWithSmallStack, setSizes, withStack } from "./small-stack.ts";

const glassine = await loadWithSmallStack();
const { addLabels, createExtensions, createPluginManager, definePlugin, deny } = glassine;

const hook = "cmf.tool_pre_invoke";
const call = { tool_call_id: "1", name: "add", arguments: {} };
const message = glassine.createMessage({
  role: "assistant",
  content: [{ content_type: "tool_call", content: call }],
});

type OnError = "fail" | "ignore" | "disable";
type Manager = Awaited<ReturnType<typeof createPluginManager>>;
type Invoked = Awaited<ReturnType<Manager["invoke"]>>;
interface Settings {
  readonly onError: OnError;
  readonly mode?: "sequential" | "concurrent";
  readonly asyncSafe?: boolean;
  /** Whether the handler waits before it answers. */
  readonly waits?: boolean;
}

const needs = { version: "1.0.0", capabilities: ["append_labels", "read_labels"] } as const;

/** A plugin that adds its name as a label. */
function labels(name: string, { waits, asyncSafe = true, ...settings }: Settings): Plugin {
  type Shown = View<"append_labels" | "read_labels">;
  const add = (shown: Shown) => ({ modifiedExtensions: addLabels(shown, name) });
  const atOnce = (_message: unknown, _context: unknown, shown: Shown) => add(shown);
  const later = async (_message: unknown, _context: unknown, shown: Shown) => {
    await undefined;
    return add(shown);
  };
  const handler = waits ? later : atOnce;
  return definePlugin({ ...needs, name, asyncSafe, hooks: { [hook]: { ...settings, handler } } });
}

function denies({ onError, mode = "sequential" }: Settings): Plugin {
  const handler = (_message: unknown, _context: unknown) => deny("no");
  const hooks = { [hook]: { onError, mode, priority: 500, handler } };
  return definePlugin({ name: "denies", version: "1.0.0", hooks });
}

const labelsOf = ({ extensions }: { readonly extensions: Extensions }): readonly string[] =>
  extensions.security?.labels ?? [];

/** How a handler runs. Each case is one of them with one error policy. */
const kinds = {
  "answers at once": {},
  waits: { waits: true },
  "is concurrent": { mode: "concurrent" },
  "is concurrent and waits": { mode: "concurrent", waits: true },
  "runs one at a time": { asyncSafe: false },
  "runs one at a time and waits": { asyncSafe: false, mode: "concurrent", waits: true },
} as const;
const policies = ["fail", "ignore", "disable"] as const;
const cases = Object.entries(kinds).flatMap(([what, settings]) =>
  policies.map((onError) => [what, onError, { ...settings, onError } as Settings] as const),
);

/** A thousandth is fine enough, and doubles would mostly be tiny. */
const part = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);

/** How many functions are large on the stack, and what part of the stack that a run takes is left. */
const stacks = fc.record({ seed: fc.nat(), large: part.map((each) => each / 2), left: part });

/** Some functions, by chance, take more than others. `by`: how often as much. */
function sizesFrom({ seed, large }: { seed: number; large: number }, by: number): void {
  setSizes((name, index) => {
    const random = (Math.imul(seed ^ index, 2_654_435_761) >>> 8) / 2 ** 24;
    return random < large && !name.endsWith(" expectRoom") ? by : 1;
  });
}

/** A lock is safe as long as no function takes as much as the room that it asks for. */
const mostOf = ({ asyncSafe = true }: Settings) => (asyncSafe ? 50 : 6);

/** Settles, or says that it has not: all that these runs wait for is done in a few turns. */
async function settledIn<T>(pending: Promise<T>): Promise<T | "rejected" | "pending"> {
  const outcome = pending.catch(() => "rejected" as const);
  for (let turn = 0; turn < 20; turn++) {
    const first = await Promise.race([outcome, undefined]);
    if (first !== undefined) return first;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return "pending";
}

/** Starts a run with little stack left, and returns what came of it. */
async function nearTheEnd<T>(left: number, start: () => Promise<T>) {
  const whole = withStack(Number.POSITIVE_INFINITY, start);
  await whole.result;
  const { result } = withStack(Math.floor(left * whole.took), start);
  return result === undefined ? "refused" : await settledIn(result);
}

function expectCounted(manager: Manager): void {
  const { inFlight, started, allowed, denied, errored } = manager.counts();
  expect(inFlight).toBe(0);
  expect(allowed + denied + errored).toBe(started);
}

const options = { logger: {}, onHandlerError: () => undefined };

it.each(cases)("settles and counts, wherever the stack ends: %s, %s", async (_w, _o, given) => {
  verifies("dispatch:end-of-stack");
  const plugins = [labels("first", given), labels("second", given), denies(given)];
  const manager = await createPluginManager({ ...options, plugins });
  await fc.assert(
    fc.asyncProperty(stacks, async ({ left, ...sizes }) => {
      sizesFrom(sizes, mostOf(given));
      const outcome = await nearTheEnd(left, () => manager.invoke(hook, message));
      expect(outcome).not.toBe("pending");
      if (typeof outcome === "object" && given.onError === "fail")
        expect(outcome.continueProcessing).toBe(false);
      expectCounted(manager);
      // No lock is left behind.
      const next = await settledIn(manager.invoke(hook, message));
      expect(next).not.toBe("pending");
      if (given.onError === "disable") return;
      expect(next).toMatchObject({ violation: { code: "denied" }, errors: [] });
      expect(labelsOf(next as never)).toEqual(["first", "second"]);
    }),
    share(5),
  );
});

it.each([true, false])("does not stop the audit trail, strict %s", async (strict) => {
  verifies("dispatch:end-of-stack");
  const custom = { a: { b: [1, { c: 2 }] } };
  // A sink takes stack, too.
  const audit = { strict, sink: () => void createExtensions({ custom }) };
  const plugins = [denies({ onError: "fail" })];
  const manager = await createPluginManager({ ...options, plugins, audit });
  const about = { actorUri: "system:test", targetUri: "system:test" };
  const event = { eventType: "test.ended", outcome: "success", ...about } as const;
  await fc.assert(
    fc.asyncProperty(stacks, async ({ left, ...sizes }) => {
      sizesFrom(sizes, 20);
      expect(await nearTheEnd(left, () => manager.invoke(hook, message))).not.toBe("pending");
      expectCounted(manager);
      expect(await settledIn(manager.audit(event))).toBe(true);
    }),
    share(5),
  );
});

/** A plugin that starts one more run of the hook within each, near the end of the stack. */
function nesting() {
  const nested = {
    left: 1,
    manager: undefined as unknown as Manager,
    inner: undefined as Awaited<ReturnType<typeof nearTheEnd<Invoked>>> | undefined,
  };
  const plugin = definePlugin({
    ...needs,
    name: "nests",
    hooks: {
      [hook]: {
        priority: 1,
        async handler(_message, context, _extensions) {
          if (nested.inner !== undefined) return;
          nested.inner = "pending";
          const under = { parent: context, extensions: createExtensions({}) };
          const start = () => nested.manager.invoke(hook, message, under);
          nested.inner = await nearTheEnd(nested.left, start);
        },
      },
    },
  });
  return { nested, plugin };
}

it.each(cases)("loses no label of a nested run: %s, %s", async (_what, _onError, given) => {
  verifies("dispatch:end-of-stack", "dispatch:nesting-labels");
  const { nested, plugin } = nesting();
  const plugins = [plugin, labels("found", given)];
  nested.manager = await createPluginManager({ ...options, plugins });
  await fc.assert(
    fc.asyncProperty(stacks, async ({ left, ...sizes }) => {
      sizesFrom(sizes, mostOf(given));
      nested.left = left;
      nested.inner = undefined;
      const outer = await nested.manager.invoke(hook, message);
      const { inner } = nested;
      expect(inner).not.toBe("pending");
      if (typeof inner === "object")
        expect(labelsOf(outer)).toEqual(expect.arrayContaining([...labelsOf(inner)]));
      expectCounted(nested.manager);
    }),
    share(5),
  );
});

attack(
  "A-307",
  "Start a nested run near the end of the stack, so that a plugin that would deny fails there, and is ignored or switched off",
  "the nested run is refused, and no handler is called in it",
  () => {
    it.each(cases)("%s, %s", async (_what, _onError, given) => {
      verifies("dispatch:end-of-stack");
      const { nested, plugin } = nesting();
      const plugins = [plugin, denies(given)];
      nested.manager = await createPluginManager({ ...options, plugins });
      await fc.assert(
        fc.asyncProperty(stacks, async ({ left, ...sizes }) => {
          sizesFrom(sizes, 6);
          nested.left = left;
          nested.inner = undefined;
          const outer = await nested.manager.invoke(hook, message);
          expect(outer).toMatchObject({ violation: { code: "denied" }, errors: [] });
          const { inner } = nested;
          if (typeof inner === "object")
            expect(inner).toMatchObject({ violation: { code: "denied" }, errors: [] });
          else expect(["refused", "rejected"]).toContain(inner);
        }),
        share(5),
      );
    });
  },
);
