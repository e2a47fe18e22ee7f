/** Says which files of a task are in no snapshot, and so were neither shown nor applied. */
import type { CheckpointView } from "../../contract/views/workspace.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { Io } from "../terminal/io.ts";
import { say } from "../terminal/render/wrap.ts";

const shownNames = 10;

/** Says nothing where the snapshot has every file. */
export function sayLeftOut(
  io: Io,
  id: TaskRef,
  { left_out: files, left_out_count: count }: Pick<CheckpointView, "left_out" | "left_out_count">,
): void {
  if (count === 0) return;
  const names = files.slice(0, shownNames).map(({ path, why }) => `${plainLine(path, 200)} (${why})`);
  const more = count > names.length ? ` and ${count - names.length} more` : "";
  say(
    io.stderr,
    `No snapshot of task ${id} has ${names.join(", ")}${more}: ${count === 1 ? "it is" : "they are"} left out. Commit what is to count.`,
  );
}
