/**
 * Puts the files of a loop's best iteration back: only those that the task itself changed since
 * then, and nothing where others changed one of them (as a restore without `force`).
 */
import { messageOf } from "../domain/errors.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import type { KeepOrder } from "../domain/workspace/keep-order.ts";
import { nameOf } from "../git/changed-files.ts";
import { changesSince } from "../git/changes-since.ts";
import type { GitProgram } from "../git/git-program.ts";
import { Objects } from "../git/objects.ts";
import { leaveIgnored } from "../git/ignored-before.ts";
import { filesOf } from "../git/path-list.ts";
import { lookAtPlan, obstacleProblem, obstaclesOf, planPutBack, putBack } from "../git/put-back.ts";
import type { PresentFiles } from "./checkpoints.ts";

/** So many names are in a reason. */
const shownNames = 5;

export interface Kept {
  readonly isKept: boolean;
  /** Why not, as the end of a sentence; null: they stand. */
  readonly reason: string | null;
  readonly changedFiles: number;
}

/** Can be repeated after a kill. Does not throw. @param present null: the files are not known. */
export async function keepIteration(
  order: KeepOrder,
  present: PresentFiles | null,
  { program, index }: { readonly program: GitProgram; readonly index: string },
): Promise<Kept> {
  if (present === null) return notKept("the files as they are now are not known");
  try {
    return await keep(order, present, new Objects(program, present.repository.commonDirectory), index);
  } catch (error) {
    return notKept(messageOf(error));
  }
}

async function keep(order: KeepOrder, { repository, commit }: PresentFiles, objects: Objects, index: string): Promise<Kept> {
  const now = commit ?? order.last;
  await objects.requireCommit(order.commit, `Checkpoint ${order.checkpoint}`);
  const stretches = now === order.last ? order.stretches : [...order.stretches, { from: order.last, to: now, isOfTask: false }];
  const { ofTask, ofOthers } = await changesSince(objects, stretches);
  const [present, wanted] = [await filesOf(objects, now), await filesOf(objects, order.commit)];
  const plan = await leaveIgnored(repository, planPutBack(ofTask, present, wanted), wanted, `${index}.rules`);
  const later = [...plan.write.map(([file]) => file), ...plan.remove].filter((file) => ofOthers.has(file));
  if (later.length > 0) {
    const names = later.slice(0, shownNames).map((file) => plainLine(nameOf(file), 200));
    const more = later.length > shownNames ? ` and ${later.length - shownNames} more` : "";
    return notKept(`others than the task changed ${names.join(", ")}${more} since`);
  }
  const obstacles = obstaclesOf(repository.top, plan, present);
  if (obstacles.length > 0) return notKept(obstacleProblem(obstacles).message);
  await putBack({ ...repository, git: repository.git.again() }, plan, index, lookAtPlan(repository.top, plan));
  return { isKept: true, reason: null, changedFiles: plan.write.length + plan.remove.length };
}

function notKept(reason: string): Kept {
  return { isKept: false, reason: reason.replace(/\.$/, ""), changedFiles: 0 };
}
