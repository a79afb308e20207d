/** Values that a zod schema of a slot table accepts, derived from the schema. */
export { valuesOf } from "../../src/testing/schema-values.ts";
export {
  characters,
  headers,
  jsonValues,
  keys,
  labels,
  mapOf,
  texts,
  urls,
  type Words,
} from "../../src/testing/words.ts";
