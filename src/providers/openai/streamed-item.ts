/** A streamed response, an item of it, or a part of an item, as it grows. */
import * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";
import {
  expectObject,
  expectPlace,
  expectString,
  type Path,
  readDocument,
  type StreamMeter,
  sameJson,
  streamFault,
  TextPieces,
} from "../rewrite/index.ts";
import {
  given,
  isEmpty,
  isJsonObject,
  type JsonObject,
  objectIn,
  objectsIn,
  sortedText,
  stringAt,
  withFields,
} from "./json.ts";
import {
  begunResponseSchema,
  blockSchema,
  endedResponseSchema,
  itemKind,
  itemSchema,
  responseEvent,
} from "./shapes.ts";
import { ShellOutput } from "./shell-output.ts";
import { type ListName, partLists, textOf } from "./streamed-texts.ts";
import type { Superseded } from "./superseded.ts";
import { itemSettings } from "./tool-items.ts";

const anObject = z.looseObject({});

type List = ListName | "output";

interface Kind {
  readonly name: "response" | "item" | "part";
  readonly schema: z.ZodMiniType;
  readonly lists: readonly List[];
  /** The fields that stay as they began. */
  readonly fixed: readonly string[];
  /** The fields that may arrive late and that no message shows. */
  readonly settings: readonly string[];
}

export const response: Kind = {
  name: "response",
  schema: endedResponseSchema,
  lists: ["output"],
  fixed: ["id"],
  settings: [],
};
const item: Kind = {
  name: "item",
  schema: itemSchema,
  lists: ["summary", "content"],
  fixed: ["type", "id", "call_id", "name"],
  // Not `id`: it is some calls' call id.
  settings: itemSettings.filter((key) => key !== "id"),
};
const part: Kind = {
  name: "part",
  schema: blockSchema,
  lists: [],
  fixed: ["type"],
  settings: ["logprobs", "parsed"],
};
/** A part of an item of an unknown kind, which may be anything. */
const anyPart: Kind = { ...part, schema: anObject };

