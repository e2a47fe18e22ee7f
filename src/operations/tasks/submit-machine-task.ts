/**
 * Checks tasks that an agent writes: the prompt must say everything, and the directory must exist
 * and be trusted. Every error says how to do better.
 */
import { WorkerError } from "../../domain/errors.ts";
import type { InputProblem } from "../../domain/errors.ts";
import { promptAdvice, promptProblems } from "../../domain/agents/prompt-quality.ts";
import type { PromptRules } from "../../domain/agents/prompt-quality.ts";
import type { ParsedTaskInput } from "../../contract/task-input.ts";
import { filledInput } from "./group-defaults.ts";
import type { SubmitContext } from "./submit-task.ts";
import { realDirectory, requireTrust } from "./working-directory.ts";

/**
 * Checks all rules at once, so that the next try can succeed.
 * @throws WorkerError unprocessable with a problem for each broken rule.
 */
export function requireMachineTask(context: SubmitContext, input: ParsedTaskInput, rules: PromptRules): void {
  const problems = [...promptProblems(filledInput(context, input), rules), ...directoryProblems(context, input.working_directory)];
  if (problems.length === 0) return;
  const first = problems[0] === undefined ? "" : `${problems[0].pointer.slice(1)} ${problems[0].detail}`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  throw new WorkerError(
    "unprocessable",
    `The task would not stand alone: ${first}${more}. ${promptAdvice(rules).join(" ")}`.trim(),
    problems,
  );
}

function directoryProblems({ store, claudeCodeTrust }: SubmitContext, directory: string): InputProblem[] {
  try {
    requireTrust(realDirectory(directory), store.trust, claudeCodeTrust);
    return [];
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    return [{ pointer: "/working_directory", detail: error.message }];
  }
}
