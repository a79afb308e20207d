/** What a plugin may do, in words made from the tables of its host. */
import {
  appendHop,
  type Capability,
  capabilities,
  createExtensions,
  filterExtensions,
  type Mode,
  mergeExtensions,
} from "glassine";
import { defineServices, defineSlots } from "glassine/host";
import { memoryNodeHooks, memoryNodeServices } from "glassine/memory-node";
import {
  describePermissions,
  highImpact,
  type PermissionTables,
  standardTables,
} from "glassine/node";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { everything } from "../spec/support.ts";

const memoryNode: PermissionTables = {
  slots: standardTables.slots,
  services: memoryNodeServices,
  hooks: memoryNodeHooks,
};
const slotCapabilities = Object.keys(capabilities);
const allCapabilities = [...slotCapabilities, ...Object.keys(memoryNodeServices)];
const wordsOf = (capabilities: readonly string[], tables = memoryNode) =>
  describePermissions(tables, { capabilities, hooks: [] });
const nothing = {
  sees: [],
  changes: [],
  uses: [],
  runsOn: [],
  unknown: [],
};

describe("what every plugin may do", () => {
  it("is described even for a plugin that asks for nothing", () => {
    const { hidden, ...words } = wordsOf([]);
    expect(hidden).toContain("security.labels");
    expect(words).toEqual({
      ...nothing,
      always: [
        "Sees request, security, mcp, completion, provenance, llm, framework, meta and custom, as every plugin does; of security only what takes no capability.",
        "May change custom, as every plugin may.",
      ],
    });
  });
});

describe("what is hidden", () => {
  it("is every gated slot and field without a capability, and nothing with all of them", () => {
    expect(wordsOf([]).hidden).toEqual([
      "agent",
      "http",
      "security.labels",
      "security.subject",
      "security.client",
      "security.caller_workload",
      "security.this_workload",
      "delegation",
    ]);
    expect(wordsOf(allCapabilities).hidden).toEqual([]);
  });

  it("is a field of what is opened, and never both seen and hidden", () => {
    expect(wordsOf(["read_subject"]).hidden).toContain("security.subject.roles");
    expect(wordsOf(["read_subject"]).hidden).not.toContain("security.subject");
    for (const capability of slotCapabilities) {
      const { sees, hidden } = wordsOf([capability]);
      for (const place of hidden)
        expect(sees.some((text) => text.startsWith(`Sees ${place}`))).toBe(false);
    }
  });
});

describe("what a capability of a slot opens", () => {
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ["read_agent", ["Sees agent: The agent that runs, its session and its conversation."], []],
    ["read_headers", ["Sees http: Headers, and what else is known of the HTTP request."], []],
    [
      "write_headers",
      ["Sees http: Headers, and what else is known of the HTTP request."],
      ["Changes http, but not its method, path, host and scheme."],
    ],
    ["read_labels", ["Sees security.labels."], []],
    ["append_labels", ["Sees security.labels."], ["Adds to security.labels."]],
    [
      "read_subject",
      ["Sees security.subject, without its roles, teams, claims and permissions."],
      [],
    ],
    [
      "read_roles",
      ["Sees security.subject, with its roles, without its teams, claims and permissions."],
      [],
    ],
    ["read_client", ["Sees security.client."], []],
    ["read_workload", ["Sees security.caller_workload.", "Sees security.this_workload."], []],
    [
      "append_delegation",
      ["Sees delegation: On whose behalf the call is made: a chain of hops."],
      ["Adds to delegation.chain."],
    ],
  ])("%s", (name, sees, changes) => {
    expect(wordsOf([name])).toMatchObject({ ...nothing, sees, changes });
  });

  it("is described once if several capabilities open the same part", () => {
    const { sees } = wordsOf(["read_roles", "read_claims", "read_roles", "read_subject"]);
    expect(sees).toEqual([
      "Sees security.subject, with its roles and claims, without its teams and permissions.",
    ]);
    const all = wordsOf(slotCapabilities).sees;
    expect(new Set(all).size).toBe(all.length);
    expect(all).toContain("Sees security.subject, with its roles, teams, claims and permissions.");
  });
});

describe("what a capability of a service opens", () => {
  it("is the host's description, with its review advice", () => {
    expect(wordsOf(["network.outbound", "facts.read"])).toMatchObject({
      ...nothing,
      uses: [
        "Uses facts.read: Reads facts. Before it is granted: Which scopes will it see?",
        "Uses network.outbound: Talks to other machines. Before it is granted: High. Data can leave through it.",
      ],
    });
  });

  it("is described without review advice if the host has none", () => {
    const services = defineServices({
      "clock.read": { accessor: "getClock", handle: "clock", description: "Tells the time." },
    });
    expect(wordsOf(["clock.read"], { ...memoryNode, services }).uses).toEqual([
      "Uses clock.read: Tells the time.",
    ]);
  });
});

