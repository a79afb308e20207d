/** The description of a capability, compared with what the filter and merge tables allow it. */
import { describePermissions, standardTables } from "glassine/node";
import { expect, it } from "vitest";
import { compileSlots, standardSlots } from "../../../src/core/slots/index.ts";

const wordsOf = (capabilities: readonly string[]) =>
  describePermissions(standardTables, { capabilities, hooks: [] });

it("describes what the filter shows and the merge accepts", () => {
  const { nodes, capabilities } = compileSlots(standardSlots);
  const tell = (words: readonly string[], slot: string) =>
    words.some((text) => new RegExp(`(?:Sees|Changes|in|of) ${slot}[:.,]`).test(text));
  for (const name of capabilities.names) {
    const bit = capabilities.bits([name]);
    const { sees, changes } = wordsOf([name]);
    for (const slot of nodes) {
      const isOpened =
        (slot.open & bit) !== 0 || slot.fields.some(({ open }) => (open & bit) !== 0);
      expect([name, slot.key, tell(sees, slot.key)]).toEqual([name, slot.key, isOpened]);
      const isWritten =
        (slot.write & bit) !== 0 || slot.fields.some(({ write }) => (write & bit) !== 0);
      expect([name, slot.key, tell(changes, slot.key)]).toEqual([name, slot.key, isWritten]);
    }
  }
});
