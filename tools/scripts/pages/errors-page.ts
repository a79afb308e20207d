/** docs/errors.md: every error code, and the codes for each case name of the design. */
import { gatewayCodes, isolationCodes, trustCodes } from "../../../src/core/errors/codes.ts";
import { type ErrorCodeSpec, errorCodes, refusalCodes } from "../../../src/core/errors/index.ts";
import { threatCases } from "../data/threat-cases.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";

const intro = `# Errors

Every error of this library is a \`GlassineError\` with a stable \`code\`; \`isGlassineError(value)\` recognizes one.
\`data\` holds the facts behind the message.
Neither contains values of slots, only names and types.

A wrong call or definition throws its error.
In a run, the failure of a plugin is listed in the result's \`errors\`, and if the run was stopped, the violation has the code; a change that was ignored is listed in \`rejections\`.
With \`strict\`, such a change to the extensions refuses the whole result; \`mergeExtensions\` then throws a \`TierViolationError\`.
Nothing of a refused result is applied, and the plugin's \`onError\` decides what follows.

The code of a _violation_ in a result need not be one of these: \`deny\` takes any code, and a plugin can choose one that looks like a failure listed here.
[lifecycle.md](lifecycle.md#who-denied) explains how to find out which.

\`\`\`ts
import { createExtensions, isGlassineError } from "glassine";

try {
  createExtensions({ secruity: {} } as never);
} catch (error) {
  if (isGlassineError(error)) console.log(error.code); // slot_unknown
}
\`\`\``;

const ofOtherGroups = { ...refusalCodes, ...trustCodes, ...gatewayCodes, ...isolationCodes };
const general = Object.fromEntries(
  Object.entries(errorCodes).filter(([name]) => !Object.hasOwn(ofOtherGroups, name)),
);

/** The codes of each group, in the order of `errorCodes`. */
const groups: readonly (readonly [heading: string, codes: Codes])[] = [
  ["Values that are refused", refusalCodes],
  ["Envelopes, plugins and runs", general],
  ["Installed packages and trust", trustCodes],
  ["Configuration of the gateway", gatewayCodes],
  ["Isolated plugins", isolationCodes],
];
type Codes = Readonly<Record<string, ErrorCodeSpec>>;

const cases = `## Case names of the design

The design of this library names error cases \`E_…\`.
The library itself does not use these names; this table lists the code for each.`;

export function errorsPage(): string {
  const caseRows = threatCases.map(({ name, codes: known, note }) => [
    code(name),
    known === undefined ? "none" : either(known),
    note ?? "",
  ]);
  return page([
    generatedFrom("src/core/errors/*codes.ts and tools/scripts/data/threat-cases.ts"),
    intro,
    ...groups.flatMap(([heading, codes]) => [
      `## ${heading}`,
      ...Object.entries(codes).map(([name, spec]) => section(name, spec)),
    ]),
    cases,
    table(["Case", "Code", "Remark"], caseRows),
  ]);
}

function section(name: string, { means, todo }: ErrorCodeSpec): string {
  return `### ${name}\n\n${means}\nWhat to do: ${todo}`;
}
