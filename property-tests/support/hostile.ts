/** Hostile values: the test kit's, and some that only Node can make. */
import vm from "node:vm";
import fc from "fast-check";
import {
  bare,
  type HostileValue,
  harmless,
  hostileValues as portableValues,
  refused,
  Watch,
} from "../../src/testing/hostile-values.ts";
import { chameleon, fixedKeys } from "./chameleons.ts";

export { type Place, places, plant } from "../../src/testing/plant.ts";
export { Watch };
export type Hostile = HostileValue;

const realm = vm.createContext({});
const foreign = (code: string) => vm.runInContext(code, realm) as unknown;

/** A module whose binding changes while others hold its namespace. */
const moduleText =
  "data:text/javascript,export let labels = []; export const add = (l) => { labels = [...labels, l]; };";
const liveModule: unknown = await import(/* @vite-ignore */ moduleText);

/** Globals of other contexts, which look like local objects once their prototype is reset. */
const plainGlobal = globalOver({ labels: ["PII"] });
const throwingGlobal = globalOver(
  new Proxy(
    {},
    {
      getOwnPropertyDescriptor: () => {
        throw new Error("a sandbox throws");
      },
    },
  ),
);
const plainLooking = chameleon();
plainLooking.wear(
  Object.fromEntries(["labels", ...fixedKeys].map((key) => [key, () => "one"] as const)),
);

function globalOver(sandbox: object): object {
  return bare(vm.runInContext("this", vm.createContext(sandbox)) as object);
}

const ofNode: readonly Hostile[] = [
  refused("buffer", () => Buffer.from("ab")),
  refused("environment", () => process.env),
  refused("object of another realm", () => foreign("({ a: 1 })")),
  refused("array of another realm", () => foreign("['PII']")),
  refused("date of another realm", () => foreign("new Date(0)")),
  refused("live module", () => liveModule),
  refused("global of a context", () => plainGlobal),
  refused("global of a context that throws", () => throwingGlobal),
  harmless("global of a context that says what it likes", () => plainLooking.object),
];

export const hostileValues: readonly Hostile[] = [...portableValues(), ...ofNode];

export const hostiles: fc.Arbitrary<Hostile> = fc.constantFrom(...hostileValues);
export const refusedHostiles = fc.constantFrom(
  ...hostileValues.filter((h) => h.verdict === "refused"),
);

const largeNames = ["deep", "wide", "shared and exponential"];
/** Values that payload readers take long to refuse. They never change, so all runs share them. */
export const largeValues: ReadonlySet<unknown> = new Set(
  hostileValues
    .filter(({ name }) => largeNames.includes(name))
    .map(({ make }) => make(new Watch())),
);
