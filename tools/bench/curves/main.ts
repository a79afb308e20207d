/**
 * Draws the curves of docs/curves from tools/bench/results: `npm run bench:curves`. With
 * `-- --measure NAME` it measures that curve first, in a process that measures nothing else.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { printJson } from "../../scripts/print-json.ts";
import type { Captions, Measured } from "./curve.ts";
import { curves } from "./curves.ts";
import { drawn } from "./svg.ts";

const rounds = 9;
// This file runs from build/tools/bench/curves.
const root = fileURLToPath(new URL("../../../../", import.meta.url));
const resultOf = (name: string) => `${root}tools/bench/results/${name}.json`;

const { values: options } = parseArgs({ options: { measure: { type: "string" } } });

async function measure(name: string): Promise<void> {
  const curve = curves[name];
  if (curve === undefined) {
    const known = Object.keys(curves).join(", ");
    throw new Error(`No curve is named "${name}". There are ${known}.`);
  }
  const result: Measured = { node: process.versions.node, series: await curve.measure(rounds) };
  writeFileSync(resultOf(name), printJson(result));
}

function draw(name: string, captions: Captions): void {
  const { series } = JSON.parse(readFileSync(resultOf(name), "utf8")) as Measured;
  const path = `docs/curves/${name}.svg`;
  writeFileSync(root + path, drawn(captions, series));
  console.log(`Drew ${path}.`);
}

if (options.measure !== undefined) await measure(options.measure);
for (const [name, captions] of Object.entries(curves)) {
  if (name === (options.measure ?? name)) draw(name, captions);
}
