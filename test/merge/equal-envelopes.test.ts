/** Equal envelopes merge in the same way, however many defaults they spell out. */
import * as fc from "fast-check";
import {
  addLabels,
  amend,
  createExtensions,
  createPluginManager,
  definePlugin,
  filterExtensions,
  mergeExtensions,
  resolveCapabilities,
  withSlots,
} from "glassine";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

const grant = ["append_labels", "append_delegation", "read_roles", "read_claims"] as const;
const timestamp = "2026-11-20T10:00:00Z";

/** Returns the same document with or without its empty containers. */
const written = (out: boolean) => {
  const empty = (key: string, value: object) => (out ? { [key]: value } : {});
  return {
    security: {
      ...empty("labels", []),
      objects: { file: { ...empty("permissions", []), ...empty("data_scope", []) } },
      data: { file: { ...empty("apply_labels", []), ...empty("denied_actions", []) } },
      subject: { id: "ada", type: "user" as const, ...empty("roles", []), ...empty("claims", {}) },
    },
    delegation: {
      chain: [
        { subject_id: "ada", subject_type: "user", timestamp, ...empty("scopes_granted", []) },
      ],
    },
    mcp: { tool: { name: "add", ...empty("annotations", {}) } },
    meta: { ...empty("tags", []), ...empty("properties", {}) },
  };
};

describe("an explicit empty container", () => {
  it("is the same to a merge as its absence", () => {
    verifies("envelope:empty-default");
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.boolean(), (inEnvelope, inProposal, adds) => {
        const envelope = createExtensions(written(inEnvelope));
        const proposal = written(inProposal);
        const returned = adds
          ? { ...proposal, security: { ...proposal.security, labels: ["PII"] } }
          : proposal;
        const { extensions, rejections } = mergeExtensions(envelope, returned, grant, {
          strict: true,
        });
        expect(rejections).toEqual([]);
        if (adds) expect(extensions?.security?.labels).toEqual(["PII"]);
        else expect(extensions).toBe(envelope);
      }),
    );
  });

  it("still counts as shrinking what is not empty", () => {
    const envelope = createExtensions({
      delegation: {
        chain: [{ subject_id: "ada", subject_type: "user", timestamp, scopes_granted: ["read"] }],
      },
    });
    const returned = {
      delegation: {
        chain: [{ subject_id: "ada", subject_type: "user", timestamp, scopes_granted: [] }],
      },
    };
    expect(() => mergeExtensions(envelope, returned, grant)).toThrow("may only grow");
  });

  it("left out of a payload modifies nothing", async () => {
    const call = { tool_call_id: "1", name: "add", arguments: {} };
    const { arguments: _none, ...bare } = call;
    const part = (content: object) => ({ content_type: "tool_call", content }) as never;
    const plugin = definePlugin({
      name: "echo",
      version: "1.0.0",
      hooks: {
        "cmf.tool_pre_invoke": (message) => ({
          modifiedPayload: { ...message, content: [part(bare)] },
        }),
      },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const message = createMessage({ role: "assistant", content: [part(call)] });
    const result = await manager.invoke("cmf.tool_pre_invoke", message);
    expect(result.executions[0]).toMatchObject({ payloadModified: false });
    expect(result.payload).toBe(message);
  });
});

describe("a chain that the host passes", () => {
  const hop = (subject_id: string) => ({ subject_id, subject_type: "user", timestamp });
  const chain = [hop("ada"), hop("bot")];
  const derived = {
    depth: 2,
    delegated: true,
    origin_subject_id: "ada",
    actor_subject_id: "bot",
  };

  it("has its derived fields computed", () => {
    verifies("envelope:derived");
    expect(createExtensions({ delegation: { chain } }).delegation).toMatchObject(derived);
    const none = createExtensions({ security: {} });
    expect(withSlots(none, { delegation: { chain } }).delegation).toMatchObject(derived);
    expect(createExtensions({ delegation: { chain: [] } }).delegation).toMatchObject({
      depth: 0,
      delegated: false,
    });
  });

  it("has them computed again if the host adds to it", () => {
    verifies("envelope:derived");
    const [first, second] = chain as [(typeof chain)[0], (typeof chain)[0]];
    for (const hops of [[], [first]]) {
      const before = createExtensions({ delegation: { chain: hops } });
      const amended = amend(before, (draft) => {
        draft.delegation?.chain.push(...(chain.slice(hops.length) as never[]));
      });
      expect(amended.delegation).toMatchObject(derived);
      const replaced = withSlots(before, { delegation: { ...before.delegation, chain } });
      expect(replaced.delegation).toMatchObject(derived);
    }
    const bare = amend(createExtensions({}), (draft) => {
      draft.delegation?.chain.push(first as never, second as never);
    });
    expect(bare.delegation).toMatchObject(derived);
    const older = amend(bare, (draft) => {
      if (draft.delegation) Object.assign(draft.delegation, { age_seconds: 9 });
    });
    expect(older.delegation).toMatchObject({ ...derived, age_seconds: 9 });
  });

  it("keeps derived fields that the host sets", () => {
    const said = { chain, origin_subject_id: "root", depth: 5 };
    expect(createExtensions({ delegation: said }).delegation).toMatchObject({
      ...derived,
      ...said,
    });
  });
});

describe("an array with an iterator of its own", () => {
  it("is not accepted as capabilities, nor as a list in a result", () => {
    const names = ["read_labels"] as "read_labels"[];
    const odd = Object.assign([...names], {
      *[Symbol.iterator]() {
        yield "read_subject";
      },
    });
    expect(() => resolveCapabilities(odd as never)).toThrow("a plain array of names");
    const envelope = createExtensions({});
    const labels = Object.assign(["PII"], { [Symbol.iterator]: [][Symbol.iterator] });
    expect(() => mergeExtensions(envelope, { security: { labels } }, grant)).toThrow();
    expect(addLabels(filterExtensions(envelope, grant), "PII").security.labels).toEqual(["PII"]);
  });
});
