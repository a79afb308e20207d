/** From what a program says of a gateway to its parts. */
import process from "node:process";
import { expectOptions } from "../../core/data/index.ts";
import { checkConfig, configInvalid, problemAt, secretReader } from "../config/index.ts";
import { lineLog } from "../observe/index.ts";
import type { GatewayOptions, GatewayParts } from "./parts.ts";

const known = [
  ...(["config", "manager", "audit", "secrets", "log", "metrics", "stdio", "envoy"] as const),
  "onUnused",
] satisfies readonly (keyof GatewayOptions)[];

/** What only the command reads. Here it would have no effect, and nobody would notice. */
const misplaced = {
  plugins: "expected none here: plugins belong to the manager.",
  mode: "expected none here: it is about the plugins, which belong to the manager.",
  audit:
    "expected none here: the trail is the manager's. `audit` beside `config` says what it gets.",
};

/** @throws GlassineError `config_invalid`, `options_invalid` */
export function partsFrom(options: GatewayOptions): GatewayParts {
  expectOptions(options, known, "createGateway");
  const { audit, secrets = secretReader(process.env), log = lineLog(toStderr) } = options;
  const problems = Object.entries(misplaced).flatMap(([key, text]) =>
    Object.hasOwn(options.config ?? {}, key) ? [problemAt([key], text)] : [],
  );
  if (problems.length > 0) throw configInvalid(problems, "`config` is not a valid configuration.");
  return {
    ...{ ...options, secrets, log },
    config: checkConfig(options.config, "`config`"),
    audit: audit && { access: "refused", hooks: false, strict: false, ...audit },
  };
}

function toStderr(line: string): void {
  process.stderr.write(line);
}
