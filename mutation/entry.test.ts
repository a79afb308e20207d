import "glassine";
import { loadTests } from "./load-tests.ts";
import { sharedTests } from "./tests.ts";

loadTests(import.meta.url, sharedTests());
