/** docs/errors.md: every code, and the codes by the case names of the design. */
import { type ErrorCode, type ErrorCodeSpec, errorCodes } from "../../../src/core/errors/index.ts";
import { threatCases } from "../data/threat-cases.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";

const intro = `# Errors

Every error of this library is a \`GlassineError\` with a stable \`code\`; \`isGlassineError(value)\` recognises one.
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
    "What a plugin returned is invalid. Nothing of it is applied, and the plugin's `onError` decides what follows.",
  violation:
    "What a plugin returned breaks a tier: nothing of it is applied, and the plugin's `onError` decides what follows. Or a result violates a policy of the host and does not pass.",
  rejection:
    "One change was ignored and is listed in `rejections`. The rest of the result is applied. With `strict`, such a change to the extensions refuses the result; `mergeExtensions` throws it as `TierViolationError`.",
  misuse: "A call or a definition is wrong. The error is thrown there.",
  failure:
    "A handler failed or was stopped: the error is listed in `errors`, or its code is that of the violation. Or something that the library relies on failed: the promise rejects.",
};

const cases = `## Case names of the design

The design of this library names error cases \`E_…\`.
The code does not use these names; this table lists the code for each.`;

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
  return `### ${name}\n\n_${kind}_: ${means}\n\nWhat to do: ${todo}`;
}
