/** `gateway`: runs the gateway, or checks its configuration. */
import { type Command, defineCommand } from "../../operate/cli/index.ts";
import { checkDocument } from "./check-report.ts";
import { gatewayCommandOptions } from "./options.ts";
import type { GatewayServices } from "./services.ts";

/** The server code is loaded only when run, so that other commands start without it. */
export function gatewayCommand(services: () => Promise<GatewayServices>): Command {
  return defineCommand({
    path: ["gateway"],
    summary: "run the gateway in front of MCP servers and models",
    about: [
      "Without a port it speaks MCP over standard input and output; the log is on standard error.",
      "The command after -- starts the only server; no configuration is needed.",
      "SIGHUP reloads the configuration; if it is invalid, the last good one stays in effect.",
      "SIGTERM and SIGINT end it when open requests are done; a second signal refuses those.",
    ],
    rest: { name: "COMMAND ARGS…", what: "the command of the only server" },
    options: gatewayCommandOptions,
    exits: {
      1: "the server is gone for good; with --check, something in the configuration cannot work",
    },
    examples: [
      {
        line: "gateway --plugin ./p.js -- npx @modelcontextprotocol/server-everything stdio",
        what: "one plugin in front of one server",
      },
      {
        line: "gateway --plugin ./p.js --isolate process -- npx @modelcontextprotocol/server-everything stdio",
        what: "the same, and the plugin runs in a process that can only compute",
      },
      { line: "gateway --check", what: "what each plugin of glassine.config.* will see" },
      { line: "gateway --port 8080", what: "serve the configuration over HTTP" },
    ],
    schema: checkDocument,
    async run(context) {
      const { check, serve } = await import("./serve-or-check.ts");
      const run = context.options.check === true ? check : serve;
      return run(context, await services());
    },
  });
}
