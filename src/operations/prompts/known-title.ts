/**
 * Makes the title of a task whose prompt has expressions: values that are known at the submit stand
 * in it. Others stay as they are written.
 */
import { findExpressions } from "../../domain/prompts/expressions.ts";
import type { GivenValues } from "../../domain/prompts/given-values.ts";
import { titleOf } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { evaluate } from "./evaluate.ts";

/** Inside `write`, when it was checked that the expressions can be read. */
export function retitle(
  store: Store,
  { id, prompt }: Pick<Task, "id" | "prompt">,
  { literalFrom, given }: { readonly literalFrom: number | null; readonly given: GivenValues },
): void {
  const title = titleOf(filledLine(prompt, literalFrom, given));
  if (title !== titleOf(prompt)) store.tasks.retitle(id, title);
}

/** The prompt up to the end of its first line, with the values that are known. */
function filledLine(prompt: string, literalFrom: number | null, given: GivenValues): string {
  const start = prompt.length - prompt.trimStart().length;
  const end = prompt.indexOf("\n", start);
  const line = end === -1 ? prompt : prompt.slice(0, end);
  const { inputs = {}, vars = {}, matrix = {} } = given;
  return findExpressions(line, Math.min(literalFrom ?? line.length, line.length)).reduceRight(
    (text, { start: from, end: to, source, root }) => {
      if (root === "tasks" || root === "needs") return text;
      const value = evaluate(source, { inputs, vars, matrix });
      if (value === undefined) return text;
      const word = typeof value === "string" ? value : JSON.stringify(value);
      return text.slice(0, from) + word.replaceAll(/\s+/g, " ") + text.slice(to);
    },
    line,
  );
}
