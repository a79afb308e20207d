/** `envoy-config`: prints the configuration of an Envoy that asks glassine. */
import * as z from "zod";
import { type Command, defineCommand, textList, textOrNull } from "../../operate/cli/index.ts";
import { envoyConfigOptions } from "./options.ts";

export const envoyConfigCommand: Command = defineCommand({
  path: ["envoy-config"],
  summary: "print a configuration for Envoy",
  about: [
    "For Envoy, it is a complete configuration with comments, made from that of `gateway`: its listener, its servers and models, and the processors to ask.",
    "For Envoy Gateway and Istio, it is the fragments that a cluster needs. It never contains secrets: the processors send them.",
  ],
  options: envoyConfigOptions,
  exits: {
    1: "with --check-file, the configuration lets something pass unjudged, or resets too many streams",
  },
  examples: [
    {
      line: "envoy-config --processor unix:/run/glassine.sock > envoy.yaml",
      what: "for one processor on the same machine",
    },
    {
      line: "envoy-config --processor 10.0.0.1:9002 --processor 10.0.0.2:9002",
      what: "for two processors; Envoy distributes sessions between them",
    },
    { line: "envoy-config --for istio", what: "the fragment for Istio" },
    { line: "envoy-config --check-file envoy.yaml", what: "is one of your own safe?" },
  ],
  schema: z.object({
    product: textOrNull.describe("Null with `--check-file`."),
    text: textOrNull.describe("The configuration in YAML. Null with `--check-file`."),
    problems: textList.describe("With `--check-file`: what is wrong, one sentence each."),
  }),
  async run(context) {
    // Loaded only when run, so that other commands start without it.
    const { check, print } = await import("./envoy-config.ts");
    const { checkFile } = context.options;
    return checkFile === undefined ? print(context) : check(context, checkFile);
  },
});
