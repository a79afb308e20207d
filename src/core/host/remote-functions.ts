/** The functions of a host for plugins in other processes, made for the host's tables. */
import {
  decodeReturned,
  decodeTurn,
  encodeInvoked,
  encodeReturned,
  encodeTurn,
} from "../remote/index.ts";
import type { HostParts } from "./functions.ts";

export const encodeTask = ({ wire }: HostParts) => encodeTurn.bind(undefined, wire);
export const decodeTask = ({ wire }: HostParts) => decodeTurn.bind(undefined, wire);
export const encodeResult = ({ wire }: HostParts) => encodeReturned.bind(undefined, wire);
export const encodeInvokeResult = ({ wire }: HostParts) => encodeInvoked.bind(undefined, wire);
export const decodeResult = ({ wire }: HostParts) => decodeReturned.bind(undefined, wire);
