/** Why an attempt is stopped before its end. */

/** Why a runner is told to stop its attempt. */
export const stopReasons = ["cancelled", "timed_out", "stalled", "interrupted"] as const;
export type StopReason = (typeof stopReasons)[number];
