/**
 * Checks who may have a verify command run: it runs outside of Claude's permission rules. A person
 * who may submit may allow `Bash` any command, and so may set one; an agent takes those that a
 * person has named.
 */
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { verifyCommands } from "../../domain/verification/verify-command.ts";
import { isNamed, namedCommands } from "../verification/named-commands.ts";
import type { NamedContext } from "../verification/named-commands.ts";

/**
 * Called at the submit, and again in each claim: what a person named may have been taken back.
 * @throws WorkerError forbidden.
 */
export function requireNamedVerify(
  context: NamedContext,
  task: { readonly workingDirectory: string; readonly verify?: readonly string[] },
): void {
  for (const [index, { command }] of verifyCommands(task.verify ?? []).entries()) {
    if (isNamed(context, task.workingDirectory, command)) continue;
    const names = [...namedCommands(context, task.workingDirectory).commands.keys()].map((name) => `@${name}`);
    const may = names.length === 0 ? "None is named here." : `Named here: ${names.join(", ")}.`;
    const detail = "agents take only commands that the settings or the trusted repository name";
    throw new WorkerError(
      "forbidden",
      `The verify command ${plainLine(command, 200)} runs outside of Claude's permission rules, and ${detail}. ${may} Ask the user for others.`,
      [{ pointer: `/verify/${index}`, detail }],
    );
  }
}
