/** The outcome of a call: a value or a coded error. */
export { type Outcome, outcomeOf } from "../../src/testing/data.ts";
