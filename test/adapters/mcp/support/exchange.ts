import type { AnyHookManager, GuardOptions } from "glassine/mcp";
import { settle } from "./fake-manager.ts";
import { type Json, rawGuard, request } from "./raw.ts";

/** Sends one request and its answer through a guard. */
export async function exchange(
  manager: AnyHookManager,
  method: string,
  params: object,
  outcome: { readonly result?: unknown; readonly error?: unknown },
  options: GuardOptions = {},
): Promise<{ readonly sent: Json | undefined; readonly answer: Json }> {
  const { guard, peer, sent, received } = await rawGuard(manager, options);
  await guard.send(request(7, method, params));
  peer({ jsonrpc: "2.0", id: 7, ...outcome });
  await settle();
  const [answer] = received();
  if (answer === undefined) throw new Error("no answer");
  return { sent: sent()[0], answer };
}
