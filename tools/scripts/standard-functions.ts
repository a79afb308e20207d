/** Writes the functions of the standard host as constants, each with the docstring of its member. */
import { readFileSync } from "node:fs";

/** Where the members of a host are declared, from the root, where npm and the test runner start. */
const sources = [
  "src/core/host/envelope-functions.ts",
  "src/core/host/define-host.ts",
  "src/core/remote/functions.ts",
];
// What has a function of its own in the root entry, or nothing to do in the standard host.
const elsewhere = ["partsOf", "serializePart", "toPolicyInput", "defineCoreHandler"];

interface Member {
  readonly name: string;
  readonly docstring: string;
}

/** A doc comment, indented as a member's, and the member that it stands at. */
const member = /^ {2}\/\*\*(?<text>(?:(?!\*\/)[\s\S])*)\*\/\n {2}readonly (?<name>\w+): /gm;

function membersIn(path: string): readonly Member[] {
  const source = readFileSync(path, "utf8");
  const [, hosts = ""] = source.split(
    /^export interface (?:EnvelopeFunctions|Host|WireFunctions)</m,
  );
  const [declared = ""] = hosts.split("\n}\n");
  return [...declared.matchAll(member)].map(({ groups = {} }) => ({
    name: groups.name ?? "",
    docstring: `/**${groups.text?.replaceAll("\n  ", "\n")}*/`,
  }));
}

export function standardFunctionsSource(): string {
  const members = sources
    .flatMap(membersIn)
    .filter(({ name }) => !elsewhere.includes(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const constants = members.map(({ name, docstring }) => {
    const start = `export const ${name}: Standard["${name}"] = /* @__PURE__ */ bind(`;
    const line = `${start}functions.${name});`;
    // On one line where it fits into a hundred columns, as the formatter has it.
    const constant = line.length > 100 ? `${start}\n  functions.${name},\n);` : line;
    return `${docstring}\n${constant}\n`;
  });
  return `// Generated from the docstrings of a host's members by \`npm run generate\`. Edit those.
// A constant taken out of an object would show no docstring where it is used.
import * as functions from "./functions.ts";
import { type standardHost, standardParts } from "./standard.ts";

type Standard = typeof standardHost;

/** A function of the standard host. The type of the constant says which. */
function bind<Bound>(make: (parts: typeof standardParts) => unknown): Bound {
  return make(standardParts) as Bound;
}

${constants.join("\n")}`;
}
