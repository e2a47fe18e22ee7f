/**
 * Remembers which files a put-back is about to change, so that after a kill those that it had
 * changed count as its own, and not as changes of others (docs/decisions/0021).
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { snapshotIndexPath } from "../../config/paths.ts";
import type { Paths } from "../../config/paths.ts";
import { messageOf } from "../../domain/errors.ts";
import { parseJson } from "../../domain/text/parse-json.ts";
import { isObject } from "../../domain/text/read-json.ts";
import { workBase } from "../../domain/workspace/workspace.ts";
import type { Workspace } from "../../domain/workspace/workspace.ts";
import type { BytePath } from "../../git/changed-files.ts";
import { countChanges } from "../../git/count-changes.ts";
import { commitHalf } from "../../git/half-put-back.ts";
import { Objects } from "../../git/objects.ts";
import { filesOf } from "../../git/path-list.ts";
import type { FileEntry } from "../../git/path-list.ts";
import type { PutBackPlan } from "../../git/put-back.ts";
import type { Repository } from "../../git/repository.ts";
import { openWorkspace, treeNow } from "./present-files.ts";
import type { FilesContext } from "./present-files.ts";
import type { WorkspaceGate } from "./workspace-gate.ts";

const ending = ".put-back.json";
const countTimeoutMs = 30_000;

/** Numbers of checkpoints, and the paths of the plan. */
interface Intent {
  readonly before: number;
  readonly target: number;
  readonly files: readonly BytePath[];
}

function placeOf(paths: Paths, taskId: number): string {
  return `${snapshotIndexPath(paths, taskId)}${ending}`;
}

/** Call it before the first file is changed. @throws Error: it cannot be written. */
export function writeIntent(paths: Paths, taskId: number, numbers: Omit<Intent, "files">, { write, remove }: PutBackPlan): void {
  const place = placeOf(paths, taskId);
  mkdirSync(paths.snapshots, { recursive: true, mode: 0o700 });
  const draft = openSync(`${place}.new`, "w", 0o600);
  try {
    writeSync(draft, JSON.stringify({ ...numbers, files: [...write.map(([file]) => file), ...remove] } satisfies Intent));
    fsyncSync(draft);
  } finally {
    closeSync(draft);
  }
  renameSync(`${place}.new`, place);
}

/** Call it once the checkpoint of the end is stored, or nothing was changed. */
export function clearIntent(paths: Paths, taskId: number): void {
  rmSync(placeOf(paths, taskId), { force: true });
}

/**
 * Stores what a killed put-back has done as a checkpoint of its own: the files that it had named,
 * and that are now as its target has them.
 * @throws GitProblem.
 */
export async function settlePutBack(
  context: FilesContext,
  { taskId, repository: directory }: Workspace & { readonly repository: string },
  repository: Repository,
): Promise<void> {
  const { store, paths, git, now } = context;
  const intent = intentOf(placeOf(paths, taskId));
  if (intent === null) return;
  const known = store.checkpoints.ofTask(taskId);
  const [before, target, last] = [intent.before, intent.target, known.at(-1)?.number].map((each) =>
    known.find(({ number }) => number === each),
  );
  // What came after another checkpoint cannot be distinguished any more.
  if (before !== undefined && target !== undefined && last === before) {
    const objects = new Objects(git, directory);
    const [was, wanted] = [await filesOf(objects, before.commit), await filesOf(objects, target.commit)];
    const present = await filesOf(objects, await treeNow(paths, taskId, repository));
    const done = intent.files.filter((file) => isSame(present, wanted, file) && !isSame(was, wanted, file));
    if (done.length > 0) {
      const number = before.number + 1;
      const made = await commitHalf(repository, {
        before: before.commit,
        done: done.map((file) => [file, wanted.get(file) ?? null]),
        index: `${snapshotIndexPath(paths, taskId)}.half`,
        refs: before.ref.slice(0, before.ref.lastIndexOf("/")),
        number,
        message: `Checkpoint ${number} of task ${taskId}\n`,
        head: before.head,
      });
      const workspace = store.workspaces.get(taskId);
      const base = (workspace === null ? null : workBase(workspace)) ?? known[0]?.commit ?? null;
      const changes = base === null ? null : await countChanges(repository.git, base, made.commit, countTimeoutMs).catch(() => null);
      await store.write(() => store.checkpoints.insert({ ...before, ...made, number, reason: "restored", at: now(), changes }));
    }
  }
  clearIntent(paths, taskId);
}

/**
 * Does so for every task, at the start of a server. One whose files cannot be read keeps its note:
 * its next put-back looks again.
 */
export async function settlePutBacks(
  context: FilesContext & { readonly gate: WorkspaceGate },
  say: (text: string) => void = () => {},
): Promise<void> {
  for (const taskId of tasksIn(context.paths.snapshots)) {
    const workspace = context.store.workspaces.get(taskId);
    if (workspace === null || workspace.repository === null) {
      clearIntent(context.paths, taskId);
      continue;
    }
    const { repository } = workspace;
    try {
      await context.gate.before(taskId, "its files are looked at", async () => {
        await settlePutBack(context, { ...workspace, repository }, await openWorkspace(context, workspace));
      });
    } catch (error) {
      say(`Task ${taskId}: ${messageOf(error)}`);
    }
  }
}

type Files = ReadonlyMap<BytePath, FileEntry>;

function isSame(one: Files, other: Files, file: BytePath): boolean {
  const [a, b] = [one.get(file), other.get(file)];
  return a?.mode === b?.mode && a?.blob === b?.blob;
}

/** Null: there is none that can be read. */
function intentOf(place: string): Intent | null {
  try {
    const found = parseJson(readFileSync(place, "utf8"));
    return isObject(found) && Array.isArray(found["files"]) ? (found as unknown as Intent) : null;
  } catch {
    return null;
  }
}

function tasksIn(directory: string): number[] {
  try {
    return readdirSync(directory).flatMap((name) => {
      const id = name.endsWith(ending) ? Number(/\d+/.exec(name)?.[0]) : 0;
      return Number.isSafeInteger(id) && id > 0 ? [id] : [];
    });
  } catch {
    return []; // No task has a snapshot yet.
  }
}
