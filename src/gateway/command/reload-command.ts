/** `gateway reload`: makes a running gateway read its configuration again. */
import * as z from "zod";
import {
  type Command,
  defineCommand,
  negative,
  refusal,
  say,
  text,
  warnings as warningsSchema,
} from "../../operate/cli/index.ts";
import { askReload, placeOf } from "./control-socket.ts";
import { gatewayOptions } from "./options.ts";

/** Long, because loading many plugins takes a while. */
const timeoutMs = 120_000;

export const reloadCommand: Command = defineCommand({
  path: ["gateway", "reload"],
  summary: "have the running gateway read its configuration again",
  about: [
    "It finds the gateway of this user that was started with the same configuration file.",
    "Open requests finish with the old configuration; an invalid configuration changes nothing.",
  ],
  options: { config: gatewayOptions.config },
  exits: { 1: "no such gateway runs, or it refused the configuration" },
  examples: [{ line: "gateway reload", what: "after a change of glassine.config.*" }],
  schema: z.object({
    action: z.literal("reload"),
    config_file: text.nullable(),
    generation: z.int().describe("How many configurations the gateway has had."),
    warnings: warningsSchema,
  }),
  async run({ cwd, env, options }) {
    // Loaded only when run, so that other commands start without the schema.
    const { findConfig, readGatewaySettings } = await import("../config/index.ts");
    const file = await findConfig(cwd, options.config ?? readGatewaySettings(env).file);
    const place = await placeOf(file, env);
    const outcome = await askReload(place, timeoutMs);
    if (outcome === undefined)
      throw negative(
        "gateway_not_running",
        say`no gateway answers at ${place.path}, where this user's gateway with ${file} listens for reloads. If none runs, start one, or name another configuration with --config. If one runs, it could not listen there, or was started with another path to this file, XDG_RUNTIME_DIR or TMPDIR: reload it with SIGHUP`,
      );
    if (outcome === "timeout")
      throw refusal(
        "io_failed",
        say`gateway reload: the gateway that runs with ${file} did not answer within ${timeoutMs / 1000} seconds; it may still be reloading: see its log`,
      );
    const { ok, generation, message = "", steps, warnings = [] } = outcome;
    if (!ok)
      throw negative(
        "reload_refused",
        say`not reloaded, generation ${generation} stays in effect: ${message}`,
        steps,
      );
    return {
      exitCode: 0,
      document: { action: "reload" as const, config_file: file, generation, warnings },
      warnings,
      hasChanged: true,
      lines: [say`reloaded: ${file} (generation ${generation})`],
    };
  },
});
