import type { Format } from "./part-kinds.ts";
import type { SpecificationVersion } from "./types.ts";

/** Where a part is to stand, and how to report what cannot be written there. */
export interface Place {
  readonly format: Format;
  readonly role: string;
  readonly version: SpecificationVersion;
  /** The ids of the calls of the document that the provider ran. */
  readonly providerCalls: ReadonlySet<unknown>;
  readonly reportLost: (reason: string, ...keys: readonly (string | number)[]) => void;
}

/** Whether a model wrote the part: a provider may have signed or stored it. */
export function isModels({ role, format }: Pick<Place, "role" | "format">): boolean {
  return role === "assistant" && format !== "output";
}

/** Where an item of the output of a tool stands. */
export function itemPlace(place: Place, index: number): Place {
  const { reportLost } = place;
  return {
    ...place,
    format: "output",
    reportLost: (reason, ...keys) => reportLost(reason, "content", "content", index, ...keys),
  };
}
