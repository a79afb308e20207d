/** Runs as a separate process: appends to one session, and prints each acknowledged label. */
import process from "node:process";
import { redisLabelStore } from "glassine/redis";
import { createClient } from "redis";

const [url = "", prefix = "", name = "", count = "0"] = process.argv.slice(2);
const client = createClient({ url });
client.on("error", () => {});
await client.connect();
const store = redisLabelStore(client, { ttlMs: 60_000, prefix, timeoutMs: 20_000 });
for (let at = 0; at < Number(count); at++) {
  const label = `${name}-${at}`;
  const all = await store.append("session", [label]);
  // All of its own labels must be there, however many others were added in between.
  const own = Array.from({ length: at + 1 }, (_, index) => `${name}-${index}`);
  if (!own.every((each) => all.includes(each))) throw new Error(`lost before ${label}`);
  process.stdout.write(`${label}\n`);
}
await client.close();
