/** Work in a patched realm, at both levels: single functions, and whole runs of plugins. */
import {
  appendHop,
  createExtensions,
  decodeExtensions,
  deny,
  encodeExtensions,
  filterExtensions,
  isGlassineError,
  mergeExtensions,
} from "glassine";
import { createMessage, freezePayload } from "glassine/messages";
import {
  bytesOf,
  call,
  hook,
  labelled,
  type Manager,
  manage,
  plugin,
  type Run,
} from "../dispatch/support.ts";

// What the handlers of the scene use themselves.
const { assign, create } = Object;
const { from: arrayFrom } = Array;

const timestamp = "2026-11-20T10:00:00Z";
const document = {
  request: { request_id: "r-1", timestamp },
  security: {
    labels: ["PII", "SECRET"],
    classification: "internal",
    subject: { id: "ada", type: "user", roles: ["admin"], claims: { iss: "https://a.example" } },
  },
  http: { headers: { "X-Trace": "1", authorization: "Bearer hidden-token" } },
  delegation: {
    chain: [
      {
        subject_id: "ada",
        subject_type: "user",
        scopes_granted: ["read"],
        timestamp: "2026-11-20T10:00:00Z",
      },
    ],
  },
  custom: { list: [1, { a: "b" }], text: "t" },
} as const;
const envelope = createExtensions(document as never);
const text = encodeExtensions(envelope);
const caps = ["append_labels", "write_headers", "append_delegation"] as const;
const view = filterExtensions(envelope, caps);
const proposal = {
  request: { request_id: "forged" },
  security: { labels: ["PII", "SECRET", "\u00c4\u00d6", "NEW"] },
  http: { headers: { "X-Trace": "2", authorization: "Bearer hidden-token", "X-New": "n" } },
  custom: { list: [1, 2, { c: [] }], text: "u", more: null },
};
const edited = appendHop(view, {
  subject_id: "bot",
  subject_type: "agent",
  scopes_granted: ["read"],
});
const { chain = [] } = view.delegation ?? {};
const incomplete = {
  delegation: { chain: [...chain, { subject_id: "bot", subject_type: "agent", timestamp }] },
  security: { labels: ["PII", "SECRET"], objects: { file: {} } },
};
const accessor = {
  get security() {
    return { labels: [] };
  },
};
const merge = (returned: unknown) => mergeExtensions(envelope, returned, caps, { view });

/** Single functions. Those of `admit` and `merge` may call no patch. */
export const steps: Readonly<Record<string, () => unknown>> = {
  "merge a change of every tier": () => merge(proposal),
  "merge a hop": () => merge(edited),
  "merge a hop and a part that leave out what has a default": () => merge(incomplete),
  "merge nothing": () => [merge({}), merge(view), merge(null)],
  "merge fewer labels": () => merge({ security: { labels: ["PII"] } }),
  "merge a getter": () => merge(accessor),
  "merge a proxy": () => merge(new Proxy({}, {})),
  "merge an unknown slot": () => merge({ secruity: {} }),
  "merge a bad label": () => merge({ security: { labels: ["PII", "SECRET", " a"] } }),
  "merge a bad header": () => merge({ http: { headers: { "x y": "1" } } }),
  "merge strictly": () => mergeExtensions(envelope, proposal, caps, { strict: true, plugin: "p" }),
  "merge a plain document": () => mergeExtensions(document as never, proposal, caps),
  filter: () => filterExtensions(envelope, ["read_labels", "read_roles", "read_headers"]),
  create: () => createExtensions(document as never),
  "create what is not readable": () => createExtensions({ request: { request_id: 1 } } as never),
  "freeze a payload": () => freezePayload({ name: "add", args: { a: [1, "x", null] } }),
  "make a message": () =>
    createMessage({ role: "user", content: [{ content_type: "text", text: "Ahoy" }] }),
};

