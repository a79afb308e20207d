/** docs/errors.md: every code, and the codes by the case names of the design. */
import { type ErrorCode, type ErrorCodeSpec, errorCodes } from "../../../src/core/errors/index.ts";
import { threatCases } from "../data/threat-cases.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";

const intro = `# Errors

Every error of this library is a \`GlassineError\` with a stable \`code\`; \`isGlassineError(value)\` tells one from other errors.
\`data\` holds the facts behind the message.
Neither holds values of slots: names and types only.

The code of a _violation_ in a result need not be one of these: \`deny\` takes any code, and a plugin can choose one that reads like a failure here.
[lifecycle.md](lifecycle.md#who-denied) explains how to find out which.

\`\`\`ts
import { createExtensions, isGlassineError } from "glassine";

try {
  createExtensions({ secruity: {} } as never);
} catch (error) {
  if (isGlassineError(error)) console.log(error.code); // slot_unknown
}
\`\`\``;

const kinds: Readonly<Record<ErrorCodeSpec["kind"], string>> = {
  refusal:
    "What a plugin handed back is not acceptable. Nothing of it is applied, and the plugin's `onError` decides what follows.",
  violation:
    "What a plugin handed back breaks a tier: nothing of it is applied, and the plugin's `onError` decides what follows. Or a result breaks a policy of the host and does not pass.",
  rejection:
    "One change was ignored and is listed in `rejections`. The rest of the result holds. With `strict`, one to the extensions refuses the result instead; `mergeExtensions` throws it as `TierViolationError`.",
  misuse: "A call or a definition is wrong. It is thrown where it happens.",
  failure:
    "A handler failed or was stopped: it is listed in `errors`, or is the violation's code. Or what the library relies on failed: it is a rejection.",
};

const cases = `## Case names of the design

The design of this library lists what can go wrong as cases with names of its own, \`E_…\`.
That list is not part of this repository, and nothing here uses its names; who comes from it finds the code here.`;

export function errorsPage(): string {
  const codes = Object.entries(errorCodes) as [ErrorCode, ErrorCodeSpec][];
  const ofKind = (kind: string) => codes.filter(([, spec]) => spec.kind === kind);
  const kindBlocks = Object.entries(kinds).map(([kind, meaning]) => {
    const links = ofKind(kind).map(([name]) => `[${code(name)}](#${name})`);
    return `_${kind}_: ${meaning}\n${links.join(", ")}`;
  });
  const caseRows = threatCases.map(({ name, codes: known, note }) => [
    code(name),
    known === undefined ? "none" : either(known),
    note ?? "",
  ]);
  return page([
    generatedFrom("src/core/errors/codes.ts and tools/scripts/data/threat-cases.ts"),
    intro,
    "## Kinds",
    ...kindBlocks,
    "## Codes",
    ...codes.map(([name, spec]) => section(name, spec)),
    cases,
    table(["Case", "Code", "Remark"], caseRows),
  ]);
}

function section(name: string, { kind, means, todo }: ErrorCodeSpec): string {
  return `### ${name}\n\n_${kind}_: ${means}\n\nWay out: ${todo}`;
}
