/** Forged results: other plugins' views, and values that start something else. */
import { amend, createExtensions, filterExtensions, mergeExtensions, type View } from "glassine";
import { expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import { type Capability, plugin, type Run, runOnce, tagger } from "../dispatch/support.ts";
import { attack } from "./attack.ts";
import { contextified } from "./contextified.ts";
import { everything, extensions, hop } from "./forged.ts";
import { expectIgnored, expectRefused } from "./proposal.ts";

const merge = (returned: unknown) => mergeExtensions(extensions, returned, everything);

attack(
  "A-046",
  "A genuine view of another plugin or an earlier request, replayed as the plugin's own",
  "compared with the plugin's own view: immutable parts are ignored, missing labels are refused with `tier_monotonic`",
  () => {
    const older = createExtensions({ request: { request_id: "old" }, security: { labels: ["x"] } });
    const oldView = (capabilities: readonly Capability[]) => filterExtensions(older, capabilities);

    it("of an earlier request without the labels of this one", () =>
      expectRefused(
        { extensions, returned: oldView(everything), capabilities: everything },
        "tier_monotonic",
        "security.labels",
      ));

    it("kept from one run and returned in the next", async () => {
      const kept: View<Capability>[] = [];
      const keeps: Run = (_p, _c, view) => void kept.push(view);
      await runOnce([plugin("keeps", keeps, { capabilities: everything })], { extensions: older });
      const replays = plugin("replays", (_p, _c) => ({ modifiedExtensions: kept[0] }));
      const result = await runOnce([tagger("before"), replays], { extensions });
      expect(result.violation).toMatchObject({ plugin: "replays", code: "tier_monotonic" });
      expect(result.extensions.security?.labels).toEqual(["PII", "before"]);
      expect(result.extensions.request?.request_id).toBe("r-1");
    });

    it("of an earlier request with more labels adds them, and nothing else", () => {
      const more = createExtensions({ ...extensions, request: { request_id: "old" } } as never);
      const returned = filterExtensions(more, everything);
      const merged = mergeExtensions(extensions, returned, everything);
      expect(merged.extensions).toBe(extensions);
      expect(merged.rejections).toMatchObject([{ path: "request", code: "tier_immutable" }]);
    });
  },
);

attack(
  "A-047",
  "The whole envelope, obtained from an accomplice, returned by a plugin that may not write it",
  "ignored slot by slot and reported: `capability_missing` and `tier_immutable`",
  () => {
    const changed = createExtensions({
      request: { request_id: "forged" },
      agent: { turn: 9 },
      security: { labels: ["PII", "forged"], subject: { id: "admin", type: "user" } },
      delegation: { chain: [hop, hop] },
      http: { headers: { "x-a": "forged" } },
      custom: extensions.custom,
    } as never);
    const rejections = [
      ["request", "tier_immutable"],
      ["agent", "tier_immutable"],
      ["http", "capability_missing"],
      ["security.labels", "capability_missing"],
      ["security.subject", "tier_immutable"],
      ["delegation", "capability_missing"],
    ] as const;

    it("as the host's own object", () =>
      expectIgnored({ extensions, returned: changed, capabilities: [] }, rejections));

    it("as the view of an accomplice", () => {
      const returned = filterExtensions(changed, everything);
      return expectIgnored({ extensions, returned, capabilities: [] }, rejections);
    });

    it("as the very envelope of the run, from an accomplice that reads everything", async () => {
      let leaked: unknown;
      const spy: Run = (_p, _c, view) => {
        leaked = view;
      };
      const result = await runOnce(
        [
          plugin("spies", spy, { capabilities: everything }),
          plugin("returns", (_p, _c) => ({ modifiedExtensions: leaked }), { capabilities: [] }),
        ],
        { extensions },
      );
      expect(result.extensions).toBe(extensions);
      expect(new Set(result.rejections.map(({ plugin: who }) => who))).toEqual(
        new Set(["returns"]),
      );
    });
  },
);

attack(
  "A-048",
  "A value that starts another merge while it is read",
  "each merge has the same result as on its own",
  () => {
    const alone = mergeExtensions(extensions, { custom: { inner: [1, { a: 2 }] } }, []);
    it("through code that runs at each read", () => {
      const inner: unknown[] = [];
      const codes: string[] = [];
      const { value, keys } = contextified(() => {
        inner.push(mergeExtensions(extensions, { custom: { inner: [1, { a: 2 }] } }, []));
        codes.push(codeOf(() => merge({ security: { labels: [] } })));
        return "read";
      }, ["mine"]);
      inner.length = 0;
      const merged = merge({ custom: { outer: [{ value }] } });
      expect(merged.extensions.custom).toEqual({
        outer: [{ value: Object.fromEntries(keys.map((key) => [key, "read"])) }],
      });
      expect(inner.length).toBeGreaterThan(keys.length);
      for (const each of inner) expect(each).toEqual(alone);
      expect(new Set(codes)).toEqual(new Set(["tier_monotonic"]));
    });

    it("through an edit that merges in its recipe", () => {
      const edited = amend(filterExtensions(extensions, everything), (draft) => {
        expect(mergeExtensions(extensions, { custom: { inner: [1, { a: 2 }] } }, [])).toEqual(
          alone,
        );
        draft.custom.outer = 1;
      });
      expect(merge(edited).extensions.custom).toEqual({ ...extensions.custom, outer: 1 });
    });

    it("through a run that a handler starts during another", async () => {
      const { value } = contextified(
        (key) => {
          if (key === "mine") void runOnce([tagger("inner")], { extensions });
          return key;
        },
        ["mine"],
      );
      const forger: Run = (_p, _c) => ({ modifiedExtensions: { custom: { value } } });
      const result = await runOnce([tagger("before"), plugin("forger", forger)], { extensions });
      expect(result.violation).toBeUndefined();
      expect(result.extensions.security?.labels).toEqual(["PII", "before"]);
      expect(Object.keys(result.extensions.custom?.value ?? {})).toContain("mine");
    });
  },
);
