/**
 * Removes copies of the old text from a changed result: a provider reports the probability of each
 * word, and the SDK keeps the bodies of request and answer.
 */
import { type Fields, isFields } from "./host-values.ts";

/**
 * The fields next to a content, without those that may hold a copy of it, which are reported by
 * name.
 */
export function withoutCopies(rest: Fields, reportLost: (name: string) => void): Fields {
  const fields = Object.entries(rest).flatMap(([name, value]): [string, unknown][] => {
    if (value === undefined || value === null) return [[name, value]];
    if (copies.includes(name)) return removed(name);
    if (!withBodies.includes(name) || !isFields(value)) return [[name, value]];
    const { body, ...others } = value;
    if (body === undefined || body === null) return [[name, value]];
    return [...removed(`${name}.body`), [name, others]];
  });
  return Object.fromEntries(fields);

  function removed(name: string): [] {
    reportLost(name);
    return [];
  }
}

/** In ai 7, the text of a structured answer is also stored next to its content. */
const copies: readonly string[] = ["providerMetadata", "structuredOutputText"];

const withBodies: readonly string[] = ["request", "response"];
