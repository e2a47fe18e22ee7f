/**
 * Manages trust: the directories that tasks may work in, from the store and from Claude Code's own
 * list.
 */
import { autoRunsOf } from "../../config/auto-runs.ts";
import { readRepositoryFile, repositoryFilePath } from "../../config/repository-file.ts";
import type { TrustView } from "../../contract/views/trust.ts";
import { WorkerError } from "../../domain/errors.ts";
import { unseenRuns } from "../../domain/task/auto-runs.ts";
import type { Store } from "../../store/store.ts";
import { recordedDirectory, trustRuns } from "./seen-runs.ts";
import type { StartRights } from "../rights/start-rights.ts";
import { rfc3339 } from "../tasks/times.ts";
import { realDirectory } from "../tasks/working-directory.ts";
import type { ClaudeCodeTrust } from "../tasks/working-directory.ts";

export function trustView(store: Store, claudeCode: ClaudeCodeTrust): TrustView {
  return {
    runs: store.trustedRuns.list().map(({ directory, runs, since }) => {
      const now = autoRunsOf(directory, claudeCode.env);
      const unseen = unseenRuns(runs, now);
      const fresh = new Set(unseen.map(({ what }) => what));
      return {
        directory,
        trusted: now.map(({ what }) => what).filter((what) => !fresh.has(what)),
        not_trusted: unseen.map(({ what, isNew }) => ({ what, is_new: isNew })),
        since: rfc3339(since),
      };
    }),
    directories: [
      ...store.trust.list().map(({ path, since }) => ({ path, since: rfc3339(since), by: "claude-worker" as const })),
      ...[...claudeCode.directories()].map((path) => ({ path, since: null, by: "claude-code" as const })),
    ],
    commands: store.trustedCommands.list().map(({ file, commands, since }) => {
      const { setup } = commands;
      return {
        file,
        verify: { ...commands.commands },
        verify_default: [...commands.defaults],
        setup: setup?.command ?? null,
        setup_cache: setup?.cache == null ? null : { key: [...setup.cache.key], paths: [...setup.cache.paths] },
        since: rfc3339(since),
      };
    }),
  };
}

interface TrustOptions {
  readonly now: number;
  readonly rights: StartRights;
  /** The environment that says where the user's own settings of Claude Code are. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the caller has seen the commands of the repository's file, and trusts them, too. */
  readonly commands: boolean;
}

/**
 * Trusts a directory. Tasks that waited for it may start.
 * @throws WorkerError invalid_input when it is not a usable directory, or its commands are wanted
 * and their file is broken.
 */
export function addTrust(store: Store, directory: string, { now, rights, env, commands }: TrustOptions): Promise<void> {
  const path = realDirectory(directory);
  const found = commands ? readRepositoryFile(repositoryFilePath(path)) : null;
  if (found !== null && "problem" in found.content)
    throw new WorkerError("invalid_input", `${found.file} ${found.content.problem}. Fix it, or remove it.`);
  return store.write(() => {
    store.trust.add(path, now);
    trustRuns(store, path, { env, now });
    if (found !== null && !("problem" in found.content))
      store.trustedCommands.put({ file: found.file, commands: found.content, digest: found.digest, since: now });
    rights.trustChanged();
  });
}

/**
 * Stops trusting a directory. A directory that does not exist any more can be named by the path
 * that was trusted.
 * @throws WorkerError not_found when it is not among the store's trusted directories.
 */
export async function removeTrust(store: Store, directory: string): Promise<void> {
  const removed = await store.write(() => {
    const path = realOrSame(directory);
    store.trustedCommands.remove(repositoryFilePath(path));
    store.trustedRuns.remove(recordedDirectory(path));
    return store.trust.remove(directory) || store.trust.remove(path);
  });
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
