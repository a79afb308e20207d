import { gate } from "./fake-manager.ts";
import { notification } from "./raw.ts";

export const cancelled = (requestId: unknown) =>
  notification("notifications/cancelled", { requestId });

/** A hook that waits, and the gate it waits for. */
export function waitingHook() {
  const hold = gate();
  return { hold, hook: async () => void (await hold.wait) };
}
