/**
 * A secret that one tool read cannot leave through another: its label stays with the session.
 *
 * Run it with `npm run start:labels`. It needs no key and no network.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { createExtensions, createPluginManager, withSlots } from "glassine";
import { memoryLabelStore } from "glassine/labels";
import { createGuard } from "glassine/mcp";
import { egressGuard } from "glassine/plugins";
import { office } from "./office.ts";

const egress = egressGuard({ labels: ["SALARY"], refuse: { tools: ["send_*"] } });
const manager = await createPluginManager({ plugins: [egress] });

// What the host knows: the caller, and the labels that each tool's results get.
const policies = createExtensions({
  security: {
    subject: { id: "ada", type: "user" },
    data: {
      read_payroll: { apply_labels: ["SALARY"] },
      read_board: { apply_labels: ["BOARD"], denied_actions: ["receive"] },
    },
  },
});
// With several gateways, use `redisLabelStore` from glassine/redis.
const store = memoryLabelStore();

/** Opens a connection that belongs to the session with this name. */
async function connect(session: string): Promise<Client> {
  const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();
  await office().connect(serverEnd);
  const client = new Client({ name: "labelled-session", version: "1.0.0" });
  const guard = createGuard(manager, {
    envelope: ({ mcp }) => withSlots(policies, { mcp }),
    labels: { store, session },
  });
  await client.connect(guard.wrap(clientEnd));
  return client;
}

async function call(client: Client, name: string, args: Record<string, unknown> = {}) {
  try {
    const { content } = await client.callTool({ name, arguments: args });
    const [part] = content as { text: string }[];
    console.log(`${name}: ${part?.text}`);
  } catch (error) {
    console.log(`${name}: refused, ${(error as Error).message}`);
  }
}

console.log("a session begins");
const first = await connect("ada/1");
await call(first, "send_mail", { text: "Good morning" });
await call(first, "read_payroll");
await call(first, "send_mail", { text: "Ada earns 90000" });
await call(first, "read_board");
await first.close();

console.log("\nthe same session, on a new connection");
const again = await connect("ada/1");
await call(again, "send_mail", { text: "Ada earns 90000" });
await again.close();

console.log("\nanother session");
const other = await connect("ada/2");
await call(other, "send_mail", { text: "Good morning" });
await other.close();

console.log(`\nlabels of ada/1: ${(await store.load("ada/1")).join(", ")}`);
console.log(`labels of ada/2: ${(await store.load("ada/2")).join(", ") || "none"}`);
await manager.close();
