/**
 * A separate process that changes what is trusted: once, if its first argument is an order (as the
 * user that the second one names), or otherwise whenever it receives an order.
 */
import process from "node:process";
import { carryOut, type Order } from "./trust-orders.ts";

const [, , order, user = ""] = process.argv;
// Only after the program is loaded: that user may not be able to read it.
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
