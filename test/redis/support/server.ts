/** The server for the tests, if there is one: `.ci/run` starts it and sets the variable. */
import process from "node:process";
import { createClient } from "redis";

export const { GLASSINE_REDIS_URL: serverUrl = "" } = process.env;
export const hasServer = serverUrl !== "";

/** Returns a connected client. Connection errors surface in its calls. */
export async function connect(url = serverUrl, options: Parameters<typeof createClient>[0] = {}) {
  const client = createClient({ ...options, url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Returns a prefix that no other test or run uses. */
export function freshPrefix(): string {
  return `glassine-test:${crypto.randomUUID()}:`;
}
