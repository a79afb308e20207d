/** The types of a gateway's configuration. */
import { type ConfigInput, defineConfig } from "glassine/gateway";
import type { RateLimitOptions, StockPluginName } from "glassine/plugins";
import { describe, expectTypeOf, it } from "vitest";

type Entry = NonNullable<ConfigInput["plugins"]>[number];
declare const isProduction: boolean;

describe("an entry of a configuration", () => {
  it("has the options of the stock plugin that it names", () => {
    type Limit = Extract<Entry, { readonly use: "rate-limit" }>;
    expectTypeOf<Limit["options"]>().toEqualTypeOf<RateLimitOptions | undefined>();
    expectTypeOf<StockPluginName>().toExtend<
      NonNullable<Exclude<Entry, string | { readonly kind: string }>["use"]>
    >();
  });

  it("may have a name that is no literal", () => {
    const more = isProduction ? [{ use: "pii", options: { action: "deny" } }] : [];
    defineConfig({ plugins: ["./own.ts", { package: "acme.guard", options: 5 }, ...more] });
  });
});
