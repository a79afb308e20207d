/** Small changes to data, such as plugins make: a value changed, removed or added. */
import fc from "fast-check";
import { jsonCopy } from "./data.ts";

type Way = "set" | "set" | "remove" | "cut" | "add";

/** A change; `place` chooses by number among the places available. */
export interface Touch {
  readonly way: Way;
  readonly place: number;
  readonly value: number;
}

export const touches: fc.Arbitrary<Touch> = fc.record({
  way: fc.constantFrom<Way>("set", "set", "remove", "cut", "add"),
  place: fc.nat(),
  value: fc.nat(),
});

const values: readonly unknown[] = [
  "",
  "x",
  "https://b.example/c",
  "data:image/png;base64,QQ==",
  "data:,b",
  "/relative",
  "text/html",
  "image/webp",
  "image/*",
  "base64",
  "url",
  "assistant",
  "user",
  "tool",
  true,
  false,
  3,
  null,
  { a: 1 },
  ["q"],
];

/** Fields that a message or a part can have, with a value for each. */
const further: readonly (readonly [string, unknown])[] = [
  ["namespace", "n"],
  ["channel", "final"],
  ["title", "t"],
  ["name", "n"],
  ["description", "d"],
  ["version", "1"],
  ["selector", "s"],
  ["media_type", "image/webp"],
  ["mime_type", "text/html"],
  ["error_message", "e"],
  ["server_id", "s"],
  ["blob", "QQ=="],
  ["duration_ms", 4],
  ["size_bytes", 4],
  ["range_start", 4],
  ["is_error", true],
  ["annotations", { a: 1 }],
];

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** A copy of JSON data with the change, or `undefined` if there is no place for it. */
export function touched<Value extends object>(data: Value, touch: Touch): Value | undefined {
  const copy = jsonCopy(data);
  const places = placesIn(copy).filter(({ holder, key }) => {
    const isLeaf = typeof holder[key] !== "object" || holder[key] === null;
    if (touch.way === "cut") return Array.isArray(holder);
    if (touch.way === "add") return !isLeaf && !Array.isArray(holder[key]);
    return isLeaf && (touch.way === "set" || !Array.isArray(holder));
  });
  const { holder, key } = places[touch.place % Math.max(1, places.length)] ?? {};
  if (holder === undefined || key === undefined) return undefined;
  if (touch.way === "cut") (holder as unknown as unknown[]).splice(Number(key), 1);
  else if (touch.way === "remove") delete holder[key];
  else if (touch.way === "set") holder[key] = values[touch.value % values.length];
  else {
    const [name, value] = further[touch.value % further.length] as readonly [string, unknown];
    Object.assign(holder[key] as object, { [name]: value });
  }
  return copy as Value;
}

function placesIn(value: unknown): readonly Place[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}
