/** The clock that cannot be set: milliseconds since the machine's start, its sleep included. */
import { uptime } from "node:os";

/**
 * The same for every process of a boot, so that a server can tell how long an attempt took that an
 * earlier one began. Counts on while the machine sleeps. Its steps are 10 ms on Linux.
 */
export function bootClockMs(): number {
  return Math.round(uptime() * 1000);
}
