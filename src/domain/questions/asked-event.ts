/** What the event of a question says. */
import { isoOf } from "../text/read-json.ts";
import type { EventData } from "../events/event.ts";
import { questionText } from "./offered-options.ts";
import type { Question } from "./question.ts";

export function askedEvent(question: Question): EventData["question_asked"] {
  const { id, kind, tool, toolUseId, agentId, deadline } = question;
  return {
    question: id,
    kind,
    tool,
    text: questionText(question),
    ...(toolUseId === null ? {} : { tool_use_id: toolUseId }),
    ...(agentId === null ? {} : { agent_id: agentId }),
    ...(deadline === null ? {} : { deadline: isoOf(deadline) ?? "" }),
  };
}
