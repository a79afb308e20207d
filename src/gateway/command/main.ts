#!/usr/bin/env node
/** The command `glassine`. */
import process from "node:process";
import { commandLine } from "../../operate/cli/index.ts";
import { stockPlugins } from "../../plugins/index.ts";
import { createGateway } from "../run/index.ts";
import { gatewayCommands } from "./commands.ts";

const names = { bin: "glassine", hostName: "glassine", prefix: "GLASSINE_" };
const line = gatewayCommands({
  createGateway,
  stock: stockPlugins,
  signals: process,
  writeLog: (text) => void process.stderr.write(text),
});

await commandLine(names, line).main();
