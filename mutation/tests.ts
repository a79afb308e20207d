/** The tests that bear on each room; those that fail soonest come first. */
const foldersOf: Readonly<Record<string, readonly string[]>> = {
  filter: ["filter", "spec", "conformance", "merge", "slots", "extensions", "laws"],
  merge: ["merge", "spec", "conformance", "slots", "extensions", "laws"],
  admit: ["admit", "spec", "conformance", "extensions", "merge", "messages", "host", "laws"],
  slots: ["slots", "pins", "spec", "host", "conformance", "admit", "extensions", "merge", "filter"],
  dispatch: ["hooks", "dispatch", "spec", "plugins", "host", "faults", "laws"],
};

const everywhere = [...new Set(Object.values(foldersOf).flat()), "attacks"];

/** Test files that stay out, each with its reason. */
const leftOut: Readonly<Record<string, string>> = {
  "test/dispatch/patched-realm.test.ts": "builds the package and starts processes",
  "test/plugins/older-fleet.test.ts":
    "replaces the filter with vi.mock, which only a file of its own can",
  ...Object.fromEntries(
    ["aborts", "clocks", "deadline-edge", "hangs", "sinks", "throws"].map((name) => [
      `test/faults/${name}.test.ts`,
      "gives the library its own clock while it loads, which only a file of its own can",
    ]),
  ),
  "test/spec/requirements.test.ts": "reads the tests as text and runs none of the sources",
};

/** The folders of tests for a room, or all of them. */
export function foldersFor(room: string | undefined): readonly string[] {
  const names = foldersOf[room ?? ""] ?? everywhere;
  return names.map((name) => (name === "laws" ? "property-tests" : `test/${name}`));
}

export const isLeftOut = (path: string): boolean => path in leftOut;
