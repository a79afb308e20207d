/** Two envelopes that differ only in what a grant hides. */
export { looksOf, twinsOf, withHiddenOf } from "../../src/testing/twins.ts";
