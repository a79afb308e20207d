/** A response as events that are cut anywhere. */
import type Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";
import { toMessagesEvents } from "glassine/anthropic";

interface Cuts {
  /** Where pieces end, as shares of the text. */
  readonly at: readonly number[];
  /** Events between which a ping or an unknown field comes. */
  readonly pings: readonly number[];
  /** Whether each input says its first name twice. */
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

/** Whether it is an object with a field. */
export function hasNames(input: unknown): boolean {
  return saidTwice(JSON.stringify(input)) !== JSON.stringify(input);
}

/** An object in JSON text with its first name once more, before the others. */
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

/** Where in a stream a field comes that nobody knows: which event, and which object of it. */
interface Stray {
  readonly event: number;
  readonly object: number;
  readonly value: unknown;
}

export const strays: fc.Arbitrary<Stray> = fc.record({
  event: fc.nat(),
  object: fc.nat(),
  // Null is absence, and a count of nothing says nothing.
  value: fc.jsonValue({ maxDepth: 1 }).filter((value) => value !== null && value !== 0),
});

const objects = ["message", "content_block", "delta", "usage"];

/** The events with the field `name` in one of them, and the block that this one is of. */
export function withStray(events: readonly object[], stray: Stray, name: string) {
  const at = stray.event % events.length;
  const event = events[at] as Readonly<Record<string, object | number>>;
  const inside = [undefined, ...objects.filter((key) => Object.hasOwn(event, key))];
  const key = inside[stray.object % inside.length];
  const field = { [name]: stray.value };
  const changed = key === undefined ? field : { [key]: { ...(event[key] as object), ...field } };
  return { events: events.with(at, { ...event, ...changed }), index: event.index };
}
