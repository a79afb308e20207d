/** `extproc`: the gateway as an external processor of Envoy. */
import { type Command, defineCommand } from "../../operate/cli/index.ts";
import { extprocDocument } from "./check-report.ts";
import { extprocOptions } from "./options.ts";
import type { GatewayServices } from "./services.ts";

/** The server code is loaded only when run, so that other commands start without it. */
export function extprocCommand(services: () => Promise<GatewayServices>): Command {
  return defineCommand({
    path: ["extproc"],
    summary: "judge the traffic of Envoy or agentgateway, as an external processor",
    about: [
      "The configuration is that of `gateway`. Envoy listens where `listen` says, and forwards requests itself; `envoy-config` prints its configuration.",
      "With --webhook it also answers the guardrail webhook of agentgateway.",
      "Production needs --envoy-admin or --envoy-config: nothing passes until Envoy is known to refuse unjudged traffic.",
      "SIGHUP reloads the configuration. SIGTERM and SIGINT make Envoy use another processor, and end this one when open requests are done.",
    ],
    options: extprocOptions,
    exits: { 1: "with --check, something in the configuration cannot work" },
    examples: [
      { line: "extproc --listen unix:/run/glassine.sock", what: "next to Envoy on one machine" },
      {
        line: "extproc --listen unix:/run/glassine.sock --envoy-admin http://127.0.0.1:9901",
        what: "and nothing passes unless Envoy is configured safely",
      },
    ],
    schema: extprocDocument,
    async run(context) {
      const { check, serve } = await import("./extproc.ts");
      const run = context.options.check === true ? check : serve;
      return run(context, await services());
    },
  });
}
