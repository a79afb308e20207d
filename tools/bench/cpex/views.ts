/** V: views of the parts of a message, compared with CPEX's `iter_views`. */
import assert from "node:assert/strict";
import { encodeMessage, partsOf } from "glassine/messages";
import { type Comparison, newLane, type Side } from "../harness.ts";
import { expected, lazily, message, parts } from "../views.ts";
import { realisticEnvelope } from "../workloads.ts";
import { type PeerCase, versusCpex } from "./peer.ts";
import { envelope } from "./workloads.ts";

const text = encodeMessage(message);
const viewing = (read: boolean): PeerCase => ({ case: "views", input: { text, envelope, read } });

/** Five times as fast. */
const goal = 0.2;

export const cpexViewComparisons: readonly Comparison[] = [
  versusCpex(
    "V1",
    "views of 100 parts, made",
    goal,
    () => sideOf(make, (last) => assert.equal((last as readonly object[]).length, parts)),
    viewing(false),
  ),
  versusCpex(
    "V2",
    "views of 100 parts; uri, name, args, size read",
    goal,
    () => sideOf(lazily, (last) => assert.deepEqual(last, expected)),
    viewing(true),
  ),
  versusCpex(
    "V3",
    "views of 100 parts; uri, name, args read",
    goal,
    () => sideOf(readThree, (last) => assert.deepEqual(last, three)),
    viewing(true),
  ),
];

const three = { uris: expected.uris, names: expected.names, args: expected.args };

function make() {
  return partsOf(message, { extensions: realisticEnvelope });
}

function readThree(): typeof three {
  const read = { uris: 0, names: 0, args: 0 };
  for (const { uri, name, args } of make()) {
    if (uri !== undefined) read.uris += 1;
    if (name !== undefined) read.names += 1;
    if (args !== undefined) read.args += 1;
  }
  return read;
}

async function sideOf(operation: () => unknown, check: Side["check"]): Promise<Side> {
  const { callEach } = await newLane();
  return { run: (times) => callEach(times, operation), check };
}
