export { gatewayCommands } from "./commands.ts";
