import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The tests that bear on each room, by how their paths begin; what fails soonest comes first. */
const testsFor: Readonly<Record<string, readonly string[]>> = {
  filter: [
    "test/filter/",
    "test/spec/",
    "test/slots/",
    "test/extensions/",
    "test/conformance/",
    ...laws("filter", "noninterference", "untouched"),
  ],
  merge: [
    "test/merge/",
    "test/spec/",
    "test/extensions/",
    "test/conformance/",
    "test/slots/",
    ...laws("atomic", "capabilities", "detached", "growth", "headers", "identity", "maps"),
    ...laws("noninterference", "untouched"),
  ],
  admit: [
    "test/admit/",
    "test/spec/",
    "test/conformance/",
    "test/extensions/",
    "test/merge/",
    "test/messages/",
    "test/host/",
    ...laws("reading", "detached", "untouched", "untouchable", "read-once", "pollution"),
    ...laws("realm-independent", "redaction"),
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
    "test/admit/",
  ],
  dispatch: [
    "test/dispatch/",
    "test/hooks/",
    "test/spec/",
    "test/plugins/",
    "test/host/",
    "test/faults/",
    ...laws("dispatch", "deadlines", "labels"),
  ],
};

function laws(...names: readonly string[]): readonly string[] {
  return names.map((name) => `property-tests/${name}`);
}

/** Test files that stay out, each with its reason. */
const leftOut: Readonly<Record<string, string>> = {
  "test/dispatch/patched-realm.test.ts": "builds the package and starts processes",
  "test/faults/resources.test.ts": "counts the timers and listeners of a whole process",
  "test/faults/deadline-edge.test.ts": "takes seconds; the laws of deadlines say the same",
  "test/plugins/older-fleet.test.ts": "takes seconds and is about plugins",
  "test/spec/requirements.test.ts": "reads the tests as text and runs none of the sources",
};

/** Test files that cannot share a realm with others, each with its reason. */
const alone: Readonly<Record<string, string>> = {
  "test/admit/tampering.test.ts": "compares the realm with what it was when the sources loaded",
  "test/plugins/deny-tampering.test.ts": "compares the realm as well",
  "property-tests/realm-independent.test.ts": "patches the realm as a whole",
  "property-tests/pollution.test.ts": "compares every intrinsic with what it was",
  "property-tests/read-once.test.ts": "watches intrinsics",
  "property-tests/deadlines.test.ts": "has its clock in place before the sources load",
};

/** The folders of tests that share a realm with each other and with no one else. */
const apart: Readonly<Record<string, string>> = {
  "test/faults/": "have their clock in place before the sources load",
};

const root = fileURLToPath(new URL("../", import.meta.url));

/** The test files for a room, or for all, that load together. */
export function sharedTests(room: string | undefined): readonly string[] {
  const isApart = (path: string) => Object.keys(apart).some((folder) => path.startsWith(folder));
  return testsOf(room).filter((path) => !(path in alone || isApart(path)));
}

/** The test file alone in its realm, or those of a folder, if the room has them. */
export function testsApart(room: string | undefined, path: string): readonly string[] {
  return testsOf(room).filter((each) => each.startsWith(path));
}

function testsOf(room: string | undefined): readonly string[] {
  const all = [...allIn("test"), ...allIn("property-tests")].filter((path) => !(path in leftOut));
  const beginnings = testsFor[room ?? ""] ?? Object.values(testsFor).flat();
  const found = beginnings.flatMap((begin) => all.filter((path) => path.startsWith(begin)));
  return [...new Set(found)];
}

function allIn(folder: string): readonly string[] {
  return readdirSync(root + folder, { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".test.ts"))
    .sort();
}
