/** Does work on each item, at most `width` of them at a time. */

/** Runs `act` after that of every earlier item. Everything else runs concurrently. */
export type InOrder = (act: () => void) => Promise<void>;

/**
 * Items are begun in their order. After a failure none is begun; of several failures the one of the
 * earliest item is thrown, so that it is the same each time.
 *
 * @param begin makes what one line of work needs, and gives its work. What work first
 *   does with `inOrder` it does after that of every earlier item, or after the end of those that do
 *   nothing so
 */
export async function severalAtATime<Item, Result>(
  items: readonly Item[],
  width: number,
  begin: () => (item: Item, inOrder: InOrder) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const failures = new Map<number, unknown>();
  let next = 0;
  let earlier = Promise.resolve();
  async function line(): Promise<void> {
    const work = begin();
    while (failures.size === 0 && next < items.length) {
      const at = next++;
      const turn = earlier;
      let pass = () => {};
      const passed = new Promise<void>((resolve) => {
        pass = resolve;
      });
      earlier = turn.then(() => passed);
      const inOrder = async (act: () => void) => {
        await turn;
        act();
        pass();
      };
      try {
        results[at] = await work(items[at] as Item, inOrder);
      } catch (error) {
        failures.set(at, error);
      } finally {
        pass();
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, line));
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
  return results;
}
