/** The virtual environment with CPEX, where there is one: `.ci/run` makes it and says where. */
import process from "node:process";

export const { GLASSINE_CPEX_PYTHON: python = "" } = process.env;
export const hasCpex = python !== "";
