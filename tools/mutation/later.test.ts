import "glassine";
import { loadTests } from "./load-tests.ts";
import { laterTests } from "./tests.ts";

loadTests(import.meta.url, laterTests());
