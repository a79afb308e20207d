/** What a call comes to: a value, or a coded error. */
export { type Outcome, outcomeOf } from "../../src/testing/data.ts";
