/**
 * Collects garbage when a stretch of work is over. V8 by itself lets old objects pile up to a limit
 * that is far above what a server needs (measured: 17 MB over 500 tasks, none of it in use), and
 * never looks again while the server waits. The collector is asked for all that it can free
 * ("last-resort"): a plain collection leaves some 4 MB more behind.
 */
import type { Service } from "../domain/services/service.ts";
import type { Store } from "../store/store.ts";

/** Nothing was committed for so long: the work is over, or waits. */
const quietMs = 300;
/** A collection takes about 40 ms: less work than this is not worth one. */
const commitsWorthIt = 100;

/** Does nothing in a Node that was started without `--expose-gc`. */
export function collectGarbageWhenIdle(store: Pick<Store, "onCommit">): Service {
  const { gc } = globalThis;
  let commits = 0;
  let timer: NodeJS.Timeout | null = null;
  let unsubscribe: (() => void) | null = null;
  const onQuiet = (): void => {
    if (gc === undefined || commits < commitsWorthIt) return;
    commits = 0;
    gc({ type: "major", flavor: "last-resort", execution: "sync" });
  };
  return {
    start: () => {
      if (gc === undefined) return;
      unsubscribe ??= store.onCommit(() => {
        commits += 1;
        timer = timer?.refresh() ?? setTimeout(onQuiet, quietMs).unref();
      });
    },
    stop: async () => {
      unsubscribe?.();
      if (timer !== null) clearTimeout(timer);
      unsubscribe = timer = null;
    },
  };
}
