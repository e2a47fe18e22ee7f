/** Lists the reasons to stop an attempt before its end. */

/** Why the server stops an attempt. */
export const stopReasons = ["cancelled", "timed_out", "stalled", "interrupted", "parked"] as const;
export type StopReason = (typeof stopReasons)[number];

/** Those that the store keeps, so that a restarted server continues the stop. */
export type StoredStopReason = Exclude<StopReason, "parked">;
