/** `completion SHELL` */

import type { Handler } from "../command-context.ts";
import { completionScript, shells } from "../completion-script.ts";
import { misuse } from "../failure.ts";
import { texts } from "../texts.ts";

export const completion: Handler = ({ host, operands: [given = ""] }) => {
  const shell = shells.find((each) => each === given);
  if (shell === undefined) throw misuse(texts.noShell(given));
  const lines = completionScript(shell, host);
  return Promise.resolve({
    exitCode: 0,
    document: { shell, script: `${lines.join("\n")}\n` },
    lines,
  });
};
