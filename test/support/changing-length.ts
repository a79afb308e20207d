/** Stands in for a length: a string when used as a key, another number at each comparison. */
export function changingLength(key: string, ...numbers: readonly number[]): object {
  let asked = 0;
  return {
    [Symbol.toPrimitive]: (hint: string) =>
      hint === "string" ? key : numbers[Math.min(asked++, numbers.length - 1)],
  };
}
