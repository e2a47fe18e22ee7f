/**
 * Questions of a task in the form of the tasks extension (SEP-2663): what a client is asked, and
 * the answer that it sends. Questions of content only: a permission is the user's to give.
 */
import { inputRequired } from "@modelcontextprotocol/server";
import type { JSONObject } from "@modelcontextprotocol/server";
import type { InputOf } from "../contract/api.ts";
import type { QuestionView } from "../contract/views/question.ts";
import type { TaskView } from "../contract/views/task.ts";
import { claudeQuestions } from "../domain/questions/claude-questions.ts";
import { isOfContent } from "../domain/questions/question.ts";
import { plainText } from "../domain/text/plain-text.ts";
import { isObject } from "../domain/text/read-json.ts";

/** The open questions that a client can answer. */
export function requestedOf({ questions }: TaskView): readonly QuestionView[] {
  return questions.filter((question) => question.status === "open" && isOfContent(question));
}

/** What the client is asked, by `q7`. */
export function inputRequestsOf(task: TaskView): Readonly<Record<string, JSONObject>> {
  return Object.fromEntries(requestedOf(task).map((question) => [`q${question.id}`, requestOf(question) as unknown as JSONObject]));
}

function requestOf({ id, input, text }: QuestionView) {
  const message = plainText(`Task asks (q${id}): ${text}`).slice(0, 2000);
  const form = input["requestedSchema"];
  if (isObject(form)) return inputRequired.elicit({ message, requestedSchema: form as never });
  const fields = claudeQuestions(input).map(({ question, options }, index) => {
    const choices = options.map(({ label }) => label).join(", ");
    return [
      fieldName(index),
      { type: "string" as const, title: question.slice(0, 200), description: `Offered: ${choices}. Any other text is taken, too.` },
    ];
  });
  const properties = Object.fromEntries(fields) as Record<string, { type: "string"; title: string; description: string }>;
  return inputRequired.elicit({ message, requestedSchema: { type: "object", properties, required: Object.keys(properties) } });
}

type Given = Omit<InputOf<"answerQuestion">, "id">;

/** The answer in a client's response; null: it answers nothing. */
export function answerIn({ kind, input }: QuestionView, response: unknown): Given | null {
  if (!isObject(response)) return null;
  const { action, content } = response;
  if (action === "decline") return { decision: "deny" };
  if (action !== "accept" || !isObject(content)) return null;
  if (kind === "elicitation") return { decision: "allow", content: { ...content } };
  const answers = claudeQuestions(input).flatMap(({ question }, index) => {
    const answer = content[fieldName(index)];
    return typeof answer === "string" ? [[question, answer] as const] : [];
  });
  return { decision: "allow", answers: Object.fromEntries(answers) };
}

function fieldName(index: number): string {
  return `answer_${index + 1}`;
}
