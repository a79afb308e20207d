import { loadTests } from "../load-tests.ts";
import { testsApart } from "../tests.ts";

const tests = testsApart(process.env.GLASSINE_ROOM, "property-tests/deadlines.test.ts");
loadTests(import.meta.url, tests);
