/** Label laundering. */
import {
  addLabels,
  amend,
  createExtensions,
  declassify,
  filterExtensions,
  hasLabel,
  mergeExtensions,
  withSlots,
} from "glassine";
import { expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import { adds, labelled, labelsOf, plugin, runOnce } from "../dispatch/support.ts";
import { attack } from "./attack.ts";
import { expectIgnored, expectRefused } from "./proposal.ts";

const extensions = createExtensions({
  security: {
    labels: ["EU", "PII", "\u00c9T\u00c9"],
    subject: { id: "u", type: "user", roles: ["clerk"] },
    classification: "secret",
    objects: { t: {} },
    data: { t: { denied_actions: ["send"] } },
  },
});
const shown = ["EU", "PII", "\u00c9T\u00c9"];
const capabilities = ["append_labels"] as const;
const security = (more: unknown) => ({ extensions, returned: { security: more }, capabilities });
const relabelled = (labels: unknown) => security({ labels });
const swapped = (label: string) => relabelled(["EU", label, "\u00c9T\u00c9"]);
const monotonic = ["tier_monotonic", "security.labels"] as const;
const view = filterExtensions(extensions, capabilities);

attack(
  "A-061",
  "Return the labels without one that was visible",
  "refused with `tier_monotonic`",
  () => {
    it.each(shown)("%s", (gone) =>
      expectRefused(relabelled(shown.filter((label) => label !== gone)), ...monotonic),
    );

    it("by an edit of the view, which succeeds, and is refused when returned", () => {
      const edited = amend(view, (draft) => {
        const security = draft.security as { labels: readonly string[] };
        security.labels = security.labels.slice(1);
      });
      return expectRefused({ extensions, returned: edited, capabilities }, ...monotonic);
    });

    it("by what only the host may do", () => {
      const word = { labels: ["PII"], reason: "none", authority: "me" };
      expect(codeOf(() => declassify(view as never, word))).toBe("declassify_refused");
      expect(codeOf(() => withSlots(view as never, { security: { labels: [] } }))).toBe(
        "edit_denied",
      );
    });
  },
);

attack(
  "A-062",
  "Replace all labels with the same number of others",
  "refused with `tier_monotonic`",
  () => {
    it("of the same number", () => expectRefused(relabelled(["a", "b", "c"]), ...monotonic));
    it("of a greater number", () => expectRefused(relabelled(["a", "b", "c", "d"]), ...monotonic));
  },
);

attack(
  "A-063",
  "Replace a label with a look-alike",
  "refused with `tier_monotonic`; with `label_invalid` if the look-alike is not a label",
  () => {
    it.each([
      ["in another case", "pii"],
      ["with a Cyrillic letter", "\u0420II"],
      ["with a Greek letter", "P\u0399I"],
      ["in full width", "\uff30\uff29\uff29"],
      ["with an accent", "P\u00cdI"],
    ])("%s", (_, label) => expectRefused(swapped(label), ...monotonic));

    it.each([
      ["a space before it", " PII"],
      ["a space after it", "PII "],
      ["a line feed", "PII\n"],
      ["NUL", "PII\0"],
      ["a zero-width space", "PII\u200b"],
      ["a byte order mark", "\ufeffPII"],
      ["a soft hyphen", "P\u00adII"],
      ["text that runs the other way", "\u202eIIP"],
      ["a no-break space", "PII\u00a0"],
      ["a variation selector", "PII\ufe0f"],
      ["an invisible letter", "PII\u3164"],
      ["a tag character", "PII\u{e0041}"],
    ])("with %s", (_, label) => expectRefused(swapped(label), "label_invalid", "security.labels"));

    it("decomposed", () =>
      expectRefused(
        relabelled(["EU", "PII", "\u00c9T\u00c9".normalize("NFD")]),
        "label_invalid",
        "security.labels",
      ));
  },
);

attack(
  "A-064",
  "Return no labels: an empty list, `undefined`, or a slot without them",
  "an empty list is refused with `tier_monotonic`; omitted labels stay as they are",
  () => {
    it("an empty list", () => expectRefused(relabelled([]), ...monotonic));

    it("an envelope created by the plugin", async () => {
      const made = createExtensions({ security: { labels: ["PII"] } });
      const word = { labels: ["PII"], reason: "mine", authority: "me" };
      for (const returned of [
        createExtensions({ security: {} }),
        declassify(made, word).extensions,
      ])
        await expectRefused({ extensions, returned, capabilities }, ...monotonic);
      await expectIgnored({ extensions, returned: createExtensions({}), capabilities }, []);
    });

    it.each([
      ["labels undefined", { security: { labels: undefined } }],
      ["security left out", {}],
      ["security undefined", { security: undefined }],
      ["security null", { security: null }],
      ["security empty", { security: {} }],
    ])("%s", (_, returned) => expectIgnored({ extensions, returned, capabilities }, []));
  },
);

attack(
  "A-065",
  "Have one plugin remove a label and a later one restore it",
  "the first is refused with `tier_monotonic`, and the label stays throughout",
  () => {
    it("with an error policy that lets the run continue", async () => {
      let between: unknown;
      const result = await runOnce(
        [
          plugin("takes", (_p, _c) => ({ modifiedExtensions: { security: { labels: [] } } }), {
            onError: "ignore",
          }),
          plugin("looks", (_p, _c, { security }) => {
            between = security.labels;
          }),
          plugin("gives", adds("PII")),
        ],
        { extensions: labelled("PII") },
      );
      expect(between).toEqual(["PII"]);
      expect(result.errors).toMatchObject([{ plugin: "takes", code: "tier_monotonic" }]);
      expect(labelsOf(result)).toEqual(["PII"]);
    });
  },
);

const denied = ["security.labels", "capability_missing"] as const;

attack(
  "A-066",
  "Return the empty list of labels, as seen without `read_labels`",
  "silently ignored; the labels stay",
  () => {
    it.each([
      ["alone", { labels: [] }],
      [
        "in a slot spread from the view",
        { ...filterExtensions(extensions, []).security, labels: [] },
      ],
    ])("%s", (_, returned) => expectIgnored({ ...security(returned), capabilities: [] }, []));
  },
);

attack(
  "A-067",
  "Add a label without `append_labels`",
  "ignored and reported as `capability_missing`",
  () => {
    it.each([
      ["without any capability", []],
      ["with the right to read them", ["read_labels"]],
      ["with every other right to write", ["read_labels", "write_headers", "append_delegation"]],
    ] as const)("%s", (_, granted) =>
      expectIgnored({ ...relabelled([...shown, "new"]), capabilities: granted }, [denied]),
    );

    it("by an edit of another plugin's view", () => {
      const lent = addLabels(view, "new");
      return expectIgnored({ extensions, returned: lent, capabilities: [] }, [denied]);
    });

    it("by the helper, which throws", () => {
      const blind = filterExtensions(extensions, ["read_labels"]);
      expect(codeOf(() => addLabels(blind as never, "new"))).toBe("edit_denied");
    });
  },
);

attack(
  "A-068",
  "Return a new `security` slot with another subject and no labels",
  "the labels stay; the subject is ignored and reported as `tier_immutable`",
  () => {
    it("with the right to add labels, and with the right to read the subject too", async () => {
      const fresh = security({ subject: { id: "root", type: "system", roles: ["admin"] } });
      const rejections = [["security.subject", "tier_immutable"]] as const;
      await expectIgnored(fresh, rejections);
      await expectIgnored({ ...fresh, capabilities: ["append_labels", "read_roles"] }, rejections);
    });
  },
);

attack(
  "A-069",
  "Lower the classification, or relax object and data policies",
  "ignored and reported as `tier_immutable`",
  () => {
    it.each([
      ["classification", "public"],
      ["classification", ""],
      ["objects", {}],
      ["objects", { t: { permissions: ["all"] } }],
      ["data", {}],
      ["data", { t: { denied_actions: [] } }],
      ["auth_method", "none"],
    ])("%s %o", (field, value) =>
      expectIgnored(security({ [field]: value }), [[`security.${field}`, "tier_immutable"]]),
    );

    it("with a label, of which only the label is accepted", () => {
      const returned = { security: { labels: [...shown, "a"], classification: "public" } };
      const merged = mergeExtensions(extensions, returned, capabilities).extensions;
      expect(merged.security).toEqual({
        ...extensions.security,
        labels: ["EU", "PII", "a", "\u00c9T\u00c9"],
      });
      expect(merged.security?.data).toBe(extensions.security?.data);
    });
  },
);

attack(
  "A-070",
  "Shadow the labels with `custom.labels` or `custom.security.labels`",
  "stored as plain data of `custom`; labels are never read from there",
  () => {
    it("neither merge, helpers nor views do", () => {
      const returned = { custom: { labels: ["a"], security: { labels: ["b"] } } };
      const merged = mergeExtensions(extensions, returned, capabilities).extensions;
      expect(merged.security).toBe(extensions.security);
      expect(merged.custom).toEqual(returned.custom);
      expect(["a", "b", "PII"].map((label) => hasLabel(merged, label))).toEqual([
        false,
        false,
        true,
      ]);
      const next = filterExtensions(merged, capabilities);
      expect(next.security.labels).toEqual(shown);
      expect(addLabels(next, "c").security.labels).toEqual(["EU", "PII", "c", "\u00c9T\u00c9"]);
    });
  },
);
