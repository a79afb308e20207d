/** Each change of trust is recorded in the audit trail once it is made. */
import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import type { AuditEvent } from "glassine/audit";
import { createCommand, revokePlugins, trustPlugins } from "glassine/node";
import { expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { entryOf, lockFolder, refusalOf, sha256 } from "./change-support.ts";

const pii = entryOf("acme.pii");
const rate = entryOf("acme.rate");

/** Records events, and the lock's text at the time of each event. */
function recorder(text: () => Promise<string>) {
  const events: AuditEvent[] = [];
  const seen: string[] = [];
  const sink = async (event: AuditEvent) => {
    events.push(event);
    seen.push(await text());
  };
  return { events, seen, audit: { sink } };
}

it("records each plugin in journal order once everything is written", async () => {
  verifies("journal:audited");
  const { path, text, lines } = await lockFolder();
  const { events, seen, audit } = recorder(text);
  const granted = await trustPlugins(path, [rate, pii], "reviewed, token=hunter2", { audit });
  const revoked = await revokePlugins(path, [rate.id], "leaks", { audit, command: "lock" });
  expect([granted.unaudited, revoked.unaudited]).toEqual([[], []]);
  const party = { actorUri: "system:plugin-registry", tenantId: "system", outcome: "success" };
  const reason = "reviewed, token=[REDACTED]";
  expect(events).toMatchObject(
    [
      { plugin_name: pii.id, action: "trust", version: "1.0.0", package_hash: pii.hash, reason },
      { plugin_name: rate.id, action: "trust", version: "1.0.0", package_hash: rate.hash, reason },
      {
        plugin_name: rate.id,
        action: "lock",
        version: null,
        package_hash: null,
        reason: "leaks",
      },
    ].map((metadata) => ({
      ...party,
      eventType: "plugin.trust_changed",
      targetUri: `plugin:${metadata.plugin_name}`,
      metadata,
    })),
  );
  expect((await lines()).map(({ id }) => id)).toEqual(events.map((e) => e.metadata.plugin_name));
  expect(seen.map((lock) => [lock.includes(pii.id), lock.includes(rate.id)])).toEqual([
    [true, true],
    [true, true],
    [true, false],
  ]);
});

it.each<[string, unknown, object]>([
  ["one entry without a list", pii, {}],
  ["an entry that is null", [pii, null], {}],
  ["an entry that is a string", [pii.id], {}],
  ["a time to wait that is no number", [pii], { waitMs: "100" }],
  ["a time to wait that never ends", [pii], { waitMs: Number.NaN }],
  ["an actor that is no name", [pii], { actor: 7 }],
])("is refused before anything is changed: %s", async (_, plugins, options) => {
  verifies("journal:all-or-nothing");
  const { path, names } = await lockFolder();
  const { code } = await refusalOf(() => trustPlugins(path, plugins as [], "why", options));
  expect([code, await names()]).toEqual(["options_invalid", []]);
});

it.each([null, undefined, pii])("does not take %j for an id to revoke", async (id) => {
  const { path, text } = await lockFolder("version = 1\n");
  const refused = await refusalOf(() => revokePlugins(path, [id as never], "why"));
  const message = "revokePlugins expects an array of strings.";
  expect(refused).toMatchObject({ code: "options_invalid", message });
  expect(await text()).toBe("version = 1\n");
});

it("records nothing when the change fails", async () => {
  verifies("journal:audited");
  const { path, text, names } = await lockFolder();
  const { events, audit } = recorder(text);
  await refusalOf(() => trustPlugins(path, [pii, pii], "twice", { audit }));
  await refusalOf(() => trustPlugins(path, [pii], " ", { audit }));
  await refusalOf(() => revokePlugins(path, [pii.id], "not there", { audit }));
  for (const misspelled of [{ audit: { snik: () => {} } as object }, { audti: audit }]) {
    const { code } = await refusalOf(() => trustPlugins(path, [pii], "why", misspelled));
    expect([code, events, await names()]).toEqual(["options_invalid", [], []]);
  }
  const url = pathToFileURL(path) as unknown as string;
  for (const change of [
    () => trustPlugins(url, [pii], "why"),
    () => revokePlugins(url, [pii.id], "why"),
  ])
    expect((await refusalOf(change)).message).toContain("Pass fileURLToPath(url).");
});

it("keeps the change and warns when the audit trail rejects a record", async () => {
  verifies("journal:audited");
  const { path, lines } = await lockFolder();
  const sink = ({ metadata }: AuditEvent) => {
    if (metadata.plugin_name === pii.id) throw new Error("full");
  };
  const done = await trustPlugins(path, [pii, rate], "both", { audit: { sink } });
  expect([done.unaudited, done.warnings]).toEqual([
    [pii.id],
    [`the audit trail did not accept the record for ${pii.id}; the change was made and journaled`],
  ]);
  const strict = { audit: { sink, strict: true } };
  const refused = await refusalOf(() => revokePlugins(path, [pii.id], "again", strict));
  expect(refused).toMatchObject({ code: "audit_failed", data: { ids: [pii.id] } });
  expect((await lines()).map(({ id, action }) => `${action} ${id}`)).toEqual([
    `trust ${pii.id}`,
    `trust ${rate.id}`,
    `revoke ${pii.id}`,
  ]);
});

it("does not record a change that another process left unrecorded", async () => {
  verifies("journal:completed-unaudited");
  const { path, text, journalText, lines, pending } = await lockFolder();
  await trustPlugins(path, [pii], "before");
  const [before] = (await journalText()).split("\n");
  const line = before?.replace("\tbefore\t", "\tuntold\t") ?? "";
  const record = { version: 1, old: "0".repeat(64), new: sha256(await text()), journal: 0 };
  await writeFile(pending, JSON.stringify({ ...record, lines: [line] }));
  const { events, audit } = recorder(text);
  const { recovered } = await trustPlugins(path, [rate], "next", { audit });
  expect(recovered).toBe("applied");
  expect((await lines()).map(({ reason }) => reason)).toEqual(["before", "untold", "next"]);
  expect(events.map(({ metadata }) => metadata.plugin_name)).toEqual([rate.id]);
});

it("a command rejects invalid audit options", () => {
  expect(() => createCommand({ bin: "a", audit: { sink: 1 } as object })).toThrow("sink");
});

it("says under strict, too, what became of an unfinished change", async () => {
  verifies("journal:audited", "journal:unfinished-reported");
  const { path } = await lockFolder();
  await trustPlugins(path, [pii], "reviewed");
  await writeFile(`${path}.pending`, "{}");
  const audit = { sink: () => Promise.reject(new Error("full")), strict: true };
  const { code, message } = await refusalOf(() => revokePlugins(path, [pii.id], "why", { audit }));
  expect([code, message]).toEqual([
    "audit_failed",
    expect.stringMatching(
      /made and journaled\. .* does not match an unfinished change\. The record .* is kept as /,
    ),
  ]);
});
