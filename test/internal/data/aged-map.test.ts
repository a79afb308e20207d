/** A map that finds its newest entry. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { AgedMap } from "../../../src/core/data/aged-map.ts";

it("finds its newest entry, whichever others are removed", () => {
  // Few keys, so that runs of neighbours are removed often.
  const steps = fc.array(fc.tuple(fc.constantFrom("add", "remove"), fc.nat(3)), {
    minLength: 20,
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (taken) => {
      const map = new AgedMap<number, string>();
      let model: [number, string][] = [];
      for (const [at, [what, key]] of taken.entries()) {
        const before = model.find(([each]) => each === key)?.[1];
        expect(map.get(key)).toBe(before);
        model = model.filter(([each]) => each !== key);
        if (what === "remove") expect(map.remove(key)).toBe(before);
        else {
          map.add(key, `value ${at}`);
          model.push([key, `value ${at}`]);
        }
        expect(map.size).toBe(model.length);
        expect([...map.keys()]).toEqual(model.map(([each]) => each));
        expect(map.list()).toEqual(model.map(([, value]) => value));
        expect(map.newest).toBe(model.at(-1)?.[1]);
      }
    }),
  );
});
