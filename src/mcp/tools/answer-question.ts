/** `answer_question`: the agent that delegated a task answers what the task asks. */
import { z } from "zod";
import { answerInput } from "../../contract/operations/questions.ts";
import { briefOfQuestion, briefQuestion } from "../brief-question.ts";
import { data, defineTool } from "../tool.ts";

export const answerQuestion = defineTool({
  name: "answer_question",
  title: "Answer a question of a task",
  description:
    "Answers a question of content of a task that you delegated. The first answer counts. Permissions and plans are for the user only.",
  input: answerInput
    .pick({ decision: true, message: true, answers: true, option: true, content: true })
    .extend({ id: z.int().min(1).describe("The question's number, from list_questions.") }),
  output: z.object({ question: briefQuestion, next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: false, openWorld: true },
  async run({ id, ...given }, { api, caller }) {
    const question = await api.answerQuestion({ id, ...given }, caller);
    const next_step = `Task ${question.task_id} continues; wait_for_tasks with ids [${question.task_id}] tells when it has ended.`;
    return data({ question: briefOfQuestion(question), next_step });
  },
});
