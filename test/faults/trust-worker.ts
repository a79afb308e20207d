/** A process of its own that changes what is trusted: once as its argument says, or as it is told. */
import process from "node:process";
import { carryOut, type Order } from "./trust-orders.ts";

const [, , order] = process.argv;
if (order === undefined) {
  process.on("message", async (next: Order) => process.send?.(await carryOut(next)));
  process.send?.("ready");
} else {
  process.stdout.write(JSON.stringify(await carryOut(JSON.parse(order) as Order)));
}
