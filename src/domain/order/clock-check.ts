/**
 * Notices a system clock that was set, by comparing it with the boot clock, which cannot be set;
 * and says how long nothing may be deleted by age.
 */

/** What both clocks say at one moment. */
export interface ClockReading {
  /** The boot; null: the system tells none. */
  readonly bootId: string | null;
  /** Milliseconds since the machine's start, sleep included. */
  readonly up: number;
  /** The system's clock, UTC ms. */
  readonly at: number;
}

export interface ClockSeen extends ClockReading {
  /** By how much the clock was set forward (negative: back) and not back again, ms. */
  readonly shiftedMs: number;
  /** Nothing is deleted by age for so long, ms. */
  readonly pauseMs: number;
}

/** A clock is corrected by less than this all the time. */
const toleranceMs = 3_600_000;
/**
 * A machine that was off for longer is taken for one whose clock was set: which of both it is
 * cannot be known.
 */
const longestOffMs = 30 * 86_400_000;

/**
 * What is to be remembered now. A clock that was set makes what has just ended look old (or makes
 * it younger than it is), so after it nothing is deleted for `keepMs` of real time: then everything
 * that ended before is old enough. A clock that is set back to where it was ends the pause.
 * @param before null: nothing is known of earlier.
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

/** How much time has really passed, as far as can be known. */
function passedSince(before: ClockReading, now: ClockReading): number {
  if (now.bootId !== null && now.bootId === before.bootId && now.up >= before.up) return now.up - before.up;
  // Another boot: only the system's clock tells how long the machine was off.
  const offMs = now.at - before.at;
  return offMs >= 0 && offMs <= longestOffMs ? offMs : 0;
}
