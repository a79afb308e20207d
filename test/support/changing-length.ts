/** In place of a length: a string as a key, and a different number each time it is compared. */
export function changingLength(key: string, ...numbers: readonly number[]): object {
  let asked = 0;
  return {
    [Symbol.toPrimitive]: (hint: string) =>
      hint === "string" ? key : numbers[Math.min(asked++, numbers.length - 1)],
  };
}
