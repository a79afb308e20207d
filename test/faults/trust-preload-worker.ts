/**
 * Loaded before a program with `node --import`: installs the fault that the environment names.
 * A string as `at` is the source of a regular expression.
 */
import process from "node:process";
import { type Fault, installFaults } from "./trust-fs-faults.ts";

const { GLASSINE_FAULT: fault } = process.env;
if (fault !== undefined) {
  const { at, ...rest } = JSON.parse(fault) as Omit<Fault, "at"> & { at: number | string };
  installFaults({ ...rest, at: typeof at === "string" ? new RegExp(at) : at });
}
