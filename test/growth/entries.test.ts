/** Each entry of the package has a table of its functions here, or a reason why not. */
// Only in test:all: it measures every function at four or more sizes.
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);

/** Entries of the core: their functions are in the table of the root entry. */
const inTheRootTable = ["./messages", "./audit", "./labels", "./remote", "./host"];

const untried: Readonly<Record<string, string>> = {
  "./gateway": "Holds messages, bodies and streams to limits of the operator.",
  "./http": "Holds bodies and claims to limits, and converts them by the entries of providers.",
  "./isolate": "Sends what remote encodes, each line within a limit of its own.",
  "./isolate/far-side": "Runs in a thread or a process of its own, which ends at a deadline.",
  "./isolate/quickjs-far-side": "Runs in a thread of its own, which ends at a deadline.",
  "./node": "Reads packages and files of the operator, each within a limit of its own.",
  "./redis": "Keeps labels within the limits of labels and of the names of sessions.",
  "./testing": "Runs in tests.",
};

it("tries each entry of the package, or says why not", () => {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
    readonly exports: Readonly<Record<string, unknown>>;
  };
  const entries = Object.keys(exports).filter((entry) => entry !== "./package.json");
  const hasTable = (entry: string) => {
    const isOfCore = entry === "." || inTheRootTable.includes(entry);
    const name = isOfCore ? "glassine" : entry.slice("./".length);
    return existsSync(new URL(`test/growth/${name}.test.ts`, root));
  };
  expect(entries.filter((entry) => !hasTable(entry))).toEqual(Object.keys(untried));
});
