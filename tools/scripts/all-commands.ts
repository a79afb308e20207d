/** The commands of this package's command line, with the gateway's first. */
import { gatewayCommands } from "../../src/gateway/command/index.ts";
import { lineOf } from "../../src/operate/cli/command-table.ts";

/** The services are never used: a command's object describes it completely. */
export const ofGateway = gatewayCommands(() =>
  Promise.reject(new Error("nothing is to be started")),
);

export const { commands: allCommands } = lineOf(ofGateway);
