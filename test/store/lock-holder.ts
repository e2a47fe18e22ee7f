/**
 * Takes the lock (and, when asked, opens the store), says so, and then does what it is told: write,
 * say whether it still holds, release.
 */
import { createInterface } from "node:readline";
import { messageOf, WorkerError } from "../../src/domain/errors.ts";
import { takeLock } from "../../src/store/sqlite/file/lock.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";

interface Input {
  readonly lock: string;
  readonly takeover?: boolean;
  readonly database?: string;
}

const input = JSON.parse(process.argv[2] ?? "") as Input;
const say = (message: unknown): void => console.log(JSON.stringify(message));

try {
  const lock = takeLock(input.lock, { pid: process.pid, takeover: input.takeover ?? false });
  const store = input.database === undefined ? null : openStore({ path: input.database, onStale: () => say({ stale: true }) });
  say({ locked: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as string;
    if (order === "release") {
      lock.release();
      say({ released: true });
    }
    if (order === "held") say({ held: lock.held() });
    if (order === "write" && store !== null) {
      await store
        .write(() => store.holds.put({ kind: "manual", scope: "all", message: String(process.pid), until: null }, 1))
        .then(
          () => say({ wrote: true }),
          (error: unknown) => say({ refused: messageOf(error) }),
        );
    }
  }
} catch (error) {
  say({ code: error instanceof WorkerError ? error.code : "?", message: messageOf(error) });
}
