import "glassine";
import { loadTests } from "./load-tests.ts";
import { firstTests } from "./tests.ts";

loadTests(import.meta.url, firstTests());
