/** Values far beyond every limit. */
const long = "x".repeat(100_000_000);
const wide = Object.fromEntries(Array.from({ length: 1_000_000 }, (_, i) => [`k${i}`, i]));

export const largeValues: readonly (readonly [string, unknown])[] = [
  ["a text", long],
  ["an object", wide],
  ["a list", Array(1_000_000).fill(0)],
  ["many objects of many keys", Array(100).fill({ ...Array(1000).fill("x") })],
  ["many texts", Array(100).fill("x".repeat(100_000))],
  ["a key", { [long.slice(0, 1_000_000)]: 1 }],
];
