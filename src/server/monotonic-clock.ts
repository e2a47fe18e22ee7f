/**
 * The server's clock: the system's, but it does not go back while the server runs, whatever the
 * system's clock did before. It sets no timers.
 */

/**
 * UTC milliseconds that a clock set back by hand does not turn back: a wait that was to take ten
 * seconds must not take a day. A clock set forward is followed at once; so is the time that a
 * machine slept through, which the monotonic clock does not count.
 * @param wall the system's clock, UTC ms. @param monotonic milliseconds that never go back.
 */
export function monotonicClock(wall: () => number = Date.now, monotonic: () => number = () => performance.now()): () => number {
  let offset = wall() - monotonic();
  return () => {
    offset = Math.max(offset, wall() - monotonic());
    return Math.floor(offset + monotonic());
  };
}
