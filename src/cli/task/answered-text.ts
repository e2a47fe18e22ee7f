/** What a person reads after an answer. */
import type { QuestionView } from "../../contract/views/question.ts";
import { plainLine, visibleText } from "../../domain/text/plain-text.ts";

export function answeredText({ id, task_id: task, answer }: QuestionView): string {
  const rule =
    answer?.rule === undefined
      ? ""
      : ` From now on the directory's tasks may: ${plainLine(visibleText(answer.rule), 500)} (see: claude-worker rules)`;
  return `q${id} is answered. Task ${task} continues.${rule}`;
}
