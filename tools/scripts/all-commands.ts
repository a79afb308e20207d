/** The commands of this package's own command line, those of the gateway first. */
import { gatewayCommands } from "../../src/gateway/command/index.ts";
import { lineOf } from "../../src/operate/cli/command-table.ts";

const notRun = () => Promise.reject(new Error("nothing is run here"));

/** Nothing of these services is called: what a command is stands in its object. */
export const { commands: allCommands } = lineOf(
  gatewayCommands({
    createGateway: notRun,
    stock: {},
    signals: { on: () => {}, off: () => {} },
    writeLog: () => {},
  }),
);
