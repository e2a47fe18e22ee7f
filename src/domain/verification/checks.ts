/** Names everything that has to pass before the work of a task counts as done. */
import { readVerify, verifyCommands } from "./verify-command.ts";
import type { VerifyCommand } from "./verify-command.ts";

/** The check of the files that the task must not change. A command cannot have this name. */
export const protectCheck = "@protect";
/** The command that ends the task's loop. A command of `verify` cannot have this name. */
export const untilCheck = "@until";

/** The command that scores an iteration of the task's loop. */
export const scoreCheck = "@score";

/** The judge of the work: a second session of Claude. It is asked when all others have passed. */
export const judgeCheck = "@judge";

/** The options of a task that name checks. */
export interface CheckedTask {
  readonly verify: readonly string[];
  readonly protect: readonly string[];
  readonly until: string | null;
  readonly score: string | null;
  readonly judge: string | null;
}

/** In the order in which they run. */
export function checksOf({ verify, protect, until, score, judge }: CheckedTask): VerifyCommand[] {
  const files = protect.length === 0 ? [] : [{ name: protectCheck, command: protect.join(" ") }];
  return [...files, ...verifyCommands(verify), ...ownCheck(untilCheck, until), ...ownCheck(scoreCheck, score), ...judgeOf(judge)];
}

/**
 * Those of the checks that a shell can run again anywhere. The others have a text that is not a
 * command: patterns of files, and criteria, which agents may write.
 */
export function shellChecksOf(task: CheckedTask): VerifyCommand[] {
  return checksOf(task).filter(({ name }) => !isWithoutShell({ name }));
}

/** Whether it compares files or asks a judge, and its text must never get to a shell. */
export function isWithoutShell({ name }: Pick<VerifyCommand, "name">): boolean {
  return name === protectCheck || name === judgeCheck;
}

/** Whether a check is one of the commands in `verify`. Only the others have names with an `@`. */
export function isCommandOfVerify({ name }: Pick<VerifyCommand, "name">): boolean {
  return !name.startsWith("@");
}

function judgeOf(criteria: string | null): VerifyCommand[] {
  return criteria === null ? [] : [{ name: judgeCheck, command: criteria }];
}

function ownCheck(name: string, written: string | null): VerifyCommand[] {
  return written === null ? [] : [{ name, command: readVerify(written).command ?? written }];
}
