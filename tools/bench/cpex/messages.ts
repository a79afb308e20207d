/** W: decoding and encoding messages, compared with pydantic as CPEX uses it. */
import type { Comparison } from "../harness.ts";
import { decodeSide, encodeSide, large, middle, type Sample, small } from "../messages.ts";
import { versusCpex } from "./peer.ts";

/** Faster at every size. */
const goal = 0.8;

const decoding = (sample: Sample): Comparison =>
  versusCpex("W3", `decode ${sample.size}`, goal, () => decodeSide(sample), {
    case: "decode",
    input: { text: sample.text },
  });

const encoding = (sample: Sample): Comparison =>
  versusCpex("W4", `encode ${sample.size}`, goal, () => encodeSide(sample), {
    case: "encode",
    input: { text: sample.text },
  });

export const cpexMessageComparisons: readonly Comparison[] = [
  decoding(small),
  decoding(middle),
  decoding(large),
  encoding(small),
  encoding(middle),
  encoding(large),
];
