/** What an operator writes in `glassine.config.ts`, with types for editors. */
import type * as z from "zod";
import type { StockPlugin, StockPluginName, stockPlugins } from "../../plugins/index.ts";
import type { configSchema } from "./schema.ts";

type AnyInput = z.input<typeof configSchema>;
type AnyEntry = NonNullable<AnyInput["plugins"]>[number];
type StockSettings = Omit<Extract<AnyEntry, { readonly use: string }>, "use" | "options">;
type OptionsOf<Plugin> = Plugin extends StockPlugin<infer Options> ? Options : never;
/** An entry of any other kind. */
type OtherEntry =
  | string
  | (Exclude<AnyEntry, string | { readonly use: string }> & { use?: undefined });
/** For editors, an entry of each stock plugin. The last takes any, if its name is not a literal. */
type StockEntry =
  | {
      [Name in StockPluginName]: StockSettings & {
        use: Name;
        options?: OptionsOf<(typeof stockPlugins)[Name]> | undefined;
      };
    }[StockPluginName]
  | (StockSettings & {
      use: string & Record<never, never>;
      options?: { readonly [option: string]: unknown } | undefined;
    });

/** What an operator writes. */
export interface ConfigInput extends Omit<AnyInput, "plugins"> {
  plugins?: (OtherEntry | StockEntry)[] | undefined;
}

/**
 * Returns `config` unchanged. It gives `glassine.config.ts` its types.
 *
 * @example
 * ```ts
 * import { defineConfig } from "glassine/gateway";
 *
 * export default defineConfig({
 *   servers: { everything: { command: "mcp-server-everything", args: ["stdio"] } },
 *   plugins: [{ use: "secret-scanner" }],
 * });
 * ```
 */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
