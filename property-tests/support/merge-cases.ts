/** A plugin's answer meets an envelope: the one its view was made of, or one that went on since. */
export { mergeCasesOf, mergeOf } from "../../src/testing/merge-cases.ts";
