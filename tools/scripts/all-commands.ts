/** The commands of this package's own command line, those of the gateway first. */
import { gatewayCommands } from "../../src/gateway/command/index.ts";
import { lineOf } from "../../src/operate/cli/command-table.ts";

/** Nothing of these services is used: what a command is stands in its object. */
export const ofGateway = gatewayCommands(() =>
  Promise.reject(new Error("nothing is to be started")),
);

export const { commands: allCommands } = lineOf(ofGateway);