describe("every capability of the memory node", () => {
  it.each(allCapabilities)("has its own description: %s", (name) => {
    const { sees, changes, uses, unknown } = wordsOf([name]);
    expect(unknown).toEqual([]);
    const words = [...sees, ...changes, ...uses];
    expect(words).not.toEqual([]);
    for (const sentence of words)
      expect(sentence).toMatch(/^(?:Sees|Changes|Adds to|Uses) .*[.?]$/);
    const others = wordsOf(allCapabilities.filter((other) => other !== name));
    expect([others.sees, others.changes, others.uses]).not.toEqual([
      wordsOf(allCapabilities).sees,
      wordsOf(allCapabilities).changes,
      [],
    ]);
  });
});

describe("a custom host", () => {
  const slots = defineSlots({
    ledger: {
      tier: "immutable",
      read: "everyone",
      description: "What was paid.",
      schema: z.object({ notes: z.string().optional(), open: z.string().optional() }),
      fields: {
        notes: { tier: "mutable", read: "read_notes", write: "write_notes" },
        open: { tier: "mutable", write: "everyone" },
      },
    },
    hidden: {
      tier: "immutable",
      description: "What no plugin sees.",
      schema: z.object({ note: z.string().optional() }),
    },
  });

  it("has descriptions for what it declares", () => {
    const tables = { ...standardTables, slots };
    expect(describePermissions(tables, { capabilities: ["write_notes"], hooks: [] })).toEqual({
      ...nothing,
      hidden: [],
      always: [
        "Sees ledger, as every plugin does; of ledger only what takes no capability.",
        "May change ledger.open, as every plugin may.",
      ],
      sees: ["Sees ledger.notes."],
      changes: ["Changes ledger.notes."],
    });
  });

  it("is refused if it cannot be one", () => {
    const { ledger } = slots;
    const tables = { ...standardTables, slots: { ledger: { ...ledger, write: "write_ledger" } } };
    expect(() => wordsOf([], tables)).toThrow("is immutable, so it cannot have a write capability");
  });

  it("may have no slots at all", () => {
    expect(wordsOf([], { ...standardTables, slots: {} })).toEqual({
      ...nothing,
      hidden: [],
      always: [],
    });
  });
});

describe("hooks", () => {
  const runsOn = (hook: string, tables = memoryNode) =>
    describePermissions(tables, { capabilities: [], hooks: [hook] }).runsOn;

  it.each([
    ["pre_recall_authorize", /^Runs on pre_recall_authorize: .* It sees the facts and may deny\.$/],
    ["recall_filter", / It sees the value and may change it\.$/],
    ["recall_rank", / It sees the results and may change their scores\.$/],
    ["post_recall_audit", / It is notified, and changes nothing\.$/],
  ])("%s", (hook, words) => {
    expect(runsOn(hook)).toEqual([expect.stringMatching(words)]);
  });

  it("on messages say which parts of the payload may change", () => {
    expect(runsOn("cmf.tool_pre_invoke", standardTables)).toEqual([
      "Runs on cmf.tool_pre_invoke: A tool is about to be called. It sees the payload, may deny, and may change its content.",
    ]);
    const { "cmf.tool_pre_invoke": hook } = standardTables.hooks;
    const hooks = { sealed: { ...hook, writable: [] } } as never;
    expect(runsOn("sealed", { ...standardTables, hooks })).toEqual([
      "Runs on sealed: A tool is about to be called. It sees the payload and may deny.",
    ]);
  });

  it.each<[Mode, string]>([
    ["sequential", "It sees the payload, may deny, and may change its content."],
    [
      "transform",
      "It sees the payload and may change its content. In its mode, transform, it denies nothing.",
    ],
    [
      "concurrent",
      "It sees the payload and may deny. In its mode, concurrent, it changes no payload.",
    ],
    ["audit", "It sees the payload. In its mode, audit, it denies and changes nothing."],
    [
      "fire_and_forget",
      "It sees the payload. In its mode, fire_and_forget, it denies and changes nothing.",
    ],
    ["disabled", "It is disabled, and never called."],
  ])("on messages say what the mode %s lets it do", (mode, words) => {
    const hooks = ["cmf.tool_pre_invoke"];
    const modes = { "cmf.tool_pre_invoke": mode };
    const { runsOn: said } = describePermissions(standardTables, {
      capabilities: [],
      hooks,
      modes,
    });
    expect(said).toEqual([`Runs on cmf.tool_pre_invoke: A tool is about to be called. ${words}`]);
  });

  it("all have descriptions, in order and once", () => {
    const names = Object.keys(memoryNodeHooks);
    const all = describePermissions(memoryNode, { capabilities: [], hooks: [...names, ...names] });
    expect(all.runsOn.length).toBe(22);
    expect(all.runsOn).toEqual([...all.runsOn].sort());
  });
});

