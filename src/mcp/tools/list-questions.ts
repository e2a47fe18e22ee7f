/** `list_questions`: what tasks need from a person or from the agent that delegated them. */
import { z } from "zod";
import { questionStatuses } from "../../domain/questions/question.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { briefQuestion, briefOfQuestion } from "../brief-question.ts";
import { data, defineTool } from "../tool.ts";
import { taskId } from "./arguments.ts";

export const listQuestions = defineTool({
  name: "list_questions",
  title: "List questions of tasks",
  description:
    "What tasks ask, newest first: permissions, questions of content, plans. Questions of content of your own tasks can be answered with answer_question.",
  input: z.strictObject({
    task: taskId.optional(),
    status: z.array(z.enum(questionStatuses)).min(1).max(questionStatuses.length).optional().describe("Default: open ones only."),
    limit: z.int().min(1).max(100).optional().describe("Default 20."),
    cursor: z.int().min(1).optional().describe("`next_cursor` of the page before."),
  }),
  output: z.object({ questions: z.array(briefQuestion), next_cursor: z.int().nullable(), next_step: z.string() }),
  writes: false,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run({ task, status = ["open"] as const, limit = 20, cursor }, { api, caller }) {
    const query = { status: [...status], limit, ...(task === undefined ? {} : { task }), ...(cursor === undefined ? {} : { cursor }) };
    const { questions, next_cursor } = await api.listQuestions(query, caller);
    const open = questions.filter((question) => question.status === "open");
    const next_step =
      open.length === 0
        ? "Nothing waits for an answer."
        : `answer_question answers questions of the kind question, and forms (elicitation). Addresses to open and all others are the user's: ${plainLine("claude-worker inbox", 100)}.`;
    return data({ questions: questions.map(briefOfQuestion), next_cursor, next_step });
  },
});
