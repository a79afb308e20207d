/** The virtual environment with CPEX, if there is one: `.ci/run` creates it and passes its path. */
import process from "node:process";

export const { GLASSINE_CPEX_PYTHON: python = "" } = process.env;
export const hasCpex = python !== "";
