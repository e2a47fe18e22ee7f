/**
 * How a server stops: `leave` leaves running tasks to their runners, `drain` waits for them, `now`
 * interrupts them.
 */
export const stopModes = ["leave", "drain", "now"] as const;
export type StopMode = (typeof stopModes)[number];
