#!/usr/bin/env node
/** The command `glassine`. */
import { createCommand } from "./create-command.ts";

await createCommand({ bin: "glassine", hostName: "glassine", prefix: "GLASSINE_" }).main();
