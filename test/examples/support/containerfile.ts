/** Runs the steps of a container file in plain folders, without a container engine. */
import { execFile } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

export interface Image {
  /** The folder that stands for the last stage's `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly ports: readonly number[];
  /** The command to run: ENTRYPOINT and CMD. */
  readonly command: readonly string[];
}

/**
 * Supports only the instructions used here and refuses others. Ignores the base image in FROM, so
 * programs are this machine's own. RUN runs in the folder that stands for the WORKDIR.
 */
export async function runSteps(text: string, context: string, folder: string): Promise<Image> {
  const stages: { readonly name: string; readonly root: string }[] = [];
  let workdir = "/";
  let user = "root";
  const env: Record<string, string> = {};
  const ports: number[] = [];
  const commands = { ENTRYPOINT: [] as string[], CMD: [] as string[] };
  const at = (path: string) => {
    const { root } = stages.at(-1) ?? { root: folder };
    return path.startsWith("/") ? join(root, path) : join(root, workdir, path);
  };

  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of lines) {
    const [, instruction = "", rest = ""] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    const words = rest.split(" ");
    if (instruction === "FROM") {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? "last";
      stages.push({ name, root: join(folder, name) });
      workdir = "/";
    } else if (instruction === "WORKDIR") {
      workdir = rest;
      await mkdir(at("."), { recursive: true });
    } else if (instruction === "COPY") {
      const from = /^--from=(\w+)$/.exec(words[0] ?? "")?.[1];
      const source = stages.find(({ name }) => name === from)?.root ?? context;
      const [to = "", ...files] = words.slice(from === undefined ? 0 : 1).reverse();
      for (const file of files) {
        const target = from === undefined ? join(to, basename(file)) : to;
        await cp(join(source, file), at(target), { recursive: true, verbatimSymlinks: true });
      }
    } else if (instruction === "RUN") {
      await promisify(execFile)("sh", ["-c", rest], { cwd: at("."), env: process.env });
    } else if (instruction === "ENV") {
      Object.assign(env, Object.fromEntries(words.map((word) => word.split("="))));
    } else if (instruction === "USER") user = rest;
    else if (instruction === "EXPOSE") ports.push(...words.map(Number));
    else if (instruction === "ENTRYPOINT" || instruction === "CMD")
      commands[instruction] = JSON.parse(rest);
    else throw new Error(`Unknown instruction: ${line}`);
  }
  const { root = folder } = stages.at(-1) ?? {};
  const command = [...commands.ENTRYPOINT, ...commands.CMD];
  return { root, workdir: join(root, workdir), env, user, ports, command };
}
