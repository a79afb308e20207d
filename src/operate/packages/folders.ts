import { dirname, isAbsolute, relative, sep } from "node:path";

/** An absolute path and each folder above it, the nearest first. */
export function upFrom(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...upFrom(above)];
}

/** Whether `path` is `folder` or inside it. */
export function isWithin(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  // On Windows a path on another drive stays absolute.
  return inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
