/** `init FOLDER`: writes a plugin with its test. */
import * as z from "zod";
import { type Command, defineCommand, text, textList } from "../../operate/cli/index.ts";

export const initCommand: Command = defineCommand({
  path: ["init"],
  summary: "write a plugin with its test, as a package",
  about: [
    "The folder's name, without glassine-plugin- in front, becomes the plugin's name.",
    "The folder is created if it does not exist; one that is not empty is refused.",
  ],
  arguments: [{ name: "FOLDER", what: "a new or empty folder" }],
  examples: [{ line: "init glassine-plugin-mail-guard", what: "a package with one plugin" }],
  namesItself: true,
  schema: z.object({
    action: z.literal("init"),
    folder: text,
    id: text.describe("The plugin's name."),
    package: text,
    files: textList.describe("What was written."),
    next: textList.describe("What to run in the folder, in this order."),
  }),
  async run(context) {
    // Loaded only when run, so that other commands start without it.
    const { init } = await import("./init.ts");
    return init(context);
  },
});
