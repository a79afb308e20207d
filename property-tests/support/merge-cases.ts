/** A plugin's answer, and the envelope it is merged into: that of its view, or a later one. */
export { mergeCasesOf, mergeOf } from "../../src/testing/merge-cases.ts";
