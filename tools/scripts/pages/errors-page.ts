/** docs/errors.md: every error code. */
import { gatewayCodes, isolationCodes, trustCodes } from "../../../src/core/errors/codes.ts";
import { type ErrorCodeSpec, errorCodes, refusalCodes } from "../../../src/core/errors/index.ts";
import { generatedFrom, page } from "./markdown.ts";

const intro = `# Errors

This page lists every error code of the library, and what to do about it.
The gateway's own refusals are in [gateway-reference.md](gateway-reference.md#codes-of-refusals), the reasons why an installed plugin is rejected in [commands.md](commands.md#why-a-plugin-is-rejected).

Every error is a \`GlassineError\` with a stable \`code\`; \`isGlassineError(value)\` recognizes one.
\`data\` holds the facts behind the message.
Neither contains values of slots, only names and types.

Where you meet a code depends on what failed:

- A wrong call or definition throws the error.
- If a plugin fails in a run, the result lists the failure in \`errors\`. If that stopped the run, \`violation.code\` is the code. Nothing of a refused result is applied, and the plugin's \`onError\` decides what follows.
- If a change was ignored, the result lists it in \`rejections\`. With \`strict\`, an ignored change to the extensions refuses the whole result, and \`mergeExtensions\` throws a \`TierViolationError\`.
- \`deny\` takes any code, so the code of a violation may be the plugin's own. [lifecycle.md](lifecycle.md#who-denied) says how to tell.

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

export function errorsPage(): string {
  return page([
    generatedFrom("src/core/errors/*codes.ts"),
    intro,
    ...groups.flatMap(([heading, codes]) => [
      `## ${heading}`,
      ...Object.entries(codes).map(([name, spec]) => section(name, spec)),
    ]),
  ]);
}

function section(name: string, { means, todo }: ErrorCodeSpec): string {
  return `### ${name}\n\n${means} **What to do:** ${todo}`;
}
