/** The output of a shell's commands, as it is streamed. Messages show that of the whole item. */
import * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";
import {
  expectObject,
  expectPlace,
  expectString,
  type StreamMeter,
  streamFault,
  TextPieces,
} from "../rewrite/index.ts";
import { given, type JsonObject, objectsIn, sortedText, stringAt } from "./json.ts";
import { responseEvent } from "./shapes.ts";

const names = ["stdout", "stderr"] as const;
const outputSchema = z.array(z.looseObject({ stdout: z.string(), stderr: z.string() }));

/** What one command has printed. */
interface Printed {
  readonly stdout: TextPieces;
  readonly stderr: TextPieces;
  /** The output as the event at its end has it. */
  whole: readonly JsonObject[] | undefined;
}

export class ShellOutput {
  readonly #meter: StreamMeter;
  /** By the index of the command. Commands run in parallel, and need not print anything. */
  readonly #commands = new Map<number, Printed>();

  constructor(meter: StreamMeter) {
    this.#meter = meter;
  }

  grow(index: unknown, delta: unknown): void {
    const command = this.#command(index);
    // Not read by a schema, since a piece can end inside a character.
    const pieces = expectObject(delta, "delta");
    for (const name of Object.keys(pieces)) {
      if (name !== "stdout" && name !== "stderr")
        throw streamFault("delta", "only stdout and stderr");
      command[name].add(expectString(given(pieces, name) ?? "", `delta.${name}`));
    }
  }

  finish(index: unknown, output: unknown): void {
    const command = this.#command(index);
    const whole = this.#meter.read(outputSchema, output, responseEvent) as readonly JsonObject[];
    for (const name of names) {
      const printed = joined(whole, name);
      if (command[name].text === "") command[name].add(printed);
      if (command[name].text !== printed)
        throw streamFault("output", "the same text as in its pieces");
    }
    command.whole = whole;
  }

  #command(index: unknown): Printed {
    const place = expectPlace(index, Number.MAX_SAFE_INTEGER, "command_index");
    const pieces = () => new TextPieces(this.#meter, "delta");
    const found = this.#commands.get(place) ?? {
      stdout: pieces(),
      stderr: pieces(),
      whole: undefined,
    };
    if (found.whole !== undefined)
      throw streamFault("command_index", "nothing after the whole output of a command");
    this.#commands.set(place, found);
    return found;
  }

  /** What has arrived so far, in the order of the commands. */
  get soFar(): readonly JsonObject[] {
    return this.#inOrder.map(({ stdout, stderr }) => ({
      stdout: stdout.text,
      stderr: stderr.text,
    }));
  }

  get #inOrder(): readonly Printed[] {
    return [...this.#commands].sort(([a], [b]) => a - b).map(([, command]) => command);
  }

  /** @throws GlassineError `stream_invalid` unless `output`, the item's, is what was streamed */
  expectSame(output: Json | undefined): void {
    const commands = this.#inOrder;
    if (commands.length === 0) return;
    const all = objectsIn(output);
    const inItem = new Set(all.map(sortedText));
    for (const name of names) {
      for (const command of commands) command[name].end();
      if (commands.map((each) => each[name].text).join("") !== joined(all, name))
        throw streamFault("output", "the output that was streamed");
    }
    if (!commands.flatMap(({ whole = [] }) => whole).every((each) => inItem.has(sortedText(each))))
      throw streamFault("output", "the outcomes that were streamed");
  }
}

function joined(output: readonly JsonObject[], name: string): string {
  return output.map((each) => stringAt(each, name) ?? "").join("");
}
