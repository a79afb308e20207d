/** `completion SHELL` */
import * as z from "zod";
import { defineCommand } from "../command.ts";
import { completionScript, shells } from "../completion-script.ts";
import { text } from "../documents.ts";
import { misuse } from "../failure.ts";
import { singleQuoted } from "../print/printable.ts";

export const completion = defineCommand({
  path: ["completion"],
  summary: "print a script by which a shell completes commands and options",
  about: ["It is made of the commands of this version: print it anew after an upgrade."],
  arguments: [{ name: "SHELL", what: "bash, zsh or fish" }],
  options: ["json", "verbose"],
  exits: {},
  examples: [
    { line: "completion bash", what: "to append to ~/.bash_completion" },
    { line: "completion zsh", what: "behind compinit" },
    { line: "completion fish", what: "the same for fish" },
  ],
  document: {
    name: "completion",
    schema: z
      .object({ shell: z.enum(shells), script: text })
      .describe("What `completion --json` prints."),
  },
  run({ commands, host, operands: [given = ""] }) {
    const shell = shells.find((each) => each === given);
    if (shell === undefined)
      throw misuse(`completion: ${singleQuoted(given)} is none of bash, zsh, fish`);
    const lines = completionScript(shell, commands, host);
    const document = { shell, script: `${lines.join("\n")}\n` };
    return Promise.resolve({ exitCode: 0, document, lines });
  },
});
