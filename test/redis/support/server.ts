/** The server of the tests, where there is one: `.ci/run` starts it and says where. */
import process from "node:process";
import { createClient } from "redis";

export const { GLASSINE_REDIS_URL: serverUrl = "" } = process.env;
export const hasServer = serverUrl !== "";

/** A client of the server, connected. Connection errors surface in its calls. */
export async function connect(url = serverUrl, options: Parameters<typeof createClient>[0] = {}) {
  const client = createClient({ ...options, url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** A prefix that no other test and no other run has. */
export function freshPrefix(): string {
  return `glassine-test:${crypto.randomUUID()}:`;
}
