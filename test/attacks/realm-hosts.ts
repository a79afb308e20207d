/** First-time work in a patched realm, and work that only a host does. */
import { createExtensions, declassify, withSlots } from "glassine";
import { defineHost } from "glassine/host";
import { createMessage, freezePayload } from "glassine/messages";
import * as z from "zod";
import { patches } from "./realm-patches.ts";

const makeHost = () =>
  defineHost({
    slots: {
      billing: {
        tier: "mutable",
        read: "read_billing",
        write: "write_billing",
        description: "Of a test.",
        schema: z.object({
          account: z.string().optional(),
          limit: z.number().optional(),
          notes: z.array(z.string()).optional(),
        }),
        fields: { limit: { read: "read_limit", tier: "immutable" } },
      },
    },
  });
type Host = ReturnType<typeof makeHost>;
const filled = (host: Host) =>
  host.createExtensions({
    security: { labels: ["PII"], subject: { id: "ada", type: "user", roles: ["admin"] } },
    http: { headers: { a: "1" } },
    billing: { account: "acme", limit: 5 },
  });

// A host for each patch, and one for the untouched realm: first-time work is done once for each.
const played = 1 + Object.values(patches).reduce((sum, of) => sum + Object.keys(of).length, 0);
const onFresh = (act: (host: Host, extensions: ReturnType<typeof filled>) => unknown) => {
  const hosts = Array.from({ length: played }, makeHost);
  const made = hosts.map(filled);
  let at = 0;
  return () => {
    const host = hosts[at] as Host;
    const extensions = made[at] as ReturnType<typeof filled>;
    at += 1;
    return act(host, extensions);
  };
};

const used = makeHost();
const usedExtensions = filled(used);
const hiddenOnly = used.createExtensions({ billing: { limit: 5 } });
used.filterExtensions(usedExtensions, ["read_billing"]);
const envelope = createExtensions({ security: { labels: ["EU", "PII"] } });
const nested = (depth: number): object => ({
  role: "user",
  content:
    depth === 0
      ? [{ content_type: "text", text: "Ahoy" }]
      : [
          {
            content_type: "prompt_result",
            content: {
              prompt_request_id: "1",
              prompt_name: "p",
              messages: [nested(depth - 1)],
            },
          },
        ],
});
const message = nested(3);
const wrongMessage = { ...nested(0), content: [{ content_type: "text", text: 1 }] };
const payload = [1, { a: ["b"] }];

/** May call no patch. */
export const hostSteps: Readonly<Record<string, () => unknown>> = {
  "filter by a new grant": onFresh((host, extensions) =>
    host.filterExtensions(extensions, ["read_labels", "read_billing"]),
  ),
  "filter by a new grant that opens parts of parts": onFresh((host, extensions) =>
    host.filterExtensions(extensions, ["read_roles", "write_headers", "read_limit"]),
  ),
  "merge by a new grant": onFresh((host, extensions) =>
    host.mergeExtensions(
      extensions,
      { security: { labels: ["NEW", "PII"] }, billing: { account: "b" }, custom: { a: 1 } },
      ["append_labels", "write_billing"],
    ),
  ),
  "filter a slot of the host's own": () => [
    used.filterExtensions(usedExtensions, ["read_billing"]),
    used.filterExtensions(hiddenOnly, ["read_billing"]),
  ],
  "grow as the host": () => withSlots(envelope, { security: { labels: ["EU", "NEW", "PII"] } }),
  "shrink as the host": () => withSlots(envelope, { security: { labels: ["EU"] } }),
  declassify: () =>
    declassify(envelope, { labels: ["EU"], reason: "no longer", authority: "p-1" }).extensions,
  "declassify what is not there": () =>
    declassify(envelope, { labels: ["US"], reason: "no longer", authority: "p-1" }),
  "make a message with messages in it": () => createMessage(message as never),
  "make no message": () => createMessage(wrongMessage as never),
  "freeze a list": () => freezePayload(payload),
};
