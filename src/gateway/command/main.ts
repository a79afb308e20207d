#!/usr/bin/env node
/** The command `glassine`. */
import process from "node:process";
import { commandLine, killIfStuck, reportFailuresTo } from "../../operate/cli/index.ts";
import { gatewayCommands } from "./commands.ts";

const line = gatewayCommands(async () => ({
  openGateway: (await import("../run/open-gateway.ts")).openGateway,
  stock: (await import("../../plugins/index.ts")).stockPlugins,
  signals: process,
  logStream: process.stderr,
  reportFailuresTo,
  onStuck: killIfStuck,
}));

await commandLine({ bin: "glassine" }, line).main();
