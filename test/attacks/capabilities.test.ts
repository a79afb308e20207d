/** Capability and manifest escalation: capabilities at work. */
import { createPluginManager, filterExtensions, resolveCapabilities } from "glassine";
import { expect, it } from "vitest";
import { type FullView, manage, plugin, type Run, runOnce, tagger } from "../dispatch/support.ts";
import { define, problemsOf, withHandler } from "../plugins/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";
import { everything, extensions } from "./escalation.ts";

attack(
  "A-104",
  "Gain a capability through another one that implies it",
  "each implies its own read and the read of its parent, and nothing else",
  () => {
    const implied: Readonly<Record<string, readonly string[]>> = {
      append_delegation: ["read_delegation"],
      append_labels: ["read_labels"],
      read_agent: [],
      read_claims: ["read_subject"],
      read_client: [],
      read_delegation: [],
      read_headers: [],
      read_labels: [],
      read_permissions: ["read_subject"],
      read_roles: ["read_subject"],
      read_subject: [],
      read_teams: ["read_subject"],
      read_workload: [],
      write_headers: ["read_headers"],
    };

    it("for every capability", () => {
      const found = everything.map((name) => [name, resolveCapabilities([name])]);
      const stated = Object.entries(implied).map(([name, others]) => [
        name,
        [...others, name].sort(),
      ]);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(stated));
    });

    it("for every pair: the union of both", () => {
      for (const one of everything) {
        for (const other of everything) {
          const union = [one, ...(implied[one] ?? []), other, ...(implied[other] ?? [])];
          expect(resolveCapabilities([one, other])).toEqual([...new Set(union)].sort());
        }
      }
    });

    it("append_labels neither reads nor writes a header", async () => {
      const views: FullView[] = [];
      const writes: Run = (_p, _c, view) => {
        views.push(view);
        return { modifiedExtensions: { http: { headers: { "X-Own": "1" } } } };
      };
      const result = await runOnce([plugin("writes", writes)], { extensions });
      expect(views[0]?.http).toBeUndefined();
      expect(result.rejections).toMatchObject([{ path: "http", code: "capability_missing" }]);
      expect(result.extensions).toBe(extensions);
    });
  },
);

attack(
  "A-105",
  "Use more than the operator grants, or be granted more than was declared",
  "the intersection applies; a grant beyond the declaration is refused with `options_invalid`",
  () => {
    it("every capability, granted alone to a plugin that declares all", async () => {
      verifies("dispatch:grant-narrows");
      for (const granted of everything) {
        const seen: unknown[] = [];
        const looks: Run = (_p, context, view) => {
          seen.push(JSON.stringify(view), context.capabilities);
        };
        const wide = plugin("wide", looks, { capabilities: everything });
        await runOnce([{ plugin: wide, grant: [granted] }], { extensions });
        expect(seen).toEqual([
          JSON.stringify(filterExtensions(extensions, [granted])),
          resolveCapabilities([granted]),
        ]);
      }
    });

    it("every capability, granted to a plugin that declares none", async () => {
      for (const granted of everything) {
        const narrow = plugin("narrow", (_p, _c) => undefined, { capabilities: [] });
        await expect(manage([{ plugin: narrow, grant: [granted] }])).rejects.toMatchObject({
          code: "options_invalid",
        });
      }
    });
  },
);

attack(
  "A-106",
  "Declare a mode that does not exist, or a priority that beats all others",
  "refused with `manifest_invalid`, or `options_invalid` from the operator; ties keep the order of plugins",
  () => {
    const settings = [
      ...["parallel", "SEQUENTIAL", "__proto__", "toString", "", null, 1, ["audit"]].map(
        (mode) => ({
          mode,
        }),
      ),
      ...[
        Number.NEGATIVE_INFINITY,
        Number.NaN,
        Number.parseFloat("1e309"),
        2 ** 53,
        0.5,
        "0",
        "-1",
        null,
        [0],
        true,
        0n,
        { valueOf: () => -1 },
      ].map((priority) => ({ priority })),
    ];
    it.each(settings)("%o", async (setting) => {
      const handler = (payload: unknown) => void payload;
      const problems = problemsOf(withHandler({ handler, ...setting }));
      expect(problems).toHaveLength(1);
      expect(problems[0]?.message).toMatch(
        /^(mode|priority) must be .* \(hook 'tool_pre_invoke'\)$/,
      );
      const item = { plugin: define(withHandler({ handler })), ...setting };
      await expect(createPluginManager({ plugins: [item as never] })).rejects.toMatchObject({
        code: "options_invalid",
      });
    });

    it("plugins that share the lowest priority run in the order given", async () => {
      verifies("dispatch:ties", "dispatch:priority");
      const first = { priority: Number.MIN_SAFE_INTEGER };
      const plugins = [tagger("usual"), tagger("zzz", first), tagger("aaa", first)];
      const { executions } = await runOnce(plugins);
      expect(executions.map((each) => each.plugin)).toEqual(["zzz", "aaa", "usual"]);
    });
  },
);
