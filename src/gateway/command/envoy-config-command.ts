/** `envoy-config`: prints the configuration of an Envoy that asks glassine. */
import * as z from "zod";
import { type Command, defineCommand, text, textOrNull, texts } from "../../operate/cli/index.ts";
import { envoyConfigOptions } from "./options.ts";

export const envoyConfigCommand: Command = defineCommand({
  path: ["envoy-config"],
  summary: "print a configuration for Envoy",
  about: [
    "A complete one for Envoy, with comments, made of the configuration of `gateway`: its listener, its servers and models, and the processors to ask.",
    "For Envoy Gateway and Istio the fragments that a cluster needs. Secrets are never in it: the processors send them.",
  ],
  options: envoyConfigOptions,
  exits: {
    1: "with --check-file, the configuration lets something pass, or wears out connections",
  },
  examples: [
    {
      line: "envoy-config --processor unix:/run/glassine.sock > envoy.yaml",
      what: "for one processor on the same machine",
    },
    {
      line: "envoy-config --processor 10.0.0.1:9002 --processor 10.0.0.2:9002",
      what: "for two, between which Envoy shares sessions out",
    },
    { line: "envoy-config --for istio", what: "the fragment for Istio" },
    { line: "envoy-config --check-file envoy.yaml", what: "is one of your own safe?" },
  ],
  schema: z.object({
    product: text,
    text: textOrNull.describe("The configuration in YAML. Null with `--check-file`."),
    problems: texts.describe("With `--check-file`: what is wrong, a sentence each."),
  }),
  async run(context) {
    // Loaded only when run, so that other commands start without it.
    const { check, print } = await import("./envoy-config.ts");
    const { checkFile } = context.options;
    return checkFile === undefined ? print(context) : check(context, checkFile);
  },
});
