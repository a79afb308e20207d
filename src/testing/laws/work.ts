/** Counts work in steps, never in time, so that a busy machine makes no difference. */

/** Methods that call a function for each item that they visit. */
const visiting = "map filter flatMap find findIndex findLast some every forEach reduce".split(" ");
/** Methods that go over the whole array. */
const searching = ["includes", "indexOf", "join", "sort", "splice"];
/** Methods whose work is proportional to the array that they return. */
const copying = ["concat", "slice", "toReversed", "toSorted", "toSpliced", "with"];
type Method = (this: unknown, ...given: unknown[]) => unknown;

/**
 * Counts the steps of a synchronous run: items that array methods and iterators visit, object
 * entries that are listed, and units of JSON that are written.
 */
function stepsOf(run: () => unknown): number {
  let steps = 0;
  const undo: (() => void)[] = [];
  const replace = (owner: object, name: string | symbol, wrap: (original: Method) => Method) => {
    const field = Object.getOwnPropertyDescriptor(owner, name);
    if (field === undefined) return;
    Object.defineProperty(owner, name, { ...field, value: wrap(field.value as Method) });
    undo.push(() => Object.defineProperty(owner, name, field));
  };
  const countItems = (original: Method): Method =>
    function (this: unknown, ...given) {
      steps += (this as { readonly length?: number } | undefined)?.length ?? 0;
      return Reflect.apply(original, this, given);
    };
  const countVisits = (original: Method): Method =>
    function (this: unknown, visit, ...given) {
      if (typeof visit !== "function") return Reflect.apply(original, this, [visit, ...given]);
      const counted: Method = function (this: unknown, ...args) {
        steps += 1;
        return Reflect.apply(visit, this, args);
      };
      return Reflect.apply(original, this, [counted, ...given]);
    };
  const countResult = (original: Method): Method =>
    function (this: unknown, ...given) {
      const result = Reflect.apply(original, this, given) as { readonly length?: number };
      steps += result?.length ?? 0;
      return result;
    };
  const { next } = Object.getPrototypeOf([][Symbol.iterator]()) as { readonly next: Method };
  const iterators = Object.getPrototypeOf([][Symbol.iterator]()) as object;
  try {
    for (const name of visiting) replace(Array.prototype, name, countVisits);
    for (const name of searching) replace(Array.prototype, name, countItems);
    for (const name of copying) replace(Array.prototype, name, countResult);
    for (const name of ["keys", "entries", "values"]) replace(Object, name, countResult);
    replace(JSON, "stringify", countResult);
    replace(iterators, "next", () => {
      return function (this: unknown) {
        steps += 1;
        return Reflect.apply(next, this, []);
      };
    });
    run();
  } finally {
    for (const each of undo.reverse()) each();
  }
  return steps;
}

/**
 * Whether work grows no faster than its input: if the input doubles, the additional steps may grow
 * by a factor of 2.5, which leaves room for sorting. If each item led to a pass over all items, the
 * factor would be four.
 */
export function isLinear(run: (size: number) => () => unknown, size: number): boolean {
  const [one = 0, two = 0, four = 0] = [1, 2, 4].map((times) => stepsOf(run(size * times)));
  return four - two <= 2.5 * Math.max(two - one, size);
}