describe("names that the host does not know", () => {
  it("are reported on one line and grant nothing", () => {
    const words = describePermissions(standardTables, {
      capabilities: ["facts.write", "__proto__", "constructor", "a\nb\u001b[2J"],
      hooks: ["toString", "nope"],
    });
    expect(words).toMatchObject({
      ...nothing,
      unknown: [
        'Asks for "__proto__", which is not a capability of this host.',
        String.raw`Asks for "a\u{a}b\u{1b}[2J", which is not a capability of this host.`,
        'Asks for "constructor", which is not a capability of this host.',
        'Asks for "facts.write", which is not a capability of this host.',
        'Asks for "nope", which is not a hook of this host.',
        'Asks for "toString", which is not a hook of this host.',
      ],
    });
  });
});

describe("capabilities of high impact", () => {
  const seven = [
    "audit.read",
    "facts.write",
    "federation.write",
    "identity.read",
    "network.outbound",
    "recall.write",
    "tenant.write",
  ];

  it("include seven services of the memory node, on any host", () => {
    const services = Object.keys(memoryNodeServices);
    expect(highImpact(memoryNode, services)).toEqual(seven);
    expect(highImpact(standardTables, services)).toEqual(seven);
  });

  it("include those that write slots or open credentials", () => {
    expect(highImpact(memoryNode, slotCapabilities)).toEqual([
      "append_delegation",
      "append_labels",
      "read_claims",
      "read_client",
      "read_headers",
      "write_headers",
    ]);
  });

  it("include services that their host marks", () => {
    const service = (review: string | undefined, at: number) => ({
      accessor: `getIt${at}`,
      handle: `it${at}`,
      description: "Does it.",
      ...(review === undefined ? {} : { review }),
    });
    const reviews = [
      "high: hands out secrets",
      "Sensitive.",
      "Highly unlikely",
      "Not high",
      undefined,
    ];
    const services = Object.fromEntries(
      reviews.map((each, at) => [`it.n${at}`, service(each, at)]),
    );
    expect(highImpact({ ...standardTables, services }, Object.keys(services))).toEqual([
      "it.n0",
      "it.n1",
    ]);
  });

  it("exclude unknown ones and duplicates", () => {
    expect(
      highImpact(memoryNode, ["__proto__", "toString", "x", "facts.write", "facts.write"]),
    ).toEqual(["facts.write"]);
  });
});

it("is what the filter shows and the merge accepts", () => {
  const extensions = createExtensions(everything as never);
  const tell = (words: readonly string[], slot: string) =>
    words.some((text) => new RegExp(`(?:Sees|Changes|to) ${slot}[:.,]`).test(text));
  const shownIn = (names: readonly Capability[], slot: string) =>
    JSON.stringify(filterExtensions(extensions, names)[slot as "request"]);
  const hop = { subject_id: "later", subject_type: "user" } as const;
  const appended = appendHop(filterExtensions(extensions, ["append_delegation"]), hop);
  const proposals: Record<string, object> = {
    http: { headers: { "x-later": "1" } },
    security: { labels: [...(extensions.security?.labels ?? []), "LATER"] },
    delegation: { chain: appended.delegation?.chain },
  };
  const isWritten = (name: Capability, slot: string) => {
    const proposal = proposals[slot];
    if (proposal === undefined) return false;
    const changed = mergeExtensions(extensions, { [slot]: proposal } as never, [name]).extensions;
    return changed !== extensions;
  };
  for (const name of slotCapabilities as readonly Capability[]) {
    const { sees, changes } = wordsOf([name]);
    for (const slot of Object.keys(extensions)) {
      const isOpened = shownIn([name], slot) !== shownIn([], slot);
      expect([name, slot, tell(sees, slot)]).toEqual([name, slot, isOpened]);
      expect([name, slot, tell(changes, slot)]).toEqual([name, slot, isWritten(name, slot)]);
    }
  }
});
