// Its process is only for files that patch the realm.
/** What a plugin that patched promises learns of a run whose audit trail answers at once. */
import { addLabels } from "glassine";
import { expect, it } from "vitest";
import { call, hook, labelsOf, manage, plugin } from "./support.ts";

const before = Promise.prototype.constructor;

it.each([
  ["keeps each note", 0],
  ["loses each note", 4],
  ["loses only the first", 1],
])("nothing, if it %s", async (_, lost) => {
  let isRunning = false;
  let lookups = 0;
  const patches = () => {
    Object.defineProperty(Promise.prototype, "constructor", {
      configurable: true,
      get: () => {
        if (isRunning) lookups += 1;
        return before;
      },
    });
  };
  const adds = (name: string) =>
    plugin(
      name,
      (_payload, _context, extensions) => {
        patches();
        return { modifiedExtensions: addLabels(extensions, name) };
      },
      { capabilities: ["read_labels", "append_labels"] },
    );
  let notes = 0;
  const sink = () => {
    if (!isRunning) return;
    notes += 1;
    if (notes <= lost) throw new Error("full");
  };
  const manager = await manage([adds("first"), adds("second"), adds("third"), adds("fourth")], {
    audit: { sink },
    logger: { error: () => {}, warn: () => {} },
  });
  isRunning = true;
  const running = manager.invoke(hook, call, {});
  isRunning = false;
  Object.defineProperty(Promise.prototype, "constructor", {
    value: before,
    writable: true,
    configurable: true,
  });
  expect(labelsOf(await running)).toEqual(["first", "fourth", "second", "third"]);
  expect({ notes, lookups }).toEqual({ notes: 4, lookups: 0 });
});
