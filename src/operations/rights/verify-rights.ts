/**
 * Checks who may have a command of a task run, which verifies it or sets it up: it runs outside of
 * Claude's permission rules. A person who may submit may allow `Bash` any command, and so may set
 * one; an agent takes those that a person has named.
 */
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { readVerify, verifyCommands } from "../../domain/verification/verify-command.ts";
import { noSetup } from "../../domain/workspace/setup.ts";
import { isNamed, namedCommands } from "../verification/named-commands.ts";
import type { NamedContext } from "../verification/named-commands.ts";
import { commandOptions } from "../verification/resolve-verify.ts";

/** Whatever holds commands that run outside of Claude's rules. */
type CommandFields = { readonly verify?: readonly string[] } & { readonly [Name in (typeof commandOptions)[number]]?: string | null };

/**
 * Called at the submit, and again in each claim: what a person named may have been taken back.
 * @throws WorkerError forbidden.
 */
export function requireNamedVerify(context: NamedContext, task: { readonly workingDirectory: string } & CommandFields): void {
  for (const [pointer, command] of commandsOf(task)) {
    if (isNamed(context, task.workingDirectory, command)) continue;
    const names = [...namedCommands(context, task.workingDirectory).commands.keys()].map((name) => `@${name}`);
    const may = names.length === 0 ? "None is named here." : `Named here: ${names.join(", ")}.`;
    const detail = "agents take only commands that the settings or the trusted repository name";
    throw new WorkerError(
      "forbidden",
      `The verify command ${plainLine(command, 200)} runs outside of Claude's permission rules, and ${detail}. ${may} Ask the user for others.`,
      [{ pointer, detail }],
    );
  }
}

/**
 * Called at the submit, and again in each claim, like `requireNamedVerify`.
 * @throws WorkerError forbidden: an agent's own command sets the worktree up.
 */
export function requireNamedSetup(
  context: NamedContext,
  task: { readonly workingDirectory: string; readonly setup?: string | null },
): void {
  const { setup = null, workingDirectory } = task;
  if (setup === null || setup === noSetup || setup === namedCommands(context, workingDirectory).setup?.command) return;
  const detail = `agents take only the command that the trusted repository names, or ${noSetup}`;
  throw new WorkerError(
    "forbidden",
    `The set-up command ${plainLine(setup, 200)} runs outside of Claude's permission rules, and ${detail}. Leave it out, or ask the user for it.`,
    [{ pointer: "/setup", detail }],
  );
}

/** Each command of a task, with where it stands in an input. */
function commandsOf({ verify = [], ...task }: CommandFields): [pointer: string, command: string][] {
  const several = verifyCommands(verify).map(({ command }, index) => [`/verify/${index}`, command] as [string, string]);
  const single = commandOptions.flatMap((name) => {
    const text = task[name] ?? null;
    return text === null ? [] : [[`/${name}`, readVerify(text).command ?? text] as [string, string]];
  });
  return [...several, ...single];
}
