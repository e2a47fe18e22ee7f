/** The choices that a question offers, and its text for people. Neither comes from Claude Code. */
import { plainLine, visibleText } from "../text/plain-text.ts";
import { stringOf } from "../text/read-json.ts";
import { callOf } from "../attempt/tool-call.ts";
import { approvalTool } from "../workflows/approval.ts";
import { consentText } from "./consent.ts";
import { claudeQuestions } from "./claude-questions.ts";
import { planModes } from "./question.ts";
import type { AskedQuestion, QuestionOption } from "./question.ts";

type Asked = Pick<AskedQuestion, "kind" | "tool" | "input" | "rule">;

const option = (label: string, description: string | null = null): QuestionOption => ({ label, description });

/**
 * The choices in the order in which `--pick` counts them. Several questions at once offer none:
 * each is answered by its text.
 */
export function offeredOptions({ kind, input, rule }: Asked): readonly QuestionOption[] {
  switch (kind) {
    case "permission":
    case "network":
      return [
        option("allow", "this call"),
        option("deny"),
        ...(rule === null ? [] : [option("always", `this call, and later ones in the directory: ${visibleText(rule)}`)]),
      ];
    case "question": {
      const [only, ...more] = claudeQuestions(input);
      return only === undefined || more.length > 0 ? [] : only.options;
    }
    case "plan":
      return [...planModes.map((mode) => option(mode, `approve, and work in the mode ${mode}`)), option("deny", "send it back with words")];
    case "elicitation":
      return [option("accept"), option("deny")];
    case "consent":
      return [option("allow", "tasks continue and are paid for"), option("deny", "tasks wait for the reset")];
  }
}

const maxText = 300;

/**
 * What is allowed must be seen: characters that a terminal would hide are shown as `\uXXXX`. Left
 * out, they could hide a part of a command.
 */
function shown(text: string): string {
  return plainLine(visibleText(text), maxText);
}

/** The question in one line. */
export function questionText({ kind, tool, input }: Pick<AskedQuestion, "kind" | "tool" | "input">): string {
  const call = callOf(input, null);
  switch (kind) {
    case "permission":
      if (tool === approvalTool) return shown(stringOf(input["question"]) ?? "Continue?");
      return shown(`May it use ${tool}${call === "" ? "" : `: ${call}`}?`);
    case "network":
      return shown(`May a command reach ${stringOf(input["host"]) ?? "a host"}?`);
    case "question":
      return plainLine(
        claudeQuestions(input)
          .map(({ question }) => question)
          .join(" / ") || "Claude asks a question.",
        maxText,
      );
    case "plan":
      return shown(`Approve the plan? ${stringOf(input["plan"]) ?? ""}`);
    case "consent":
      return shown(consentText(input));
    case "elicitation":
      return shown(`${stringOf(input["serverName"]) ?? "An MCP server"} asks: ${stringOf(input["message"]) ?? ""}`);
  }
}
