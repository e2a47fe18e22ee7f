/** Reads what the forms of an answer's page send (answer-forms.ts). */
import type { AnswerPage, PageAnswer } from "../../contract/answer-page.ts";
import { WorkerError } from "../../domain/errors.ts";
import { claudeQuestions } from "../../domain/questions/claude-questions.ts";
import { formContent, serverFields } from "../../domain/questions/server-form.ts";
import type { FormFields } from "../request/route.ts";

const longest = 10_000;

/** @throws WorkerError invalid_input. */
export function answerInFields({ question, labels, isOneOption }: AnswerPage, fields: FormFields): PageAnswer {
  const one = (name: string): string => fields.get(name)?.[0] ?? "";
  if ([...fields.values()].flat().some((value) => value.length > longest))
    throw new WorkerError("invalid_input", `An answer has at most ${longest} characters. Write less.`);
  const confirmation = one("confirmation");
  if (isOneOption) return { confirmation };
  if (one("decision") === "deny") return { confirmation, decision: "deny", message: one("message") };
  if (question.kind === "question") return { confirmation, answers: answersIn(question.input, fields) };
  const option = labels.find((_, place) => one("option") === String(place));
  if (option === undefined) throw new WorkerError("invalid_input", "The form names no answer. Open the link again.");
  if (question.kind !== "elicitation" || question.input["mode"] === "url") return { confirmation, option };
  return { confirmation, option, content: formContent(serverFields(question.input), (index) => fields.get(`field${index}`) ?? []) };
}

/** Words count before the only choice, and beside several. A question without both is not named. */
function answersIn(input: AnswerPage["question"]["input"], fields: FormFields): NonNullable<PageAnswer["answers"]> {
  const answers = claudeQuestions(input).map(({ question, multiSelect, options }, index) => {
    const words = fields.get(`words${index}`)?.[0]?.trim() ?? "";
    const places = [...new Set(fields.get(`choice${index}`))];
    const chosen = places.flatMap((place) => options.find((_, at) => place === String(at))?.label ?? []);
    const all = [...(multiSelect || words === "" ? chosen : []), ...(words === "" ? [] : [words])];
    return [question, multiSelect ? all : (all[0] ?? [])] as const;
  });
  return Object.fromEntries(answers);
}
