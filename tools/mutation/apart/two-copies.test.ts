import { loadTests } from "../load-tests.ts";
import { testsApart } from "../tests.ts";

loadTests(import.meta.url, testsApart("two-copies"));
