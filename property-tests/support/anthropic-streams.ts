/** A response as stream events, cut anywhere. */
import type Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";
import { toMessagesEvents } from "glassine/anthropic";

interface Cuts {
  /** Where pieces end, as fractions of the text's length. */
  readonly at: readonly number[];
  /** Indexes of events that a ping precedes. */
  readonly pings: readonly number[];
  /** Whether each tool input repeats its first name. */
  readonly twice?: boolean;
}

export const cuts: fc.Arbitrary<Cuts> = fc.record({
  at: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
  pings: fc.array(fc.nat(20), { maxLength: 3 }),
});

/** The pieces of a string, cut between any two UTF-16 units. Some are empty. */
function pieces(text: string, { at }: Cuts): readonly string[] {
  const ends = at.map((share) => Math.round(share * text.length)).sort((a, b) => a - b);
  return [...ends, text.length].map((end, i) => text.slice(ends[i - 1] ?? 0, end));
}

/** Whether `input` is an object with at least one field. */
export function hasNames(input: unknown): boolean {
  return saidTwice(JSON.stringify(input)) !== JSON.stringify(input);
}

/** An object's JSON text with its first name repeated in front. */
function saidTwice(text: string): string {
  return text.replace(/^\{("(?:[^"\\]|\\.)*":)/, (_, name: string) => `{${name}0,${name}`);
}

const pieced = ["text", "thinking", "partial_json"];

export function cutEvents(response: Anthropic.Message, plan: Cuts): readonly object[] {
  const events = toMessagesEvents(response).flatMap((event): readonly object[] => {
    const { delta } = event as { readonly delta?: Readonly<Record<string, unknown>> };
    const name =
      event.type === "content_block_delta" && pieced.find((key) => delta?.[key] !== undefined);
    if (typeof name !== "string" || delta === undefined) return [event];
    const text = String(delta[name]);
    const isInput = name === "partial_json" && plan.twice === true;
    return pieces(isInput ? saidTwice(text) : text, plan).map((piece) => ({
      ...event,
      delta: { ...delta, [name]: piece },
    }));
  });
  return events.flatMap((event, i) =>
    plan.pings.includes(i) ? [{ type: "ping" }, event] : [event],
  );
}

/** Where an unknown field appears in a stream: the event, and the object inside it. */
interface Stray {
  readonly event: number;
  readonly object: number;
  readonly value: unknown;
}

export const strays: fc.Arbitrary<Stray> = fc.record({
  event: fc.nat(),
  object: fc.nat(),
  // Null counts as absent, and a count of 0 carries no information.
  value: fc.jsonValue({ maxDepth: 1 }).filter((value) => value !== null && value !== 0),
});

const objects = ["message", "content_block", "delta", "usage"];

/** The events with the field `name` added to one, and the index of that event's block. */
export function withStray(events: readonly object[], stray: Stray, name: string) {
  const at = stray.event % events.length;
  const event = events[at] as Readonly<Record<string, object | number>>;
  const inside = [undefined, ...objects.filter((key) => Object.hasOwn(event, key))];
  const key = inside[stray.object % inside.length];
  const field = { [name]: stray.value };
  const changed = key === undefined ? field : { [key]: { ...(event[key] as object), ...field } };
  return { events: events.with(at, { ...event, ...changed }), index: event.index };
}
