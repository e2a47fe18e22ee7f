/**
 * Notices when the system clock was set, by comparing it with the boot clock, which cannot be set.
 * Says for how long no task may be deleted by age.
 */

/** The values of both clocks at one moment. */
export interface ClockReading {
  /** The id of the boot; null: the system has no such id. */
  readonly bootId: string | null;
  /** Milliseconds since the machine's start, sleep included. */
  readonly up: number;
  /** The system's clock, UTC ms. */
  readonly at: number;
}

export interface ClockSeen extends ClockReading {
  /** By how much the clock was set forward (negative: back) and not back again, ms. */
  readonly shiftedMs: number;
  /** For how long no task is deleted by age, ms. */
  readonly pauseMs: number;
}

/** Smaller changes are ordinary corrections of a clock. */
const toleranceMs = 3_600_000;
/**
 * A machine that seems to have been off for longer counts as one whose clock was set, because the
 * two cases look the same.
 */
const longestOffMs = 30 * 86_400_000;

/**
 * Returns the state to remember. A clock that was set makes ended tasks look older or younger than
 * they are. After such a change no task is deleted for `keepMs` of real time: then every task that
 * ended before is old enough. Setting the clock back to its earlier time ends the pause.
 * @param before null: there is no earlier reading.
 */
export function checkClock(before: ClockSeen | null, now: ClockReading, keepMs: number): ClockSeen {
  if (before === null) return { ...now, shiftedMs: 0, pauseMs: 0 };
  const passedMs = passedSince(before, now);
  const shiftMs = now.at - before.at - passedMs;
  if (Math.abs(shiftMs) <= toleranceMs) {
    const pauseMs = Math.max(0, before.pauseMs - passedMs);
    return { ...now, shiftedMs: pauseMs === 0 ? 0 : before.shiftedMs, pauseMs };
  }
  const shiftedMs = before.shiftedMs + shiftMs;
  const isRight = Math.abs(shiftedMs) <= toleranceMs;
  return { ...now, shiftedMs: isRight ? 0 : shiftedMs, pauseMs: isRight ? 0 : keepMs };
}

/** Estimates how much real time has passed. */
function passedSince(before: ClockReading, now: ClockReading): number {
  if (now.bootId !== null && now.bootId === before.bootId && now.up >= before.up) return now.up - before.up;
  // After another boot only the system's clock shows how long the machine was off.
  const offMs = now.at - before.at;
  return offMs >= 0 && offMs <= longestOffMs ? offMs : 0;
}
