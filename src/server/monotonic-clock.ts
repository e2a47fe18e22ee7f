/**
 * Implements the server's clock: it follows the system's clock but does not go back while the
 * server runs. It sets no timers.
 */

/**
 * UTC milliseconds that do not go back when the system's clock is set back, so that a wait of ten
 * seconds does not take a day. Follows a clock that is set forward at once, and the time of a
 * machine's sleep, which the monotonic clock does not count.
 * @param wall the system's clock, UTC ms.
 * @param monotonic milliseconds that never go back.
 */
export function monotonicClock(wall: () => number = Date.now, monotonic: () => number = () => performance.now()): () => number {
  let offset = wall() - monotonic();
  return () => {
    offset = Math.max(offset, wall() - monotonic());
    return Math.floor(offset + monotonic());
  };
}
