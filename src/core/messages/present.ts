/** The entries of a literal that are not `undefined`: frozen, and without a prototype. */
export function present<T extends object>(literal: T): Present<T> {
  const entries = Object.entries(literal).filter(([, value]) => value !== undefined);
  return Object.freeze({ __proto__: null, ...Object.fromEntries(entries) } as object) as Present<T>;
}

/** What may be `undefined` in a literal may be missing in the record. */
type Present<T> = {
  readonly [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key];
} & {
  readonly [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};
