/** Questions of tasks, their answers, and the rules that answers have made. */
import { z } from "zod";
import { answerDecisions, planModes, questionStatuses } from "../../domain/questions/question.ts";
import { questionPage, questionView, ruleList } from "../views/question.ts";
import { text } from "../task-options.ts";
import { taskRefInText } from "../task-ref.ts";
import { operation } from "./operation.ts";
import { largest, listOf, wholeNumber } from "./query-values.ts";

const tag = "Questions";

const questionParams = z.strictObject({ id: wholeNumber(1, largest).describe("The question's number.") });
const ruleParams = z.strictObject({ id: wholeNumber(1, largest).describe("The rule's number.") });

export const questionQuery = z.strictObject({
  status: listOf(z.enum(questionStatuses)).optional().describe("Only questions in one of these states."),
  task: taskRefInText.optional().describe("Only questions of this task."),
  limit: wholeNumber(1, 500).optional().describe("Default 100."),
  cursor: wholeNumber(1, largest).optional().describe("`next_cursor` of the page before."),
});

const words = text.max(100_000);

export const answerInput = z.strictObject({
  decision: z.enum(answerDecisions).optional().describe("Absent where `option` or `answers` says it."),
  message: words.optional().describe("Words for Claude: why it is denied, or a free answer. `elicitation` takes none."),
  answers: z
    .record(text.max(10_000), z.union([words, z.array(words).max(50)]))
    .optional()
    .describe("`question`: each answer by the text of its question. An offered label, or any other text."),
  option: text.max(10_000).optional().describe("The label of an offered option."),
  mode: text
    .max(100)
    .optional()
    .describe(`\`plan\`: the permission mode of the work: ${planModes.join(" or ")}.`),
  content: z.record(text.max(1000), z.unknown()).optional().describe("`elicitation`: the form."),
  remember: z
    .enum(["directory"])
    .optional()
    .describe("`permission`: also store the offered rule for the task's directory. Needs the admin scope."),
});

export const questionOperations = {
  listQuestions: operation("listQuestions", {
    access: "read",
    tag,
    summary: "List questions of all tasks",
    query: questionQuery,
    answer: "A page of questions.",
    output: questionPage,
  }),
  getQuestion: operation("getQuestion", {
    access: "read",
    tag,
    summary: "Read a question",
    params: questionParams,
    answer: "The question.",
    output: questionView,
  }),
  answerQuestion: operation("answerQuestion", {
    access: "submit",
    tag,
    summary: "Answer a question",
    description:
      "The first answer counts; a later one is a `conflict` that says what the first was. The caller needs the rights for a submit of the task. An answer allows this one call and nothing else, unless `remember` is given.",
    params: questionParams,
    body: answerInput,
    answer: "The question with its answer.",
    output: questionView,
    problems: ["conflict", "unprocessable", "untrusted_directory"],
  }),
  listRules: operation("listRules", {
    access: "read",
    tag,
    summary: "List the permission rules that answers have made",
    answer: "All rules.",
    output: ruleList,
  }),
  removeRule: operation("removeRule", {
    access: "admin",
    tag,
    summary: "Remove a permission rule that an answer has made",
    description: "Attempts that run keep it to their end.",
    params: ruleParams,
    status: 204,
    answer: "Removed.",
    output: null,
  }),
};
