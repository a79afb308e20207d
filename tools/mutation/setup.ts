// Generate the same values in every run, so that a mutant killed once is always killed.
import { configureGlobal, readConfigureGlobal } from "fast-check";

configureGlobal({ ...readConfigureGlobal(), seed: 20261120, endOnFailure: true });
