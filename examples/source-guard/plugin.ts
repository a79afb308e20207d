/** Denies assertions from one source, and hears how each assertion ended. */
import { allow, deny } from "glassine";
import { definePlugin } from "glassine/memory-node";

export const sourceGuard = definePlugin({
  name: "example-stigmem-plugin",
  version: "1.0.0",
  hooks: {
    pre_assert_authorize: ({ req }) =>
      req.source === "agent:blocked"
        ? deny("source is blocked by example-stigmem-plugin")
        : allow(),
    post_assert_audit: ({ outcome }) => console.log(`assertion: ${outcome.kind}`),
  },
});