/** Decoding and encoding. They may call patches, as long as the result is the same. */
export const wireSteps: Readonly<Record<string, () => unknown>> = {
  encode: () => encodeExtensions(envelope),
  "encode a view": () => encodeExtensions(view),
  decode: () => decodeExtensions(text),
};

/** The outcome of a step as a string, after the realm is restored. */
export function outcomeOf(run: () => unknown): () => string {
  let value: unknown;
  let threw = false;
  try {
    value = run();
  } catch (thrown) {
    threw = true;
    value = thrown;
  }
  return () => {
    if (!threw) return JSON.stringify(value);
    if (!isGlassineError(value)) return `threw ${String(value)}`;
    return `${value.name} ${value.code} ${value.message} ${JSON.stringify(value.data)}`;
  };
}

/** A result that no patch of `Object.prototype` can turn into a promise. */
const bare = (parts: object): object => assign(create(null), parts);
const grown = (label: string, given: { security: { labels: readonly string[] } }) => {
  const { labels } = given.security;
  const list = arrayFrom({ length: labels.length + 1 }, (_, i) =>
    i < labels.length ? labels[i] : label,
  );
  return bare({ modifiedExtensions: bare({ security: bare({ labels: list }) }) });
};
const denial = () =>
  deny({ code: "no", reason: " not\nhere ", description: "d", details: { why: "because" } });

const adding =
  (label: string): Run =>
  (_payload, _context, extensions) =>
    grown(label, extensions);
const addingLater =
  (label: string): Run =>
  async (_payload, _context, extensions) => {
    await undefined;
    return grown(label, extensions);
  };

const given = labelled("PII");

/** Plugins of every kind after one that may patch the realm. */
function scene(apply: (() => void) | undefined, guarded: boolean): Promise<Manager> {
  let patched = false;
  const guard: Run = async (_payload, _context, extensions) => {
    await undefined;
    return guarded && extensions.security.labels.length > 1 ? denial() : undefined;
  };
  return manage([
    plugin("patches", (_p, _c) => {
      // Only once: the next run uses what the patch left behind.
      if (!patched) apply?.();
      patched = true;
    }),
    plugin("adds", adding("added")),
    plugin("adds-later", addingLater("added-later")),
    plugin("takes-away", (_p, _c) => bare({ modifiedExtensions: { security: { labels: [] } } }), {
      onError: "ignore",
    }),
    plugin("forges", (_p, _c) => bare({ modifiedExtensions: { request: { request_id: "x" } } })),
    plugin("renames", (_p, _c) => bare({ modifiedPayload: { name: "sub", args: { a: 1 } } })),
    plugin(
      "notes",
      (_p, context) => {
        const { state } = context;
        return bare({ metadata: bare({ noted: context.state === state }) });
      },
      { mode: "audit", onError: "ignore" },
    ),
    plugin("beside", adding("beside"), { mode: "concurrent" }),
    plugin("beside-later", addingLater("beside-later"), { mode: "concurrent" }),
    plugin("guard", guard, { mode: "concurrent", extensions: true }),
    plugin("behind", (_p, _c) => undefined, { mode: "fire_and_forget" }),
  ]);
}

/**
 * A run in which a plugin patches the realm, one in the patched realm, the end of background work
 * and of the manager, and a run after the realm is restored.
 */
export async function play(
  apply: (() => void) | undefined,
  restore: () => void,
  guarded: boolean,
): Promise<string> {
  const manager = await scene(apply, guarded);
  const other = await scene(undefined, guarded);
  const first = await manager.invoke(hook, call, { extensions: given, request: "r-1" });
  const second = await manager.invoke(hook, call, { extensions: given });
  const { request } = second.context;
  const report = await manager.close();
  restore();
  const third = await other.invoke(hook, call, { extensions: given, request: "r-3" });
  await other.close();
  const isId = /^req-[0-9a-z]+-[0-9a-z]+-[0-9a-z]+$/.test(request);
  return [first, second, third].map(bytesOf).join(" ") + JSON.stringify({ report, isId });
}
