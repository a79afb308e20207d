/** The drawings in docs/curves: how they are drawn, and that they show the committed results. */
// Only in test:all: it runs scripts of the repository.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Captions, Measured, Series } from "../../tools/bench/curves/curve.ts";
import { curves } from "../../tools/bench/curves/curves.ts";
import { drawn } from "../../tools/bench/curves/svg.ts";
import { root } from "../docs/support/pages.ts";

const captions: Captions = { title: "Cost", x: "plugins", y: "µs", scale: "linear" };
const series: readonly Series[] = [
  {
    name: "ours",
    points: [
      { x: 1, y: 0 },
      { x: 100, y: 4 },
    ],
  },
  { name: "bare", points: [{ x: 10, y: 2 }] },
];

const named = (name: string): Series => ({ name, points: [{ x: 1, y: 1 }] });

/** Returns what a pattern's first group matches, in order. */
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, one]) => one);

describe("a drawing", () => {
  it("places points between the ends of its axes, by powers of ten and from zero", () => {
    const text = drawn(captions, series);
    expect(found(text, /<path class="line ink0" d="(M72 344L[^"]*)"/g)).toEqual(["M72 344L700 88"]);
    expect(found(text, /(<circle class="dot1"[^>]*>)/g)).toEqual([
      '<circle class="dot1" cx="386" cy="216" r="3"/>',
    ]);
  });

  it("has ticks at round values, and units on the axes", () => {
    const text = drawn(captions, series);
    expect(found(text, /<text class="y"[^>]*>([^<]*)</g)).toEqual(["0", "1", "2", "3", "4"]);
    expect(found(text, /<text class="x"[^>]*>([^<]*)</g)).toEqual([
      "1",
      "10",
      "100",
      "plugins",
      "µs",
    ]);
    const log = drawn({ ...captions, scale: "log" }, [
      {
        name: "ours",
        points: [
          { x: 1000, y: 0.05 },
          { x: 2e6, y: 1 },
        ],
      },
    ]);
    expect(found(log, /<text class="y"[^>]*>([^<]*)</g)).toEqual(["0.01", "0.1", "1"]);
    expect(found(log, /<text class="x"[^>]*>([^<]*)</g).slice(0, 5)).toEqual([
      "1k",
      "10k",
      "100k",
      "1M",
      "10M",
    ]);
  });

  it("names each series beside a piece of its line, and has inks for light and dark pages", () => {
    const text = drawn(captions, series);
    expect(found(text, /<text x="\d+" y="54">([^<]*)</g)).toEqual(["ours", "bare"]);
    expect(found(text, /ink1\{stroke:(#[0-9a-f]{6})/g)).toHaveLength(2);
    expect(text).toContain("@media (prefers-color-scheme:dark)");
  });

  it("begins another row of names if one is full", () => {
    const long = [0, 1].map((i) => named(`${"long ".repeat(8)}${i}`));
    expect(found(drawn(captions, long), /<text x="(\d+ ?" y="\d+)">long/g)).toEqual([
      '108" y="54',
      '108" y="74',
    ]);
  });

  it("escapes markup in texts", () => {
    const text = drawn({ ...captions, title: "a < b & c" }, [
      { name: "<g>", points: [{ x: 1, y: 1 }] },
    ]);
    expect(text).toContain("<title>a &lt; b &amp; c</title>");
    expect(text).toContain(">&lt;g&gt;<");
  });

  it.each<[string, Partial<Captions>, readonly Series[]]>([
    ["no series", {}, []],
    ["a series without points", {}, [{ name: "ours", points: [] }]],
    ["nought among powers of ten", { scale: "log" }, [{ name: "ours", points: [{ x: 1, y: 0 }] }]],
    ["a size of nought", {}, [{ name: "ours", points: [{ x: 0, y: 1 }] }]],
    ["a value below nought", {}, [{ name: "ours", points: [{ x: 1, y: -1 }] }]],
    ["what is not a number", {}, [{ name: "ours", points: [{ x: 1, y: Number.NaN }] }]],
    ["names that need a third row", {}, Array(3).fill(named("x".repeat(60)))],
    ["more series than inks", {}, Array(6).fill({ name: "ours", points: [{ x: 1, y: 1 }] })],
  ])("refuses %s", (_, other, given) => {
    expect(() => drawn({ ...captions, ...other }, given)).toThrow();
  });
});

describe("docs/curves", () => {
  it("has one drawing for each curve", () => {
    expect(readdirSync(`${root}docs/curves`).sort()).toEqual(
      Object.keys(curves)
        .map((name) => `${name}.svg`)
        .sort(),
    );
  });

  it.each(Object.entries(curves))("%s shows the committed result", (name, curve) => {
    const result = readFileSync(`${root}tools/bench/results/${name}.json`, "utf8");
    const { series: measured } = JSON.parse(result) as Measured;
    expect(readFileSync(`${root}docs/curves/${name}.svg`, "utf8")).toBe(drawn(curve, measured));
  });
});
