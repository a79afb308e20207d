/**
 * A process of its own that changes what is trusted: once as its first argument says, and as the
 * user that the second one names, or each time it is told.
 */
import process from "node:process";
import { carryOut, type Order } from "./trust-orders.ts";

const [, , order, user = ""] = process.argv;
// Not before the program is loaded: it may lie where that user cannot read.
if (user !== "") {
  process.setgroups?.([]);
  process.setgid?.(Number(user));
  process.setuid?.(Number(user));
}
if (order === undefined) {
  process.on("message", async (next: Order) => process.send?.(await carryOut(next)));
  process.send?.("ready");
} else {
  process.stdout.write(JSON.stringify(await carryOut(JSON.parse(order) as Order)));
}
