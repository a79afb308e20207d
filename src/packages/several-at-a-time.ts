/** Does work on each item, at most `width` of them at a time. */

/**
 * Items are begun in their order. After a failure none is begun; of several failures the one of the
 * earliest item is thrown, so that it is the same each time.
 *
 * @param begin makes what one line of work needs, and gives its work
 */
export async function severalAtATime<Item, Result>(
  items: readonly Item[],
  width: number,
  begin: () => (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const failures = new Map<number, unknown>();
  let next = 0;
  async function line(): Promise<void> {
    const work = begin();
    while (failures.size === 0 && next < items.length) {
      const at = next++;
      try {
        results[at] = await work(items[at] as Item);
      } catch (error) {
        failures.set(at, error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, line));
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
  return results;
}
