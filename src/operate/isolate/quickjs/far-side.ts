/**
 * The far side of a plugin inside QuickJS, in its own thread. The host starts this file; nothing
 * imports it.
 */
import { parentPort } from "node:worker_threads";
import { serve } from "../serve.ts";
import { loadInQuickJs } from "./load.ts";

const port = parentPort;
const handleLine = serve((line) => port?.postMessage(line), { loadPlugin: loadInQuickJs });
port?.on("message", handleLine);
