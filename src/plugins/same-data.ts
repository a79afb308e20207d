import equal from "fast-deep-equal";

/**
 * Whether two values this library made of known shape say the same.
 *
 * Not for free-form data: `fast-deep-equal` runs `valueOf` and `toString` found on its
 * arguments and throws on null prototypes. Free-form data is compared while it is read.
 */
export function sameData(a: object, b: object): boolean {
  return equal(a, b);
}
