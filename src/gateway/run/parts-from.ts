/** From what a program says of a gateway to its parts. */
import process from "node:process";
import { expectOptions } from "../../core/data/index.ts";
import { checkConfig, configInvalid, problemAt, secretReader } from "../config/index.ts";
import { lineLog } from "../observe/index.ts";
import type { GatewayOptions, GatewayParts } from "./parts.ts";

const known = [
  ...(["config", "manager", "secrets", "log", "metrics", "stdio", "envoy"] as const),
  "onUnused",
] satisfies readonly (keyof GatewayOptions)[];

/** They would not run, and nobody would notice. */
const misplaced = problemAt(["plugins"], "expected none here: plugins belong to the manager.");

/** @throws GlassineError `config_invalid`, `options_invalid` */
export function partsFrom(options: GatewayOptions): GatewayParts {
  expectOptions(options, known, "createGateway");
  const config = checkConfig(options.config, "`config`");
  if (config.plugins.length > 0) throw configInvalid([misplaced], "`config`");
  return {
    ...options,
    config,
    secrets: options.secrets ?? secretReader(process.env),
    log: options.log ?? lineLog((line) => void process.stderr.write(line)),
  };
}
