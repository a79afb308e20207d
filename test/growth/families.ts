/** Families of growing documents made from a small one, each hostile in its own way. */
export interface Family {
  readonly name: string;
  readonly input: (count: number) => unknown;
}

/** Repeated, these could make a scanner, a pattern or an escape retry again and again. */
const runs = ['\\"', "{[\u{1f600} "];
/** Keys whose value says what an item is; with another value it would be refused. */
const kinds = ["type", "role", "method", "sourceType", "content_type", "status"];

/**
 * Grows each list of `seed`, all its objects that accept more keys, and all its strings. A document
 * that is refused for a key would test only the refusal, so `accepts` says which ones pass.
 */
export async function familiesOf(
  seed: unknown,
  accepts: (document: unknown) => Promise<boolean>,
): Promise<readonly Family[]> {
  const places = placesIn(seed);
  const lists = places.filter(({ value }) => Array.isArray(value) && value.length > 0);
  const open: { readonly place: Place; readonly values: readonly unknown[] }[] = [];
  for (const { place, value } of places) {
    if (Array.isArray(value)) continue;
    const takes = (more: unknown) => accepts(replaced(seed, place, withKeys([more], 1)));
    const plain = plainIn(value);
    if (!(await takes(plain))) continue;
    open.push({ place, values: (await takes(deep)) ? [deep, ...times(23, () => plain)] : [plain] });
  }
  // Inner objects grow first, so that the outer ones keep them.
  const manyKeys = (count: number) =>
    open.reduceRight(
      (document, { place, values }) =>
        replaced(document, place, withKeys(values, count / open.length)),
      seed,
    );
  return [
    ...lists.map(({ place, value }) => ({
      name: `many items at ${place.join(".") || "the root"}`,
      input: (count: number) =>
        replaced(seed, place, () => manyItems(value as readonly unknown[], count)),
    })),
    ...lists.slice(0, 1).map(({ place }) => ({
      name: `many {} at ${place.join(".") || "the root"}`,
      input: (count: number) => replaced(seed, place, () => times(count, () => ({}))),
    })),
    ...(open.length === 0 ? [] : [{ name: "many keys", input: manyKeys }]),
    ...runs.map((unit) => ({
      name: `texts of ${JSON.stringify(unit)}`,
      input: (count: number) => mapTexts(seed, () => unit.repeat(count)),
    })),
  ];
}

export function times<Item>(count: number, make: (at: number) => Item): Item[] {
  return Array.from({ length: Math.ceil(count) }, (_, at) => make(at));
}

/** Half of the items are those of the seed, the other half have strings of their own. */
function manyItems(items: readonly unknown[], count: number): readonly unknown[] {
  return times(count, (at) => {
    const item = items[Math.floor(at / 2) % items.length];
    return at % 2 === 0 ? item : mapTexts(item, (text) => `${text}${at}`);
  });
}

/** Adds `count` keys, with these values in turn. */
function withKeys(values: readonly unknown[], count: number): (found: unknown) => unknown {
  const added = times(count, (at) => [`k${at}`, values[at % values.length]]);
  return (found) => ({ ...(found as object), ...Object.fromEntries(added) });
}

/** A string or number in an object, if there is one. */
function plainIn(value: object): unknown {
  const values: readonly unknown[] = Object.values(value);
  return values.find((item) => typeof item !== "object") ?? values[0] ?? 1;
}

function mapTexts(value: unknown, change: (text: string) => string, key = ""): unknown {
  if (typeof value === "string") return kinds.includes(key) ? value : change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, mapTexts(item, change, name)]),
  );
}

/** Lists and objects nested in each other. */
const deep = times(24, (at) => at).reduce<unknown>(
  (value, at) => (at % 2 === 0 ? [value] : { a: value }),
  1,
);

type Place = readonly string[];

/** All lists and objects, outer ones before inner ones. */
function placesIn(
  value: unknown,
  place: Place = [],
): readonly { readonly place: Place; readonly value: object }[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.entries(value).flatMap(([key, item]) => placesIn(item, [...place, key]));
  return [{ place, value }, ...inside];
}

function replaced(
  value: unknown,
  [key, ...rest]: Place,
  change: (found: unknown) => unknown,
): unknown {
  if (key === undefined) return change(value);
  const step = (item: unknown, at: string) => (at === key ? replaced(item, rest, change) : item);
  if (Array.isArray(value)) return value.map((item, at) => step(item, `${at}`));
  return Object.fromEntries(
    Object.entries(value as object).map(([name, item]) => [name, step(item, name)]),
  );
}
