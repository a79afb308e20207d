import { describe, expect, it } from "vitest";
import {
  citationsIn,
  mentionsIn,
  readCitations,
  readGaps,
  readMentions,
  readRequirements,
  requirementsIn,
} from "./requirements.ts";

const requirements = readRequirements();
const ids = new Set(requirements.map(({ id }) => id));
const areas = new Set(requirements.map(({ id }) => id.split(":")[0] ?? ""));
const citations = readCitations();
const cited = new Set(citations.map(({ id }) => id));
const gaps = readGaps();

const places = (list: readonly { id: string; where: string }[]) =>
  list.map(({ id, where }) => `${id} at ${where}`);

describe("the requirements", () => {
  it("are there", () => expect(requirements.length).toBeGreaterThan(100));

  it("have ids of one form", () => {
    const odd = [...ids].filter((id) => !/^[a-z]+:[a-z][a-z0-9-]*$/.test(id));
    expect(odd).toEqual([]);
  });

  it("have ids of their own", () => {
    const repeated = requirements.filter(
      ({ id }, index) => requirements.findIndex((other) => other.id === id) !== index,
    );
    expect(repeated.map(({ id }) => id)).toEqual([]);
  });

  it("name their source", () => {
    expect(requirements.filter(({ source }) => source === "").map(({ id }) => id)).toEqual([]);
  });

  it("are short", () => {
    const long = requirements.filter(({ text }) => text.length > 420);
    const found = long.map(({ id, text }) => `${id}: ${text.length}`);
    expect(found, "requirements with more than 420 characters").toEqual([]);
  });
});

describe("the gate", () => {
  it("finds each requirement cited by a test, or listed as a gap", () => {
    const open = [...ids].filter((id) => !cited.has(id) && gaps[id] === undefined);
    expect(open).toEqual([]);
  });

  it("finds each cited id in the specification", () => {
    expect(places(citations.filter(({ id }) => !ids.has(id)))).toEqual([]);
  });

  it("finds each id that a docstring or page mentions", () => {
    const mentions = readMentions(areas);
    expect(mentions.length).toBeGreaterThan(5);
    expect(places(mentions.filter(({ id }) => !ids.has(id)))).toEqual([]);
  });

  it("lists no gap that a test cites", () => {
    expect(Object.keys(gaps).filter((id) => cited.has(id))).toEqual([]);
  });

  it("lists only requirements as gaps, each with a reason", () => {
    const odd = Object.entries(gaps).filter(([id, reason]) => !ids.has(id) || reason.trim() === "");
    expect(odd).toEqual([]);
  });
});

describe("reading", () => {
  const page = [
    "## Labels",
    "",
    "- **`merge:grown`** Labels are joined.",
    "  The order is fixed. _Source: RFC 9110 §5.6.2._",
    "- **`merge:bare`** No source here.",
    "- a plain item",
    "",
  ].join("\n");

  it("takes an item with all its lines", () => {
    expect(requirementsIn(page, "spec/x.md")).toEqual([
      {
        id: "merge:grown",
        page: "spec/x.md",
        text: "Labels are joined. The order is fixed.",
        source: "RFC 9110 §5.6.2",
      },
      { id: "merge:bare", page: "spec/x.md", text: "No source here.", source: "" },
    ]);
  });

  it("takes citations from code, not from comments", () => {
    const code = [
      'verifies("a:b", "a:c");',
      '// verifies("a:d")',
      ' * verifies("a:e")',
      "verifies(",
      '  "a:f",',
      ");",
      "verifies(id);",
      "",
    ].join("\n");
    expect(citationsIn(code, "t.ts")).toEqual([
      { id: "a:b", where: "t.ts:1" },
      { id: "a:c", where: "t.ts:1" },
      { id: "a:f", where: "t.ts:4" },
      { id: "?", where: "t.ts:7" },
    ]);
  });

  it("takes mentions of the areas it knows", () => {
    const text = "@see spec `merge:grown`\nand `node:fs`, `merge`";
    expect(mentionsIn(text, "s.ts", new Set(["merge"]))).toEqual([
      { id: "merge:grown", where: "s.ts:1" },
    ]);
  });
});
