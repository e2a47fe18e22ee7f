/** Says in a few words what a tool call is about: the most informative part of its input. */
import { arrayOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

/** Names of the most informative fields of a tool's input; the first one that is present counts. */
const telling = ["file_path", "notebook_path", "command", "pattern", "url", "query", "description", "skill", "path", "prompt"];
const paths = new Set(["file_path", "notebook_path", "path"]);

/**
 * What the call is about, e.g. the command or the file; empty for an input without texts. May have
 * several lines.
 */
export function callOf(input: JsonObject, cwd: string | null): string {
  const questions = questionsOf(input);
  if (questions !== "") return questions;
  const field = telling.find((candidate) => text(input[candidate]).trim() !== "");
  if (field !== undefined) return paths.has(field) ? relativeTo(text(input[field]), cwd) : text(input[field]);
  if (Array.isArray(input["todos"])) return `${input["todos"].length} todos`;
  const first = Object.entries(input).find(([, value]) => text(value).trim() !== "");
  return first === undefined ? "" : `${first[0]}: ${text(first[1])}`;
}

function relativeTo(path: string, cwd: string | null): string {
  if (cwd === null || cwd === "" || cwd === "/") return path;
  const base = cwd.endsWith("/") ? cwd : `${cwd}/`;
  if (`${path}/` === base) return ".";
  return path.startsWith(base) ? path.slice(base.length) : path;
}

function text(value: unknown): string {
  return stringOf(value) ?? "";
}

/** What a person is asked: the texts of the questions. */
function questionsOf(input: JsonObject): string {
  return arrayOf(input["questions"])
    .map((each) => text(objectOf(each)["question"]))
    .filter((question) => question.trim() !== "")
    .join(" · ");
}
