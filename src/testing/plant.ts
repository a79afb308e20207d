/** Puts hostile values into proposals. */
import * as fc from "fast-check";
import { type HostileValue, hostileValues } from "./hostile-values.ts";

/** Any hostile value. */
export const hostiles: fc.Arbitrary<HostileValue> = fc.constantFrom(...hostileValues());

/** Where in a proposal a hostile value is put. The numbers choose among the available places. */
export interface Place {
  readonly container: number;
  readonly key: number;
  readonly fresh: string | undefined;
}

export const places: fc.Arbitrary<Place> = fc.record({
  container: fc.nat(),
  key: fc.nat(),
  fresh: fc.option(fc.constantFrom("custom", "security", "labels", "evil", "notes", "0"), {
    nil: undefined,
  }),
});

/** Puts `value` into a container in `root` that is not frozen; returns `value` if there is none. */
export function plant(root: unknown, value: unknown, place: Place): unknown {
  const containers: object[] = [];
  const visit = (here: unknown) => {
    if (
      typeof here !== "object" ||
      here === null ||
      Object.isFrozen(here) ||
      containers.includes(here)
    )
      return;
    containers.push(here);
    for (const item of Object.values(here)) visit(item);
  };
  visit(root);
  const target = containers[place.container % Math.max(1, containers.length)];
  if (target === undefined) return value;
  if (Array.isArray(target)) {
    target.splice(place.key % (target.length + 1), 0, value);
    return root;
  }
  const names = Object.keys(target);
  const key = place.fresh ?? names[place.key % Math.max(1, names.length)] ?? "evil";
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return root;
}
