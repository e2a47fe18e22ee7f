/**
 * Compares what runs by itself in a directory with what a person has seen of it. Trust is in a
 * directory as it was: hooks and servers that came later are asked about again.
 */
import { autoRunsOf } from "../../config/auto-runs.ts";
import { mainCheckoutOf } from "../../config/main-checkout.ts";
import { lookOnce } from "../../config/one-look.ts";
import { WorkerError } from "../../domain/errors.ts";
import { joinedRuns, unseenRuns, unseenSentence } from "../../domain/task/auto-runs.ts";
import type { SeenRun } from "../../domain/task/auto-runs.ts";
import type { Store } from "../../store/store.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The directory that a record is kept for. @param directory a real path */
export function recordedDirectory(directory: string): string {
  return mainCheckoutOf(directory) ?? directory;
}

/** What a person has seen of a directory; null: nothing is recorded, so nothing can differ. */
export function seenRunsOf(store: Pick<Store, "trustedRuns">, directory: string): readonly SeenRun[] | null {
  return store.trustedRuns.get(recordedDirectory(directory))?.runs ?? null;
}

/**
 * @param directory a real path, in which Claude Code is to work. @param now what runs there.
 * @throws WorkerError untrusted_directory, with the difference.
 */
export function requireSeenRuns(store: Pick<Store, "trustedRuns">, directory: string, now: () => readonly SeenRun[]): void {
  const seen = lookOnce(store.trustedRuns, directory, () => seenRunsOf(store, directory));
  if (seen === null) return;
  const unseen = unseenRuns(seen, now());
  if (unseen.length === 0) return;
  throw new WorkerError("untrusted_directory", unseenSentence(directory, unseen), [
    { pointer: "/working_directory", detail: "not trusted" },
  ]);
}

/** Inside `write`. Adds what runs there now to what was seen. */
export function trustRuns(store: Store, directory: string, { env, now }: { readonly env: Env; readonly now: number }): void {
  const recorded = recordedDirectory(directory);
  const runs = joinedRuns(store.trustedRuns.get(recorded)?.runs ?? [], autoRunsOf(directory, env));
  store.trustedRuns.put({ directory: recorded, runs, since: now });
}

/** Inside `write`. The first task in a trusted directory: what it has then is what was trusted. */
export function rememberRuns(store: Store, directory: string, more: { readonly env: Env; readonly now: number }): void {
  if (seenRunsOf(store, directory) === null) trustRuns(store, directory, more);
}
