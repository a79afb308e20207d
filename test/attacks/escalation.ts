/** What an escalation would gain: every capability, and an envelope worth reading. */
import { type Capability, capabilities, createExtensions } from "glassine";

export const everything: readonly Capability[] = Object.values(capabilities);
export const extensions = createExtensions({
  security: {
    labels: ["SECRET"],
    subject: { id: "u", type: "user", roles: ["admin"], claims: { plan: "gold" } },
  },
  http: { headers: { Authorization: "Bearer t" } },
});
