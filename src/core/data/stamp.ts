/**
 * Marks objects this library made.
 *
 * Rule: a stamp is a private field put on the object itself. It cannot be copied by a spread,
 * forged, read by reflection, or seen by `inspect`; and unlike a WeakSet entry it costs
 * nothing to add. Stamp first, then freeze.
 */
export interface Stamp<Info extends object> {
  /** Marks `value` and returns it. `value` must be fresh and not yet frozen. */
  put<T extends object>(value: T, info: Info): T;
  /** The mark of `value`, or `undefined` for anything this library did not mark. */
  of(value: unknown): Info | undefined;
}

/**
 * A constructor that returns its argument, so that a subclass puts its field there. Where marks
 * are looked up on the way of every call, that place has a subclass of its own: the engine learns
 * by place in the source, and `createStamp` is one place for all its stamps.
 */
export const BrandCarrier = function (this: unknown, value: object) {
  return value;
} as unknown as new (
  value: object,
) => object;

export function createStamp<Info extends object>(): Stamp<Info> {
  class Marked extends BrandCarrier {
    #info: Info;
    constructor(value: object, info: Info) {
      super(value);
      this.#info = info;
    }
    static of(value: object): Info | undefined {
      return #info in value ? value.#info : undefined;
    }
  }
  return {
    put: (value, info) => {
      new Marked(value, info);
      return value;
    },
    of: (value) => (typeof value === "object" && value !== null ? Marked.of(value) : undefined),
  };
}
