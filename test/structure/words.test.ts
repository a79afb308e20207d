/**
 * Private words that were replaced by the field's words, so that they do not come back.
 *
 * To add one, replace it everywhere and list it here with what to say instead. A key in lower case
 * is a word: it may appear neither in prose nor as part of a name (`house` forbids `HouseRules`).
 * Any other key is a name, and is forbidden exactly as spelled.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";

const replaced: Readonly<Record<string, string>> = {
  house: "ManagerRuntime",
  lateness: "LatePolicy, or delay",
  loom: "rewriteList",
  patient: "CheckedPlugin",
  quietly: "silentReport",
  tally: "LateCounters, or count",
  told: "reported, or said",
  unplaced: "HandlerBinding",
  weave: "rewriteList",
  workshop: "StepDefaults",
  AuditDesk: "AuditRecorder",
  AuditTab: "AuditReceipts",
  HealthDesk: "HealthMonitor",
  RunWishes: "RunOptions",
  Ticket: "PendingWait",
  createDesk: "auditRecorder",
  goneTeller: "removedReporter",
  healthDesk: "healthMonitor",
  noWishes: "noRunOptions",
  orSentence: "didYouMean",
};

const itself = "test/structure/words.test.ts";
/** Results of long runs, which quote earlier versions of the sources. */
const results = /^tools\/(?:mutation|bench)\/.*\.(?:json|md)$|^property-tests\/report\.md$/;
const folders = "src test property-tests tools examples docs spec .github".split(" ");
const top = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];

function paths(): readonly string[] {
  const below = folders.flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: "utf8" }).map(
      (path) => `${folder}/${path}`,
    ),
  );
  return [...top, ...below].filter(
    (path) => /\.(?:ts|mjs|md|yml)$/.test(path) && !results.test(path) && path !== itself,
  );
}

/** Returns the words of `text` in lower case; each part of a name counts as a word. */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    text
      .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
      .toLowerCase()
      .match(/[a-z]+/g),
  );
}

function namesOf(text: string): ReadonlySet<string> {
  return new Set(text.match(/[A-Za-z_$][\w$]*/g));
}

it("no replaced word comes back", () => {
  const found = paths().flatMap((path) => {
    const text = `${path}\n${readFileSync(root + path, "utf8")}`;
    const has = { words: wordsOf(text), names: namesOf(text) };
    return Object.entries(replaced)
      .filter(([key]) => (key === key.toLowerCase() ? has.words : has.names).has(key))
      .map(([key, instead]) => `${path}: say ${instead}, not ${key}`);
  });
  expect(found).toEqual([]);
});

it.each([
  ["a house for it", true],
  ["class HouseRules {}", true],
  ["const oldHouse = 1;", true],
  ["a household", false],
])("finds the word house in %j: %j", (text, isThere) => {
  expect(wordsOf(text).has("house")).toBe(isThere);
});
