import { loadTests } from "../load-tests.ts";
import { testsApart } from "../tests.ts";

const tests = testsApart(process.env.GLASSINE_ROOM, "test/plugins/deny-tampering.test.ts");
loadTests(import.meta.url, tests);
