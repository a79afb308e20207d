import type { Plan } from "./rooms.ts";
import { type ImportEdge, packageOf, resolveRelative, type SourceFile } from "./source-file.ts";

/** Checks `files` against `plan` and returns one sentence for each violation. */
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

/** Checks the plan itself: imports go in one direction, and all rooms that it names exist. */
export function checkPlan(plan: Plan): string[] {
  const wings = Object.keys(plan.wings);
  const names = [...wings, ...allRooms(plan)];
  const missing = (what: string, list: readonly string[]) =>
    list
      .filter((name) => !names.includes(name))
      .map((name) => `${what} ${name}, which is not a wing or room.`);
  return [
    ...Object.entries(plan.wings).flatMap(([wing, { mayImport }], position) =>
      mayImport
        .filter((other) => !isBefore(other, wings.slice(0, position), plan))
        .map((other) => `${wing} may import ${other}, which is not a wing listed before it.`),
    ),
    ...Object.entries(plan.rooms).flatMap(([room, list]) => missing(`${room} may import`, list)),
    ...missing("The doors may import", plan.doorsMayImport),
    ...missing("Outside is", plan.outside),
    ...Object.entries(plan.packages).flatMap(([name, homes]) =>
      missing(`${name} is at home in`, homes),
    ),
  ];
}

/** Whether `name` is one of `wings`, or a small room that imports only from these. */
function isBefore(name: string, wings: readonly string[], { rooms }: Plan): boolean {
  if (wings.includes(name)) return true;
  return rooms[name]?.every((below) => wings.includes(below.split("/")[0] ?? below)) ?? false;
}

/** Returns the plan's rooms as folders: `core/slots`, `redis`. */
export function allRooms({ wings, rooms }: Plan): string[] {
  return [
    ...Object.entries(wings).flatMap(([wing, { rooms }]) => rooms.map((room) => `${wing}/${room}`)),
    ...Object.keys(rooms),
  ];
}

/** Returns a path's room, `""` for the core's public entries, `undefined` outside all rooms. */
export function roomOf(path: string, plan: Plan): string | undefined {
  if (plan.doors.includes(path)) return "";
  return allRooms(plan).find((room) => path.startsWith(`src/${room}/`));
}

/** Returns the import cycles, type imports included; each as a list of files. */
export function circlesOf(files: readonly SourceFile[]): string[][] {
  const targets = new Map(files.map((file) => [file.path, importedFiles(file)]));
  const order = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];

  // Tarjan's strongly connected components.
  const visit = (path: string): number => {
    order.set(path, order.size);
    let low = order.size - 1;
    open.push(path);
    for (const target of targets.get(path) ?? []) {
      if (!targets.has(target)) continue;
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (open.includes(target)) low = Math.min(low, order.get(target) ?? low);
    }
    if (low === order.get(path)) {
      const circle = open.splice(open.indexOf(path));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return low;
  };

  for (const { path } of files) if (!order.has(path)) visit(path);
  return circles;
}

function importedFiles({ path, imports }: SourceFile): string[] {
  return imports.flatMap(({ specifier }) => resolveRelative(path, specifier) ?? []);
}

function computedImports({ path, computedImports: lines }: SourceFile, plan: Plan) {
  return plan.loaders.includes(path) ? [] : lines;
}

function checkFile(file: SourceFile, plan: Plan): string[] {
  const problems: string[] = [];
  if (roomOf(file.path, plan) === undefined) {
    problems.push(`${file.path} is in no room of the plan.`);
  }
  if (/(^|\/)utils?(\/|\.[^/]*$)/.test(file.path))
    problems.push(`${file.path} is named for nothing: name it for what it does.`);
  if (file.lineCount > plan.maxLines && !plan.generated.test(file.path))
    problems.push(
      `${file.path} has ${file.lineCount} lines, ${plan.maxLines} is the most: look for its second question.`,
    );
  return problems;
}

function checkImport(file: SourceFile, edge: ImportEdge, plan: Plan): string | undefined {
  const here = roomOf(file.path, plan);
  const target = resolveRelative(file.path, edge.specifier);
  if (target === undefined) return checkPackage(here, edge.specifier, plan);
  if (!target.startsWith("src/")) return "that leaves src/.";

  const there = roomOf(target, plan);
  if (there === undefined) return "that is in no room.";
  if (here === undefined || there === here) return undefined;
  if (there === "") {
    if (plan.outside.includes(here)) return undefined;
    return "the public entries are for users; import the room itself.";
  }
  const allowed = allowedFrom(here, plan);
  if (!isAmong(there, allowed)) {
    return `${here || "A public entry"} may import ${allowed.join(", ") || "nothing"}.`;
  }
  if (target !== `src/${there}/index.ts` && !plan.open.includes(target)) {
    return `${there} is entered through src/${there}/index.ts.`;
  }
  return undefined;
}

/** The wings and rooms that a room may import. */
function allowedFrom(here: string, plan: Plan): readonly string[] {
  if (here === "") return plan.doorsMayImport;
  const [wing = "", room = ""] = here.split("/");
  if (!Object.hasOwn(plan.wings, wing)) return plan.rooms[here] ?? [];
  const { rooms, mayImport, apart = [] } = plan.wings[wing] as Plan["wings"][string];
  const below = rooms.slice(0, rooms.indexOf(room));
  const besides = apart.includes(room) ? below.filter((other) => !apart.includes(other)) : below;
  return [...mayImport, ...besides.map((other) => `${wing}/${other}`)];
}

/** Whether a room is in a list of rooms and wings. */
function isAmong(room: string, list: readonly string[]): boolean {
  return list.some((name) => name === room || room.startsWith(`${name}/`));
}

function checkPackage(here: string | undefined, specifier: string, plan: Plan): string | undefined {
  const name = packageOf(specifier);
  const homes = Object.hasOwn(plan.packages, name) ? plan.packages[name] : undefined;
  if (!homes) return `${name} has no home in src/.`;
  if (here === undefined || isAmong(here, homes)) return undefined;
  return `${name} is at home in ${homes.join(", ")}.`;
}
