/**
 * What holds the old text where a result changed: a provider tells the probability of each of its
 * words, and the SDK keeps the bodies of request and answer.
 */
import { type Fields, isFields } from "./host-values.ts";

/** The fields beside a content, without those that may hold a copy of it. Each is told by name. */
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

/** In ai 7, the text of an answer in a given form stands beside its content, too. */
const copies: readonly string[] = ["providerMetadata", "structuredOutputText"];

const withBodies: readonly string[] = ["request", "response"];
