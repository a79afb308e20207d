import type { Plan, Room } from "./rooms.ts";
import { type ImportEdge, packageOf, resolveRelative, type SourceFile } from "./source-file.ts";

/** Holds `files` against `plan`; one sentence for each thing that is out of place. */
export function checkRooms(files: readonly SourceFile[], plan: Plan): string[] {
  return files.flatMap((file) => [
    ...checkFile(file, plan),
    ...computedImports(file, plan).map(
      ({ line }) => `${file.path}:${line} imports a computed path, which nobody can check.`,
    ),
    ...file.imports.flatMap((edge) => {
      const problem = checkImport(file, edge, plan);
      return problem ? [`${file.path}:${edge.line} imports "${edge.specifier}": ${problem}`] : [];
    }),
  ]);
}

/** Holds the plan itself to its promise: one direction, and no names of rooms that are not there. */
export function checkPlan(plan: Plan): string[] {
  const names = Object.keys(plan.rooms);
  const lists = (room: Room) => [...room.mayImport, ...(room.mayImportTypes ?? [])];
  return [
    ...Object.entries(plan.rooms).flatMap(([name, room], position) =>
      lists(room)
        .filter((other) => !names.slice(0, position).includes(other))
        .map((other) => `${name} may import ${other}, which is not a room listed before it.`),
    ),
    ...lists(plan.door)
      .filter((other) => !names.includes(other))
      .map((other) => `The door may import ${other}, which is not a room.`),
    ...Object.entries(plan.packages).flatMap(([name, homes]) =>
      homes
        .filter((home) => !names.includes(home))
        .map((home) => `${name} is at home in ${home}, which is not a room.`),
    ),
  ];
}

/** The room of a path, `""` for the public door, undefined outside of every room. */
export function roomOf(path: string): string | undefined {
  if (path === "src/index.ts") return "";
  return /^src\/([^/]+)\/./.exec(path)?.[1];
}

function computedImports({ path, computedImports: lines }: SourceFile, plan: Plan) {
  return plan.loaders.includes(path) ? [] : lines;
}

function checkFile(file: SourceFile, plan: Plan): string[] {
  const problems: string[] = [];
  const room = roomOf(file.path);
  if (room === undefined || (room !== "" && !Object.hasOwn(plan.rooms, room)))
    problems.push(`${file.path} is in no room of the plan.`);
  if (/(^|\/)utils?(\/|\.[^/]*$)/.test(file.path))
    problems.push(`${file.path} is named for nothing: name it for what it does.`);
  if (file.lineCount > plan.maxLines && !plan.generated.test(file.path))
    problems.push(
      `${file.path} has ${file.lineCount} lines, ${plan.maxLines} is the most: look for its second question.`,
    );
  return problems;
}

function checkImport(file: SourceFile, edge: ImportEdge, plan: Plan): string | undefined {
  const here = roomOf(file.path);
  const target = resolveRelative(file.path, edge.specifier);
  if (target === undefined) return checkPackage(here, edge.specifier, plan);

  const there = roomOf(target);
  if (there === undefined) return "that leaves src/.";
  if (here === undefined) return undefined;
  if (there === here) return here === "" ? undefined : checkFolders(here, file.path, target, plan);
  if (there === "") return "the public door is for users; import the room itself.";

  const room = here === "" ? plan.door : plan.rooms[here];
  if (!room) return undefined;
  const name = here || "index.ts";
  if (room.mayImportTypes?.includes(there)) {
    if (!edge.typeOnly) return `${name} may take only types from ${there}, by \`import type\`.`;
  } else if (!room.mayImport.includes(there)) {
    return `${name} may import ${room.mayImport.join(", ") || "nothing"}.`;
  }

  const isSideDoor = plan.sideDoors.some(({ from, to }) => from === file.path && to === target);
  if (target !== `src/${there}/index.ts` && !isSideDoor)
    return `${there} is entered through src/${there}/index.ts.`;
  return undefined;
}

function checkFolders(room: string, from: string, to: string, plan: Plan): string | undefined {
  if (!plan.rooms[room]?.foldersApart) return undefined;
  const folder = (path: string) => path.split("/").slice(2, -1)[0];
  const there = folder(to);
  if (there === undefined || there === folder(from)) return undefined;
  return `${room}/${there} stands alone; share through a file of ${room} itself.`;
}

function checkPackage(here: string | undefined, specifier: string, plan: Plan): string | undefined {
  const name = packageOf(specifier);
  const homes = Object.hasOwn(plan.packages, name) ? plan.packages[name] : undefined;
  if (!homes) return `${name} has no home in src/.`;
  if (here === undefined || homes.includes(here)) return undefined;
  return `${name} is at home in ${homes.join(", ")}.`;
}
