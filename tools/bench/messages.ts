/** W: decoding and encoding messages, compared with the engine's own JSON. */
import assert from "node:assert/strict";
import {
  createMessage,
  decodeMessage,
  encodeMessage,
  type Message,
  type MessageInput,
} from "glassine/messages";
import { type Comparison, newLane, type Side } from "./harness.ts";
import { partAt } from "./workloads.ts";

/** A message in parsed wire form, and its JSON text. */
export interface Sample {
  readonly size: string;
  readonly wire: MessageInput;
  readonly text: string;
}

function sampleOf(size: string, parts: number, textUnits: number): Sample {
  const words = "x".repeat(textUnits);
  const content = Array.from({ length: parts }, (_, i) => partAt(i, words));
  const text = encodeMessage(createMessage({ role: "assistant", content }));
  return { size, text, wire: JSON.parse(text) as MessageInput };
}

export const small = sampleOf("1 KB", 5, 60);
export const middle = sampleOf("100 KB", 250, 260);
export const large = sampleOf("5 MB", 5000, 870);

const decoding = (sample: Sample): Comparison => ({
  id: "W1",
  workload: `decode ${sample.size}, vs JSON.parse of the text`,
  goal: 2.5,
  sides: async () => [
    await decodeSide(sample),
    await sideOf(() => JSON.parse(sample.text), isWire(sample)),
  ],
});

const encoding = (sample: Sample): Comparison => ({
  id: "W2",
  workload: `encode ${sample.size}, vs JSON.stringify of what was parsed`,
  goal: 1.5,
  sides: async () => [
    await encodeSide(sample),
    await sideOf(() => JSON.stringify(sample.wire), isText(sample)),
  ],
});

export const messageComparisons: readonly Comparison[] = [
  decoding(small),
  decoding(middle),
  decoding(large),
  encoding(small),
  encoding(middle),
  encoding(large),
];

/** Our side of decoding: reads, checks and freezes. */
export function decodeSide(sample: Sample): Promise<Side> {
  return sideOf(() => decodeMessage(sample.text).message, isWhole(sample));
}

/** Our side of encoding. */
export function encodeSide(sample: Sample): Promise<Side> {
  const { message } = decodeMessage(sample.text);
  return sideOf(() => encodeMessage(message), isText(sample));
}

/** Makes a side with its own copy of the functions that run it. */
export async function sideOf(operation: () => unknown, check: Side["check"]): Promise<Side> {
  const { callEach } = await newLane();
  return { run: (times) => callEach(times, operation), check: onceOf(check) };
}

/** Checks only the first outcome: checking five megabytes takes longer than the operation. */
function onceOf(check: Side["check"]): Side["check"] {
  let isChecked = false;
  return (last, times) => {
    if (isChecked) return;
    check(last, times);
    isChecked = true;
  };
}

const isWire =
  ({ wire }: Sample) =>
  (last: unknown) =>
    assert.deepEqual(last, wire);
const isText =
  ({ text }: Sample) =>
  (last: unknown) =>
    assert.equal(last, text);

/** Checks that a message is deeply frozen and encodes to the same text. */
const isWhole =
  ({ text }: Sample) =>
  (last: unknown) => {
    assert.ok(isFrozen(last));
    assert.equal(encodeMessage(last as Message), text);
  };

function isFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}
