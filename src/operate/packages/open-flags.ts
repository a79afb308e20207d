import { constants } from "node:fs";

/**
 * To open a file of a package for reading: a link in its place is not followed, and a pipe or
 * device is not waited for. Windows has neither flag, and opens none of them as a file.
 */
export const readOnly: number =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
