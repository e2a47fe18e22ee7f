/** Keeps a set-up command that no person has seen from being passed over, or run. */
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { noSetup } from "../../domain/workspace/setup.ts";
import { namedCommands, quotedDirectory, repositoryFileState } from "../verification/named-commands.ts";
import type { NamedContext } from "../verification/named-commands.ts";
import type { NewTask } from "../../store/store.ts";

/**
 * A worktree without its set-up would only fail later. A task with a command of its own, or with
 * none on purpose, does not need the repository's.
 * @throws WorkerError untrusted_directory: the repository names one that no person has seen.
 */
export function requireSeenSetup(context: NamedContext, task: Pick<NewTask, "workspaceKind" | "setup" | "workingDirectory">): void {
  if (task.workspaceKind !== "worktree" || task.setup !== null) return;
  const state = repositoryFileState(context.store, task.workingDirectory);
  if (state.kind !== "new" && state.kind !== "changed") return;
  const { file, says } = state;
  const trusted = namedCommands(context, task.workingDirectory).setup;
  if (says.setup === null || JSON.stringify(says.setup) === JSON.stringify(trusted)) return;
  const since = trusted === null ? "no person has trusted it yet" : `a person has trusted another one: ${plainLine(trusted.command, 200)}`;
  throw new WorkerError(
    "untrusted_directory",
    `${file} names a command that sets worktrees up, and ${since}. It says: ${plainLine(says.setup.command, 500)}. It runs as your user. If you trust it: claude-worker trust add ${quotedDirectory(file)}. To run none: --setup ${noSetup}`,
    [{ pointer: "/setup", detail: "not trusted" }],
  );
}
