/** Names everything that has to pass before the work of a task counts as done. */
import type { TaskSpec } from "../task/task.ts";
import { verifyCommands } from "./verify-command.ts";
import type { VerifyCommand } from "./verify-command.ts";

/** The check of the files that the task must not change. A command cannot have this name. */
export const protectCheck = "@protect";

/** In the order in which they run. */
export function checksOf({ verify, protect }: Pick<TaskSpec, "verify" | "protect">): VerifyCommand[] {
  const files = protect.length === 0 ? [] : [{ name: protectCheck, command: protect.join(" ") }];
  return [...files, ...verifyCommands(verify)];
}
