/**
 * Collects garbage when a stretch of work is over. V8 by itself lets old objects pile up to a limit
 * that is far above what a server needs (measured: 17 MB over 500 tasks, none of it in use), and
 * never looks again while the server waits. The collector is asked for all that it can free
 * ("last-resort"): a plain collection leaves some 4 MB more behind.
 */

/** Nothing was committed for so long: the work is over, or waits. */
const quietMs = 300;
/** A collection takes about 40 ms: less work than this is not worth one. */
const commitsWorthIt = 100;

/**
 * @returns to be called at every commit. Does nothing in a Node that was not started with
 * `--expose-gc`.
 */
export function collectGarbageWhenIdle(): () => void {
  const { gc } = globalThis;
  if (gc === undefined) return () => {};
  let commits = 0;
  const timer = setTimeout(() => {
    if (commits < commitsWorthIt) return;
    commits = 0;
    gc({ type: "major", flavor: "last-resort", execution: "sync" });
  }, quietMs).unref();
  return () => {
    commits += 1;
    timer.refresh();
  };
}