export class StreamedItem {
  readonly #kind: Kind;
  readonly #meter: StreamMeter;
  readonly #superseded: Superseded;
  /** As it began, or the whole. */
  #json: JsonObject;
  /** The path of its beginning among the events. */
  #from: Path;
  /** The field of its text, if it is of a type that has one. */
  readonly #key: string | undefined;
  readonly #text: TextPieces;
  #hasText = false;
  #isTextWhole = false;
  readonly #annotations: Json[] = [];
  /** The commands of a shell call that were streamed. Messages show those of the whole. */
  readonly #commands: TextPieces[] = [];
  /** The diff of a patch that was streamed. */
  #diff: TextPieces | undefined;
  #printed: ShellOutput | undefined;
  /** The annotations of the whole, as `sortedText` writes them. */
  #cited: ReadonlySet<string> = new Set();
  readonly #parts: { readonly [list in List]: StreamedItem[] } = {
    output: [],
    summary: [],
    content: [],
  };
  /** How many parts at the beginning of each list are whole. */
  readonly #whole = new Map<readonly StreamedItem[], number>();
  isWhole = false;

  /** @param from the path of `json` among the events */
  constructor(json: unknown, meter: StreamMeter, from: Path, superseded: Superseded, kind = item) {
    this.#kind = kind;
    this.#meter = meter;
    this.#from = from;
    this.#superseded = superseded;
    const kept = this.#read(json, anObject);
    const key = textOf(kind.name, kept.type)?.key;
    this.#key = key;
    this.#text = new TextPieces(meter, key ?? kind.name);
    // Some servers start a call without its text, although only `code` may be missing.
    const isSilent =
      kind === item && key !== undefined && key !== "code" && given(kept, key) === undefined;
    const begun = isSilent ? withFields(kept, { [key]: "" }) : kept;
    this.#json = objectIn(readDocument(kind.schema, begun, responseEvent, "stream_invalid"));
    const text = key === undefined ? undefined : stringAt(this.#json, key);
    if (key !== undefined && text) this.addText(key, text);
    for (const list of this.#begunLists)
      for (const [at, each] of objectsIn(this.#json[list]).entries())
        this.addPart(list, at, each, [...from, list, at]);
  }

  #read(json: unknown, schema: z.ZodMiniType): JsonObject {
    return objectIn(this.#meter.read(schema, expectObject(json, this.#kind.name), responseEvent));
  }

  /** The lists that the beginning may already have. Those of a response come in separate events. */
  get #begunLists(): readonly List[] {
    return this.#kind === item ? this.#kind.lists : [];
  }

  /** Replaces the beginning of a response. */
  begin(json: unknown, from: Path): void {
    const now = this.#read(json, begunResponseSchema);
    this.#expectSame(now);
    this.#json = now;
    this.#from = from;
  }

  /**
   * @throws GlassineError `stream_invalid` for an event of another item, or after the item's end
   */
  check(event: JsonObject): void {
    const id = stringAt(this.#json, "id");
    const itemId = stringAt(event, "item_id");
    if (itemId && id && itemId !== id)
      throw streamFault("item_id", "the id of the item at that place");
    const name = stringAt(event, "name");
    if (name !== undefined && name !== stringAt(this.#json, "name"))
      throw streamFault("name", "the name that the call began with");
    if (this.isWhole) throw streamFault("output_index", "nothing after the item's end");
  }

  addPart(list: List, index: unknown, json: unknown, from: Path): void {
    const parts = this.#parts[list];
    expectNext(parts, index, indexOf(list));
    const ofItem = ["message", "reasoning"].includes(itemKind(this.#json)) ? part : anyPart;
    const kind = list === "output" ? item : ofItem;
    parts.push(new StreamedItem(json, this.#meter, from, this.#superseded, kind));
  }

  part(list: List, index: unknown): StreamedItem {
    return begunIn(this.#parts[list], index, indexOf(list));
  }

  addAnnotation(annotation: unknown): void {
    const copy = this.#meter.read(z.unknown(), annotation, responseEvent) as Json;
    if (!this.isWhole) this.#annotations.push(copy);
    else if (!this.#cited.has(sortedText(copy)))
      throw streamFault("annotation", "nothing after the part's end that it does not have");
  }

  addCommand(index: unknown, command: unknown): void {
    expectNext(this.#commands, index, "command_index");
    this.#commands.push(new TextPieces(this.#meter, "command"));
    this.growCommand(index, command);
  }

  growCommand(index: unknown, piece: unknown): void {
    begunIn(this.#commands, index, "command_index").add(expectString(piece, "command"));
  }

  finishCommand(index: unknown, whole: unknown): void {
    if (begunIn(this.#commands, index, "command_index").text !== whole)
      throw streamFault("command", "the same text as in its pieces");
  }

  growDiff(piece: unknown): void {
    this.#diff ??= new TextPieces(this.#meter, "diff");
    this.#diff.add(expectString(piece, "diff"));
  }

  finishDiff(whole: unknown): void {
    if (this.#diff === undefined) this.growDiff(whole);
    if (this.#diff?.text !== whole) throw streamFault("diff", "the same text as in its pieces");
  }

  get printed(): ShellOutput {
    if (itemKind(this.#json) !== "shell_call_output")
      throw streamFault("output_index", "the index of a shell_call_output");
    this.#printed ??= new ShellOutput(this.#meter);
    return this.#printed;
  }

  addText(key: string, piece: unknown): void {
    if (key !== this.#key) throw streamFault(key, "an item or a part with such text");
    if (this.#isTextWhole) throw streamFault(key, "nothing after the whole text");
    this.#hasText = true;
    this.#text.add(expectString(piece, key));
  }

  /** Takes the whole text. If there were pieces, it must be what they say together. */
  finishText(key: string, whole: unknown, isComplete = true): void {
    if (!this.#hasText && !this.#isTextWhole) this.addText(key, whole);
    if (key !== this.#key || whole !== this.#text.text)
      throw streamFault(key, "the same text as in its pieces");
    if (isComplete) this.#text.end();
    this.#isTextWhole = true;
  }

  /**
   * Takes the whole, which must agree with what came before it. A response may leave out its output.
   *
   * @param isComplete whether no text may end inside a character, unless its status is `incomplete`
   */
  finish(json: unknown, isComplete = true): void {
    const given = this.#read(json, this.#kind.schema);
    const isSilent = this.#kind === response && isEmpty(given.output);
    const whole = isSilent ? withFields(given, { output: this.document.output }) : given;
    this.#expectAgreement(whole, isComplete && whole.status !== "incomplete");
    this.#end(whole);
  }

  /** The error is in the event itself, or in an object in it. */
  fail(event: JsonObject): void {
    const { code = null, message = null, param = null } = event;
    const said = event.error ?? { code, message, param };
    const error = this.#meter.read(z.unknown(), said, responseEvent) as Json;
    this.#end(withFields(this.document, { status: "failed", error }));
  }

  #end(whole: JsonObject): void {
    this.#json = whole;
    this.isWhole = true;
    this.#isTextWhole = true;
  }

  /** @throws GlassineError `stream_invalid` if a whole contradicts what came before */
  #expectAgreement(whole: JsonObject, isComplete: boolean): void {
    const { name, lists } = this.#kind;
    if (this.isWhole) {
      if (sameJson(this.#bound(this.#json), this.#bound(whole))) return;
      throw streamFault(name, `the same ${name} as when it was complete`);
    }
    this.#expectSame(whole);
    const key = this.#key;
    if (key !== undefined && (this.#text.text !== "" || stringAt(whole, key) !== undefined))
      this.finishText(key, whole[key], isComplete);
    for (const list of lists) {
      const parts = objectsIn(whole[list]);
      for (const [at, each] of this.#parts[list].entries()) {
        const now = parts[at];
        if (now === undefined) throw streamFault(list, "everything that has begun");
        each.#expectAgreement(now, isComplete);
      }
    }
    const commands = listIn(objectIn(whole.action).commands);
    for (const [at, pieces] of this.#commands.entries()) {
      pieces.end();
      if (pieces.text !== commands[at])
        throw streamFault("action.commands", "the commands that were streamed");
    }
    this.#diff?.end();
    if (this.#diff !== undefined && this.#diff.text !== objectIn(whole.operation).diff)
      throw streamFault("operation.diff", "the diff that was streamed");
    this.#printed?.expectSame(whole.output);
    // Servers may send one again, sort them and leave out equal ones.
    this.#cited = new Set(listIn(whole.annotations).map(sortedText));
    if (!this.#annotations.every((each) => this.#cited.has(sortedText(each))))
      throw streamFault("annotations", "the annotations that were sent before");
  }

  /** Compares the beginning, except for its text and its parts, with its replacement. */
  #expectSame(now: JsonObject): void {
    const { name, fixed } = this.#kind;
    for (const key of fixed) {
      const first = stringAt(this.#json, key);
      if (first && first !== stringAt(now, key))
        throw streamFault(`${name}.${key}`, `what the ${name} began with`);
    }
    const begun = this.#begunLists.filter((list) => objectsIn(this.#json[list]).length > 0);
    const empty = Object.fromEntries(begun.map((list) => [list, []]));
    const bare = withFields(this.#json, { ...this.#textField(""), ...empty });
    this.#superseded(name, bare, now, this.#from);
  }

  #textField(text: string): JsonObject {
    const key = this.#key;
    const isThere = key !== undefined && (text !== "" || stringAt(this.#json, key) !== undefined);
    return isThere ? { [key]: text } : {};
  }

  /** The fields without settings. Absent and empty are equal. */
  #bound(json: JsonObject): JsonObject {
    const { lists, settings } = this.#kind;
    const inLists = lists.flatMap((list): [string, Json][] => {
      const parts = json[list];
      const bound = (each: Json) => (isJsonObject(each) ? without(part.settings, each) : each);
      return Array.isArray(parts) ? [[list, parts.map(bound)]] : [];
    });
    return without(settings, { ...json, ...Object.fromEntries(inLists) });
  }

  /** Whether only the last part can grow. What is whole stays so, and is not looked at again. */
  get isInOrder(): boolean {
    const lists = this.#kind.lists.map((list) => this.#parts[list]);
    const last = lists.findLast(({ length }) => length > 0)?.at(-1);
    const isInOrder = lists.every((parts) => {
      let whole = this.#whole.get(parts) ?? 0;
      while (parts[whole]?.isWhole) whole += 1;
      this.#whole.set(parts, whole);
      return whole === parts.length || parts[whole] === last;
    });
    return isInOrder && last?.isInOrder !== false;
  }

  get document(): JsonObject {
    if (this.isWhole) return this.#json;
    const printed = this.#printed?.soFar ?? [];
    const lists = this.#kind.lists.flatMap((list): [string, Json][] => {
      const parts = this.#parts[list].map((each) => each.document);
      return parts.length > 0 || this.#kind === response ? [[list, parts]] : [];
    });
    return withFields(this.#json, {
      ...this.#textField(this.#text.text),
      ...(this.#annotations.length > 0 && {
        annotations: [...listIn(this.#json.annotations), ...this.#annotations],
      }),
      ...(this.#diff !== undefined && {
        operation: withFields(objectIn(this.#json.operation), { diff: this.#diff.text }),
      }),
      ...(printed.length > 0 && { output: [...listIn(this.#json.output), ...printed] }),
      ...Object.fromEntries(lists),
    });
  }
}

function listIn(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** The field of events that has the index of an item or a part. */
function indexOf(list: List): string {
  return list === "output" ? "output_index" : partLists[list].index;
}

/** Returns the item of a list that an event is about. */
function begunIn<Item>(list: readonly Item[], index: unknown, where: string): Item {
  const found = list[expectPlace(index, list.length, where)];
  if (found === undefined) throw streamFault(where, "the index of something that has begun");
  return found;
}

function expectNext(list: readonly unknown[], index: unknown, where: string): void {
  if (expectPlace(index, list.length, where) !== list.length)
    throw streamFault(where, "the next index");
}

function without(keys: readonly string[], json: JsonObject): JsonObject {
  const kept = Object.entries(json).filter(
    ([key, value]) => !keys.includes(key) && !isEmpty(value),
  );
  return Object.fromEntries(kept);
}
