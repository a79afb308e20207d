/** Imported after the library, where time is virtual: see `virtual-time.ts`. */
import { endLoading } from "./virtual-time.ts";

endLoading();
