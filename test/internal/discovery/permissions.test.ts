/** The description of a capability, compared with what the filter shows and the merge accepts. */
import { createExtensions, filterExtensions } from "glassine";
import { describePermissions, standardTables } from "glassine/node";
import { expect, it } from "vitest";
import { compileSlots, standardSlots } from "../../../src/core/slots/index.ts";
import { everything } from "../../spec/support.ts";

const wordsOf = (capabilities: readonly string[]) =>
  describePermissions(standardTables, { capabilities, hooks: [] });

it("describes what the filter shows and the merge accepts", () => {
  const { nodes, capabilities } = compileSlots(standardSlots);
  const tell = (words: readonly string[], slot: string) =>
    words.some((text) => new RegExp(`(?:Sees|Changes|to) ${slot}[:.,]`).test(text));
  const extensions = createExtensions(everything as never);
  const shownIn = (names: readonly string[], slot: string) =>
    JSON.stringify(filterExtensions(extensions, names as never)[slot as "request"]);
  for (const name of capabilities.names) {
    const bit = capabilities.bits([name]);
    const { sees, changes } = wordsOf([name]);
    for (const { key, write, fields } of nodes) {
      const isOpened = shownIn([name], key) !== shownIn([], key);
      expect([name, key, tell(sees, key)]).toEqual([name, key, isOpened]);
      const isWritten = (write & bit) !== 0 || fields.some((field) => (field.write & bit) !== 0);
      expect([name, key, tell(changes, key)]).toEqual([name, key, isWritten]);
    }
  }
});
