/** Reads the input of Claude's AskUserQuestion. Its shape is Claude Code's. */
import { arrayOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import type { QuestionOption } from "./question.ts";

/** One of the questions that Claude asks at once. */
export interface ClaudeQuestion {
  readonly question: string;
  readonly header: string;
  readonly multiSelect: boolean;
  readonly options: readonly QuestionOption[];
}

export function claudeQuestions(input: JsonObject): ClaudeQuestion[] {
  return arrayOf(input["questions"])
    .map(objectOf)
    .map((each) => ({
      question: stringOf(each["question"]) ?? "",
      header: stringOf(each["header"]) ?? "",
      multiSelect: each["multiSelect"] === true,
      options: arrayOf(each["options"])
        .map(objectOf)
        .map(({ label, description }) => ({ label: stringOf(label) ?? "", description: stringOf(description) })),
    }));
}
