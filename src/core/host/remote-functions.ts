/** The functions of a host for plugins in other processes, made for the host's tables. */
import type { Surface } from "../plugins/index.ts";
import {
  decodeReturned,
  decodeTurn,
  encodeInvoked,
  encodeReturned,
  encodeTurn,
} from "../remote/index.ts";

export const encodeTask = (surface: Surface) => encodeTurn.bind(undefined, surface);
export const decodeTask = (surface: Surface) => decodeTurn.bind(undefined, surface);
export const encodeResult = (surface: Surface) => encodeReturned.bind(undefined, surface);
export const encodeInvokeResult = (surface: Surface) => encodeInvoked.bind(undefined, surface);
export const decodeResult = (surface: Surface) => decodeReturned.bind(undefined, surface);
