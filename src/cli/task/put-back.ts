/** What `restore` and `undo` have in common: they show what would change, ask, and do it. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { PutBackView } from "../../contract/views/workspace.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { OptionSpec } from "../commandline/command.ts";
import { canAsk, confirm } from "../terminal/confirm.ts";
import { writeJson } from "../terminal/io.ts";
import type { Io } from "../terminal/io.ts";
import { say } from "../terminal/render/wrap.ts";

export interface PutBackFlags {
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const putBackOptions: readonly OptionSpec[] = [
  { flags: "-y, --yes", description: "do not ask; needed where there is no terminal" },
  { flags: "--force", description: "also files that others have changed since; a snapshot keeps them as they are now" },
  { flags: "--dry-run", description: "only show what would be changed" },
];

export const putBackDetails =
  "Only files that the task itself changed are put back; commits, HEAD and the index stay. A snapshot is taken before, so nothing is lost: the answer says how to come back. Files that others changed since are left alone, and refused where the task changed them, too.";

/** So many names are shown before the question. */
const shownNames = 20;

export interface PutBackCall {
  readonly io: Io;
  readonly client: WorkerClient;
  readonly id: TaskRef;
  /** Null: before the task's first step. */
  readonly checkpoint: number | null;
}

export async function putBack({ io, client, id, checkpoint }: PutBackCall, { force = false, yes, dryRun, json }: PutBackFlags) {
  const act = async (dry_run: boolean): Promise<PutBackView> =>
    checkpoint === null ? await client.undoTask({ id, force, dry_run }) : await client.restoreFiles({ id, checkpoint, force, dry_run });
  const place = checkpoint === null ? "before its first step" : `at checkpoint ${checkpoint}`;
  if (dryRun === true || yes !== true) {
    const plan = await act(true);
    if (json === true && dryRun === true) return writeJson(io.stdout, { id, ...plan });
    const out = dryRun === true ? io.stdout : io.stderr;
    if (plan.changed_files === 0)
      return say(io.stdout, `Nothing to put back: the files that task ${id} changed are as they were ${place}.`);
    say(out, namesOf(plan));
    if (dryRun === true) return;
    const nothing = new WorkerError("invalid_input", "Nothing was changed. Without a terminal, say --yes.");
    if (!canAsk(io)) throw nothing;
    const files = plan.changed_files === 1 ? "this file" : `these ${plan.changed_files} files`;
    await confirm(
      io,
      `Put ${files} of task ${id} back as ${plan.changed_files === 1 ? "it was" : "they were"} ${place}?`,
      new WorkerError("invalid_input", "Nothing was changed."),
    );
  }
  const done = await act(false);
  if (json === true) return writeJson(io.stdout, { id, ...done });
  if (done.changed_files === 0) return say(io.stdout, `Nothing to put back: the files that task ${id} changed are as they were ${place}.`);
  const [files, was] = done.changed_files === 1 ? ["1 file", "it was"] : [`${done.changed_files} files`, "they were"];
  const nested = done.left_alone.length === 0 ? "" : ` These stay as they are: ${plainLine(done.left_alone.join(", "), 500)}.`;
  say(
    io.stdout,
    `Put ${files} of task ${id} back as ${was} ${place}.${nested} To take this back: claude-worker restore ${id} ${done.before}`,
  );
}

/** The files that would be, or were, written and removed; at most twenty lines. */
export function namesOf({ written, removed, changed_files: count }: PutBackView): string {
  const names = [...written.map((each) => `write ${each}`), ...removed.map((each) => `remove ${each}`)];
  const more = count > shownNames ? [`and ${count - shownNames} more`] : [];
  return [...names.slice(0, shownNames), ...more].map((line) => plainLine(line, 1000)).join("\n");
}
