/** `extproc`: the gateway as an external processor of Envoy. */
import * as z from "zod";
import {
  type Command,
  defineCommand,
  mode,
  text,
  textList,
  textOrNull,
} from "../../operate/cli/index.ts";
import { extprocOptions } from "./options.ts";
import type { GatewayServices } from "./services.ts";

/** The server code is loaded only when run, so that other commands start without it. */
export function extprocCommand(services: () => Promise<GatewayServices>): Command {
  return defineCommand({
    path: ["extproc"],
    summary: "judge the traffic of Envoy or agentgateway, as an external processor",
    about: [
      "The configuration is that of `gateway`. Envoy listens where `listen` says, and sends requests on itself; `envoy-config` prints its configuration.",
      "With --webhook it also answers the guardrail webhook of agentgateway.",
      "Production needs --envoy-admin or --envoy-config: nothing passes until Envoy is known to refuse unjudged traffic.",
      "SIGHUP reloads the configuration. SIGTERM and SIGINT make Envoy use another processor, and end this one when open requests are done.",
    ],
    options: extprocOptions,
    exits: { 1: "with --check, something would keep it from working" },
    examples: [
      { line: "extproc --listen unix:/run/glassine.sock", what: "next to Envoy on one machine" },
      {
        line: "extproc --listen unix:/run/glassine.sock --envoy-admin http://127.0.0.1:9901",
        what: "and nothing passes unless Envoy is configured safely",
      },
    ],
    schema: z
      .object({
        config_file: textOrNull,
        mode,
        listens_at: text,
        webhook_at: textOrNull.describe("Where agentgateway finds the webhook; null for none."),
        served_at: z.record(text, text).describe("The servers by the paths that callers ask at."),
        problems: textList.describe("What would keep it from working, one sentence each."),
      })
      .describe("What `extproc --check --json` prints."),
    async run(context) {
      const { check, serve } = await import("./extproc.ts");
      if (context.options.check === true) return check(context);
      return serve(context, await services());
    },
  });
}
