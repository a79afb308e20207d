/** What a plugin may hand back, as plans. */
export { type Plan, plansOf, propose, proposeAmong } from "../../src/testing/proposals.ts";
