/** The commands of the gateway, for the command line of this package. */
import type { FurtherCommands } from "../../operate/cli/index.ts";
import { envoyConfigCommand } from "./envoy-config-command.ts";
import { explainCommand } from "./explain-command.ts";
import { extprocCommand } from "./extproc-command.ts";
import { gatewayCommand } from "./gateway-command.ts";
import { initCommand } from "./init-command.ts";
import { pinCommand } from "./pin-command.ts";
import { reloadCommand } from "./reload-command.ts";
import { servePluginCommand } from "./serve-plugin-command.ts";
import type { GatewayServices } from "./services.ts";
import { trustCommand } from "./trust-command.ts";

export function gatewayCommands(services: () => Promise<GatewayServices>): FurtherCommands {
  return {
    about: "Run the gateway, manage which plugins may run in {hostName}, and check their state.",
    commands: [
      gatewayCommand(services),
      pinCommand,
      trustCommand,
      reloadCommand,
      explainCommand,
      servePluginCommand,
      extprocCommand(services),
      envoyConfigCommand,
      initCommand,
    ],
  };
}
