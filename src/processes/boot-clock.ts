/**
 * Reads the boot clock, which cannot be set: milliseconds since the machine's start, sleep
 * included.
 */
import { uptime } from "node:os";

/**
 * Milliseconds since the machine's start, equal for all processes of a boot. So a server can
 * measure an attempt that an earlier server began. Continues while the machine sleeps. Has a
 * resolution of 10 ms on Linux.
 */
export function bootClockMs(): number {
  return Math.round(uptime() * 1000);
}
