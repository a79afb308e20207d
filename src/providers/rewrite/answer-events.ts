/** Functions that write an answer as the events of a stream. */
import * as z from "zod/mini";
import type { StreamTable } from "./answer-stream.ts";
import { cutBlock } from "./growing-block.ts";
import { type JsonObject, keysOf, objectsIn, valueAt } from "./json.ts";
import { readDocument } from "./read-document.ts";

/** Returns the events of an answer, frozen. */
export type WriteEvents = (answer: JsonObject) => readonly object[];

/** How to write an answer as events: the events around its blocks, and those of each block. */
export interface EventTable {
  readonly schema: z.ZodMiniType;
  readonly begin: (answer: JsonObject) => readonly JsonObject[];
  readonly block: (
    index: number,
    start: JsonObject,
    pieces: readonly (readonly [name: string, fields: JsonObject])[],
  ) => readonly JsonObject[];
  readonly end: (answer: JsonObject) => readonly JsonObject[];
}

/** Writes the blocks of an answer as pieces of the kinds that `stream` puts together. */
/* @__NO_SIDE_EFFECTS__ */
export function blockEvents(
  { content, pieces, grown = (block) => block }: StreamTable,
  { schema, begin, block, end }: EventTable,
): WriteEvents {
  const write = (answer: JsonObject) => {
    const blocks = objectsIn(valueAt(answer, keysOf(content)));
    const events = blocks.map((each, index) => {
      const cut = cutBlock(grown(each), pieces);
      return block(index, cut.start, cut.pieces);
    });
    return [...begin(answer), ...events.flat(), ...end(answer)];
  };
  return plainEvents(write, schema);
}

const anyEvents = /* @__PURE__ */ z.array(/* @__PURE__ */ z.looseObject({}));

/** Copies and freezes the events that `write` returns, which are plain JSON. */
/* @__NO_SIDE_EFFECTS__ */
export function plainEvents(write: WriteEvents, schema: z.ZodMiniType = anyEvents): WriteEvents {
  return (answer) => readDocument(schema, write(answer), "response") as readonly object[];
}
