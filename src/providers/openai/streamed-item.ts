/** One item of a streamed response, as it grows. */
import type { Json } from "../../core/data/index.ts";
import {
  expectString,
  type Path,
  type StreamMeter,
  streamFault,
  TextPieces,
} from "../rewrite/index.ts";
import { given, isEmpty, isObject, type JsonObject, textAt, withFields } from "./json.ts";
import { expectShape, keep, keepObject, placeIn } from "./pieces.ts";
import { type ListName, partLists, type StreamedText, textOf } from "./response-event-fields.ts";
import { blockSchema, itemKind, itemSchema } from "./shapes.ts";
import type { Superseded } from "./superseded.ts";
import { itemSettings } from "./tool-items.ts";

const what = "response event";

/** A text that grows until an event repeats it whole. */
class GrowingText {
  readonly #pieces: TextPieces;
  readonly #where: string;
  #hasGrown = false;
  #isWhole = false;

  /** @param key the field of `json` that it begins in, if it has one */
  constructor(json: JsonObject, key: string | undefined, where: string, meter: StreamMeter) {
    this.#where = where;
    this.#pieces = new TextPieces(meter, this.#where);
    const start = key === undefined ? "" : (textAt(json, key) ?? "");
    if (start !== "") this.add(start);
  }

  add(piece: unknown): void {
    const text = expectString(piece, this.#where);
    if (this.#isWhole) throw streamFault(this.#where, "nothing after the whole text");
    this.#hasGrown = true;
    this.#pieces.add(text);
  }

  /** Takes the whole text. If there were pieces, it must be what they say together. */
  finish(whole: unknown): void {
    const text = expectString(whole, this.#where);
    if ((this.#hasGrown || this.#isWhole) && text !== this.#pieces.text) {
      throw streamFault(this.#where, "the same text as in its pieces");
    }
    if (!this.#hasGrown && !this.#isWhole) this.#pieces.add(text);
    this.#pieces.end();
    this.#isWhole = true;
  }

  get text(): string {
    return this.#pieces.text;
  }
}

interface Part {
  json: JsonObject;
  /** The path of `json` among the events. */
  from: Path;
  readonly key: string | undefined;
  readonly text: GrowingText;
  readonly annotations: Json[];
  /** Whether it has ended. */
  isWhole: boolean;
}

export class StreamedItem {
  readonly #meter: StreamMeter;
  readonly #from: Path;
  readonly #superseded: Superseded;
  readonly #head: JsonObject;
  readonly #lists: { readonly [list in ListName]: Part[] } = { content: [], summary: [] };
  readonly #key: string | undefined;
  readonly #text: GrowingText;
  #final: JsonObject | undefined;

  /** @param from the path of `item` among the events */
  constructor(item: unknown, meter: StreamMeter, from: Path, superseded: Superseded) {
    this.#meter = meter;
    this.#from = from;
    this.#superseded = superseded;
    const kept = keepObject(item, what, "output_item", meter);
    const key = textOf("item", kept.type)?.key;
    this.#key = key;
    // Some servers start a call without its text, although only `code` may be missing.
    const isSilent = key !== undefined && key !== "code" && given(kept, key) === undefined;
    const head = isSilent ? withFields(kept, { [key]: "" }) : kept;
    this.#head = expectShape(itemSchema, head, what);
    this.#text = new GrowingText(this.#head, key, key ?? "output_item", meter);
    for (const list of ["content", "summary"] as const) {
      for (const [index, part] of partsOf(this.#head, list).entries())
        this.addPart(list, index, part, [...from, list, index]);
    }
  }

  /**
   * @throws GlassineError `stream_invalid` for an event of another item, or after the item's end
   */
  check(event: JsonObject): void {
    const id = textAt(this.#head, "id");
    const itemId = textAt(event, "item_id");
    if (itemId && id && itemId !== id)
      throw streamFault("item_id", "the id of the item at that place");
    const name = textAt(event, "name");
    if (name !== undefined && name !== textAt(this.#head, "name")) {
      throw streamFault("name", "the name that the call began with");
    }
    if (this.#final !== undefined)
      throw streamFault("output_index", "nothing after the item's end");
  }

  addPart(list: ListName, index: unknown, part: unknown, from: Path): void {
    const parts = this.#lists[list];
    if (placeIn(index, parts.length, `${list} part`) !== parts.length) {
      throw streamFault(`${list} part`, "the next index");
    }
    const json = this.#keepPart(part, list);
    const key = textOf("part", json.type)?.key;
    const text = new GrowingText(json, key, `${list} part`, this.#meter);
    parts.push({ json, from, key, text, annotations: [], isWhole: false });
  }

  finishPart(list: ListName, index: unknown, part: unknown, from: Path): void {
    const found = this.#partAt(list, index);
    const json = this.#keepPart(part, list);
    this.#expectPartAgreement(found, json, list);
    found.annotations.length = 0;
    found.json = json;
    found.from = from;
    found.isWhole = true;
  }

  #keepPart(part: unknown, list: string): JsonObject {
    const kept = keepObject(part, what, `${list} part`, this.#meter);
    // An item of another kind may have anything in its lists.
    const isBlock = ["message", "reasoning"].includes(itemKind(this.#head));
    return isBlock ? expectShape(blockSchema, kept, what) : kept;
  }

  addAnnotation(index: unknown, annotation: unknown): void {
    const copy = keep(annotation, what, this.#meter);
    this.#partAt("content", index).annotations.push(copy);
  }

  text({ list, key }: StreamedText, event: JsonObject): GrowingText {
    if (list === undefined) {
      if (key !== this.#key) throw streamFault(key, "an item with such text");
      return this.#text;
    }
    const part = this.#partAt(list, event[partLists[list].index]);
    if (part.key !== key) throw streamFault(key, "a part with such text");
    return part.text;
  }

  #partAt(list: ListName, index: unknown): Part {
    const parts = this.#lists[list];
    const found = parts[placeIn(index, parts.length, `${list} part`)];
    if (found === undefined) throw streamFault(`${list} part`, "a part that has begun");
    return found;
  }

  /** Takes the whole item, which must agree with what came before it. */
  finish(item: unknown): void {
    const kept = keepObject(item, what, "output_item", this.#meter);
    const copy = expectShape(itemSchema, kept, what);
    this.expectAgreement(copy);
    this.#final = copy;
  }

  /** @throws GlassineError `stream_invalid` if a whole item contradicts its pieces */
  expectAgreement(item: JsonObject): void {
    for (const key of ["type", "id", "call_id", "name"]) {
      const first = textAt(this.#head, key);
      if (first && first !== textAt(item, key)) {
        throw streamFault(`output_item.${key}`, "what the item began with");
      }
    }
    if (this.#final !== undefined) {
      if (isSameItem(this.#final, item)) return;
      throw streamFault("output_item", "the same item as when it was complete");
    }
    if (this.#key !== undefined) {
      const whole = textAt(item, this.#key);
      if (whole !== undefined || this.#text.text !== "") this.#text.finish(whole);
    }
    for (const list of ["content", "summary"] as const) {
      const whole = partsOf(item, list);
      for (const [index, part] of this.#lists[list].entries()) {
        this.#expectPartAgreement(part, whole[index], list);
      }
    }
    this.#superseded.reportItem(this.#bare(), item, this.#from);
  }

  /** The item as it began, without the text and the parts, which are compared separately. */
  #bare(): JsonObject {
    const agreed = Object.entries(this.#head).flatMap(([name, value]): [string, Json][] => {
      if (name === this.#key) return [[name, ""]];
      return ["content", "summary"].includes(name) && Array.isArray(value) ? [[name, []]] : [];
    });
    return withFields(this.#head, Object.fromEntries(agreed));
  }

  /** @throws GlassineError `stream_invalid` if a part contradicts what came before */
  #expectPartAgreement(part: Part, now: JsonObject | undefined, list: string): void {
    if (now === undefined || now.type !== part.json.type) {
      throw streamFault(`${list} part`, "the parts that have begun");
    }
    if (part.key !== undefined) part.text.finish(now[part.key]);
    if (part.isWhole && !isSamePart(part.json, now)) {
      throw streamFault(`${list} part`, "the same part as when it was complete");
    }
    const annotations = given(now, "annotations");
    const texts = new Set(Array.isArray(annotations) ? annotations.map(sortedText) : []);
    if (!part.annotations.every((annotation) => texts.has(sortedText(annotation)))) {
      throw streamFault(`${list} part`, "the annotations that were sent before");
    }
    this.#superseded.reportPart(part.json, now, part.from);
  }

  get isWhole(): boolean {
    return this.#final !== undefined;
  }

  /** Whether only the last part can grow. */
  get isInOrder(): boolean {
    const { content, summary } = this.#lists;
    return [...summary, ...content].slice(0, -1).every(({ isWhole }) => isWhole);
  }

  get document(): JsonObject {
    if (this.#final !== undefined) return this.#final;
    const lists = Object.entries(this.#lists).filter(([, parts]) => parts.length > 0);
    const whole = this.#text.text;
    const key = this.#key;
    const hasText = whole !== "" || (key !== undefined && textAt(this.#head, key) !== undefined);
    return withFields(this.#head, {
      ...(key !== undefined && hasText && { [key]: whole }),
      ...Object.fromEntries(lists.map(([list, parts]) => [list, parts.map(partDocument)])),
    });
  }
}

/** The objects in a list of an item. */
export function partsOf(item: JsonObject, list: ListName): readonly JsonObject[] {
  const parts = given(item, list);
  return Array.isArray(parts) ? parts.filter(isObject) : [];
}

function partDocument({ json, key, text, annotations }: Part): JsonObject {
  return withFields(json, {
    ...(key !== undefined && { [key]: text.text }),
    ...(annotations.length > 0 && { annotations }),
  });
}

/** Fields that may arrive late and that no message shows. Not `id`: it is some calls' call id. */
const settings = itemSettings.filter((key) => key !== "id");
const partSettings = ["logprobs", "parsed"];

/** Ignores settings and the order of fields. Absent and empty are equal. */
function isSameItem(one: JsonObject, other: JsonObject): boolean {
  return sortedText(itemWithoutSettings(one)) === sortedText(itemWithoutSettings(other));
}

function isSamePart(one: JsonObject, other: JsonObject): boolean {
  return sortedText(without(partSettings, one)) === sortedText(without(partSettings, other));
}

function itemWithoutSettings(item: JsonObject): Json {
  const lists = ["content", "summary"].flatMap((key): [string, Json][] => {
    const list = item[key];
    return Array.isArray(list) ? [[key, list.map(partWithoutSettings)]] : [];
  });
  return without(settings, { ...item, ...Object.fromEntries(lists) });
}

function partWithoutSettings(part: Json): Json {
  return isObject(part) ? without(partSettings, part) : part;
}

function without(keys: readonly string[], json: JsonObject): JsonObject {
  const kept = Object.entries(json).filter(
    ([key, value]) => !keys.includes(key) && !isEmpty(value),
  );
  return Object.fromEntries(kept);
}

/** JSON text with the fields of each object in one order. */
function sortedText(value: Json): string {
  return JSON.stringify(value, (_, each: Json) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).sort(byName)) : each,
  );
}

function byName([one]: [string, Json], [other]: [string, Json]): number {
  return one < other ? -1 : Number(one > other);
}
