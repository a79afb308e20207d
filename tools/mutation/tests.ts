import process from "node:process";
import { testFiles } from "../../test/support/test-files.ts";

/** The tests for each room, by the start of their paths; those likely to fail first come first. */
const testsFor: Readonly<Record<string, readonly string[]>> = {
  filter: [
    "test/filter/",
    "test/spec/filter",
    "test/slots/",
    "test/extensions/",
    "test/conformance/",
    "test/merge/",
    ...laws("filter", "limits", "noninterference", "untouched"),
  ],
  merge: [
    "test/merge/",
    "test/spec/merge",
    "test/spec/declassify",
    "test/extensions/",
    "test/conformance/",
    "test/slots/",
    "test/dispatch/created-levels",
    "test/dispatch/executions",
    "test/dispatch/nesting",
    ...laws("atomic", "capabilities", "delegation", "detached", "growth", "headers", "identity"),
    ...laws("maps", "noninterference", "untouched", "limits", "host-schemas"),
    ...attacks("labels", "label-runs", "headers", "header-", "delegation", "inference-runs"),
  ],
  data: [
    "test/data/",
    "test/spec/envelope",
    "test/spec/schema",
    "test/conformance/",
    "test/extensions/",
    "test/merge/",
    "test/messages/",
    "test/host/",
    "test/dispatch/payload",
    "test/slots/host-schemas",
    "test/adapters/limits",
    "test/adapters/mcp/nested-limits",
    "test/adapters/mcp/session-labels",
    "test/hooks/deny-texts",
    "test/hooks/two-copies",
    "test/plugins/manifest-reading",
    "test/plugins/manager-options",
    ...laws("reading", "parsed", "detached", "untouched", "untouchable", "read-once", "pollution"),
    ...laws("realm-independent", "redaction", "limits", "host-schemas", "label-stores"),
    ...attacks("forged-"),
  ],
  slots: [
    "test/slots/",
    "test/pins/",
    "test/spec/",
    "test/host/",
    "test/filter/",
    "test/merge/",
    "test/conformance/",
    "test/extensions/",
    "test/data/",
  ],
  dispatch: [
    "test/dispatch/",
    "test/hooks/",
    "test/slots/derived",
    "test/operations/",
    "test/services/",
    "test/plugins/",
    "test/registration/",
    "test/host/",
    "test/audit/trail",
    "test/audit/records",
    "test/faults/",
    ...laws("dispatch", "deadlines", "label-stores", "audit-"),
    ...attacks("failure-", "forged-", "retained", "concurrency", "label-runs", "inference-runs"),
    ...attacks("capabilities", "manifest-handlers"),
  ],
};

function attacks(...names: readonly string[]): readonly string[] {
  return names.map((name) => `test/attacks/${name}`);
}

function laws(...names: readonly string[]): readonly string[] {
  return names.map((name) => `property-tests/${name}`);
}

/** Test files that are left out, by the start of their paths, each with a reason. */
const leftOut: Readonly<Record<string, string>> = {
  "test/faults/resources.test.ts": "counts the timers and listeners of a whole process",
  "test/faults/deadline-edge.test.ts": "takes seconds; the laws of deadlines say the same",
  "test/faults/sinks.test.ts": "takes seconds; the tests of dispatch say the same",
  "test/dispatch/end-of-stack.test.ts": "loads the built package, which is not mutated",
  "test/faults/trust-": "starts processes, and is about locks of plugins",
  "test/plugins/requires-host.test.ts": "asks which modules are loaded already",
  "test/plugins/health.test.ts": "takes seconds and is about plugins",
  "test/plugins/older-fleet.test.ts": "takes seconds and is about plugins",
  "test/plugins/two-copies.test.ts": "loads the built package, which is not mutated",
  "test/spec/requirements.test.ts": "reads the tests as text and runs none of the sources",
};

/** Tests that cannot share a realm with others: each has its own file in `apart/`. */
const apart: Readonly<Record<string, { readonly begin: string; readonly because: string }>> = {
  tampering: {
    begin: "test/data/tampering",
    because: "They compare the realm with what it was when the sources loaded.",
  },
  "deny-tampering": {
    begin: "test/plugins/deny-tampering",
    because: "They compare the realm as well.",
  },
  faults: {
    begin: "test/faults/",
    because: "They have their clock in place before the sources load.",
  },
  "deadline-queue": {
    begin: "test/hooks/deadlines",
    because: "They load the sources anew with a clock and timers of their own.",
  },
  "two-copies": {
    begin: "test/hooks/two-copies",
    because: "They load the sources twice.",
  },
  deadlines: { begin: "property-tests/deadlines", because: "They have a clock of their own, too." },
  "realm-independent": {
    begin: "property-tests/realm-independent",
    because: "They patch the realm as a whole.",
  },
  pollution: {
    begin: "property-tests/pollution",
    because: "They compare every intrinsic with what it was.",
  },
  "read-once": { begin: "property-tests/read-once", because: "They watch the intrinsics." },
};

const room = process.env.GLASSINE_ROOM;

/** How many test files of a room load in the first file, before all others. */
const soonest = 16;

/** The first few test files of the room, or of all rooms: they kill most mutants. */
export function firstTests(): readonly string[] {
  return sharedTests().slice(0, soonest);
}

/** The remaining test files that load together. */
export function laterTests(): readonly string[] {
  return sharedTests().slice(soonest);
}

function sharedTests(): readonly string[] {
  const begins = Object.values(apart).map(({ begin }) => begin);
  return testsOf(room).filter((path) => !begins.some((begin) => beginsIn(path, begin)));
}

/** The test files that load in one file of `apart/`. */
export function testsApart(name: string): readonly string[] {
  return testsOf(room).filter((path) => beginsIn(path, apart[name]?.begin ?? "?"));
}

/** The files of this folder that have tests for the room. */
export function entries(): readonly string[] {
  const names = Object.keys(apart).filter((name) => testsApart(name).length > 0);
  return [
    "tools/mutation/first.test.ts",
    "tools/mutation/later.test.ts",
    ...names.map((name) => `tools/mutation/apart/${name}.test.ts`),
  ];
}

/** Treats tests in `test/internal/` like those in the same folder under `test/`. */
function beginsIn(path: string, begin: string): boolean {
  return path.replace("test/internal/", "test/").startsWith(begin);
}

function testsOf(room: string | undefined): readonly string[] {
  const isOut = (path: string) => Object.keys(leftOut).some((begin) => beginsIn(path, begin));
  const files = testFiles();
  const all = files.filter((path) => !isOut(path));
  const beginnings = testsFor[room ?? ""] ?? Object.values(testsFor).flat();
  const idle = [...beginnings, ...Object.keys(leftOut)].filter(
    (begin) => !files.some((path) => beginsIn(path, begin)),
  );
  if (idle.length > 0)
    throw new Error(`tools/mutation/tests.ts: no test is named ${idle.join(", ")}.`);
  const found = beginnings.flatMap((begin) => all.filter((path) => beginsIn(path, begin)));
  return [...new Set(found)];
}
