/** Applies score changes to a ranking. */
import { GlassineError } from "../index.ts";

/** An element of a ranked list. Deltas name it by its `id`, or by the `id` of its `fact`. */
export interface Scored {
  readonly score: number;
}

/**
 * Adds the deltas that `recall_rank` returned to the scores of a list and sorts it, best first.
 *
 * A new score is the old one plus its delta, at least 0, rounded to 6 decimals, in a plain object
 * with the element's own fields. An element without a delta keeps its score and stays the same
 * object; deltas for ids that are not in the list are ignored. Elements with equal scores keep
 * their order. The returned list is frozen; the given one is not changed.
 *
 * @throws GlassineError `payload_invalid` for what is not a list or not deltas, for an element
 *   without an id, and for a score, delta or sum that is not finite
 * @example
 * ```ts
 * import { applyScores } from "glassine/memory-node";
 *
 * const found = [
 *   { id: "a", score: 0.5 },
 *   { id: "b", score: 0.4 },
 * ];
 * const ranked = applyScores(found, { b: 0.3, elsewhere: 9 });
 * console.log(ranked.map(({ id, score }) => `${id} ${score}`)); // [ 'b 0.7', 'a 0.5' ]
 * ```
 */
export function applyScores<Item extends Scored>(
  scored: readonly Item[],
  deltas: { readonly [id: string]: number },
): readonly Item[] {
  if (!Array.isArray(scored as unknown))
    throw invalid("applyScores expects an array of scored elements.");
  // A `Map` or a list has no deltas by id, so all of them would be ignored.
  if (Object.prototype.toString.call(deltas) !== "[object Object]")
    throw invalid("applyScores expects deltas by id in an object, as `recall_rank` returned them.");
  const moved = scored.map((item, index) => {
    if (typeof item !== "object" || item === null)
      throw invalid(`Element ${index} of the list is not an object.`);
    const { score } = item;
    const id = idOf(item);
    if (typeof id !== "string") throw invalid(`Element ${index} of the list has no id.`);
    expectFinite(score, `The score of element ${index}`);
    if (!Object.hasOwn(deltas, id)) return item;
    const delta = deltas[id] as number;
    expectFinite(delta, `The delta of element ${index}`);
    const sum = score + delta;
    expectFinite(sum, `The new score of element ${index}`);
    return { ...item, score: rounded(Math.max(0, sum)) };
  });
  return Object.freeze(moved.sort((a, b) => b.score - a.score));
}

/** Rounds to 6 decimals. A number of 1e21 or more has no decimals and stays as it is. */
function rounded(value: number): number {
  return Number(value.toFixed(6));
}

function idOf(item: object): unknown {
  const { id, fact } = item as { readonly id?: unknown; readonly fact?: { readonly id?: unknown } };
  return id ?? fact?.id;
}

function expectFinite(value: unknown, what: string): void {
  if (!Number.isFinite(value)) throw invalid(`${what} is not a finite number.`);
}

function invalid(text: string): GlassineError {
  return new GlassineError("payload_invalid", text);
}
