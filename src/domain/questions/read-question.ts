/** Reads a question from the journal, which a runner of another version may have written. */
import { isObject, stringOf } from "../text/read-json.ts";
import { questionKinds } from "./question.ts";
import type { AskedQuestion } from "./question.ts";

/** The question; null: this version cannot read it. */
export function readAskedQuestion(value: unknown): AskedQuestion | null {
  if (!isObject(value)) return null;
  // Consent is asked for by the server only.
  const kind = questionKinds.find((each) => each === value["kind"] && each !== "consent");
  const [key, tool, inputHash] = [stringOf(value["key"]), stringOf(value["tool"]), stringOf(value["inputHash"])];
  const input = value["input"];
  if (kind === undefined || key === null || tool === null || inputHash === null || !isObject(input)) return null;
  const [toolUseId, agentId, rule] = [stringOf(value["toolUseId"]), stringOf(value["agentId"]), stringOf(value["rule"])];
  return { key, kind, tool, toolUseId, agentId, input, inputHash, rule };
}
