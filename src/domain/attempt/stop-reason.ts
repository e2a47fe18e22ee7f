/** Lists the reasons to stop an attempt before its end. */

/** Why the server stops an attempt. */
export const stopReasons = ["cancelled", "timed_out", "stalled", "interrupted"] as const;
export type StopReason = (typeof stopReasons)[number];
