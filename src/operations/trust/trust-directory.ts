/**
 * Manages trust: the directories that tasks may work in, from the store and from Claude Code's own
 * list.
 */
import type { TrustView } from "../../contract/views/trust.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Store } from "../../store/store.ts";
import type { StartRights } from "../rights/start-rights.ts";
import { rfc3339 } from "../tasks/times.ts";
import { realDirectory } from "../tasks/working-directory.ts";
import type { ClaudeCodeTrust } from "../tasks/working-directory.ts";

export function trustView(store: Store, claudeCode: ClaudeCodeTrust): TrustView {
  return {
    directories: [
      ...store.trust.list().map(({ path, since }) => ({ path, since: rfc3339(since), by: "claude-worker" as const })),
      ...[...claudeCode.directories()].map((path) => ({ path, since: null, by: "claude-code" as const })),
    ],
  };
}

/**
 * Trusts a directory. Tasks that waited for it may start.
 * @throws WorkerError invalid_input when it is not a usable directory.
 */
export function addTrust(store: Store, directory: string, { now, rights }: { now: number; rights: StartRights }): Promise<void> {
  const path = realDirectory(directory);
  return store.write(() => {
    store.trust.add(path, now);
    rights.trustChanged();
  });
}

/**
 * Stops trusting a directory. A directory that does not exist any more can be named by the path
 * that was trusted.
 * @throws WorkerError not_found when it is not among the store's trusted directories.
 */
export async function removeTrust(store: Store, directory: string): Promise<void> {
  const removed = await store.write(() => store.trust.remove(directory) || store.trust.remove(realOrSame(directory)));
  if (!removed)
    throw new WorkerError("not_found", `${directory} is not a directory that Claude Worker trusts. List those: claude-worker trust list`);
}

function realOrSame(directory: string): string {
  try {
    return realDirectory(directory);
  } catch {
    return directory; // It does not exist any more, so only the trusted path itself can match.
  }
}
