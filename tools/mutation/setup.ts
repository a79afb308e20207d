// The same values in every run, so that a mutant that one run kills the next one kills too.
import { configureGlobal, readConfigureGlobal } from "fast-check";

configureGlobal({ ...readConfigureGlobal(), seed: 20261120, endOnFailure: true });
