/** Trust: which directories tasks may work in, by our own record and by Claude Code's. */
import type { TrustView } from "../../contract/views.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Store } from "../../store/store.ts";
import type { StartRights } from "../rights/start-rights.ts";
import { rfc3339 } from "../tasks/task-view.ts";
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
 * What was waiting for the trust may start. @throws WorkerError invalid_input when it is not a
 * usable directory.
 */
export function addTrust(store: Store, directory: string, { now, rights }: { now: number; rights: StartRights }): Promise<void> {
  const path = realDirectory(directory);
  return store.write(() => {
    store.trust.add(path, now);
    rights.trustChanged();
  });
}

/**
 * @throws WorkerError not_found when it was not trusted by us. A directory that is gone can be
 * named by the path that was trusted.
 */
export async function removeTrust(store: Store, directory: string): Promise<void> {
  const removed = await store.write(() => store.trust.remove(directory) || store.trust.remove(realOrSame(directory)));
  if (!removed)
    throw new WorkerError(
      "not_found",
      `${directory} is not among the directories that Claude Worker was told to trust. See them: claude-worker trust list`,
    );
}

function realOrSame(directory: string): string {
  try {
    return realDirectory(directory);
  } catch {
    return directory; // Gone: only the path as it was trusted can match.
  }
}
