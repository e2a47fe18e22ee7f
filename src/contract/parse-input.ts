/** Parses outside input with a schema. Throws one error that names every part that is wrong. */
import type { z } from "zod";
import { didYouMean } from "../domain/text/did-you-mean.ts";
import { WorkerError } from "../domain/errors.ts";
import type { ErrorCode, InputProblem } from "../domain/errors.ts";

/**
 * @param what how a person calls the input, e.g. "The request's body".
 * @throws WorkerError with a JSON pointer and a sentence for each part that is wrong:
 * `invalid_input`, or the code that the schema's check names in its `params`.
 */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, schema)).slice(0, maxProblems);
  const [first] = problems;
  const where = first === undefined || first.pointer === "" ? "" : ` at ${first.pointer}`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const sentence = `${what} is not valid${where}: ${first?.detail ?? "unknown problem"}${more}`;
  throw new WorkerError(codeOf(parsed.error.issues), /[.?!]$/.test(sentence) ? sentence : `${sentence}.`, problems);
}

const maxProblems = 20;

function codeOf(issues: readonly z.core.$ZodIssue[]): ErrorCode {
  const isTooLarge = issues.some((issue) => issue.code === "custom" && issue.params?.["code"] === "payload_too_large");
  return isTooLarge ? "payload_too_large" : "invalid_input";
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType): InputProblem[] {
  if (issue.code === "unrecognized_keys") {
    const known = issue.path.length === 0 ? fieldsOf(schema) : [];
    return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: unknownField(key, known) }));
  }
  if (issue.code === "invalid_key") {
    return [{ pointer: pointerTo(issue.path), detail: issue.issues[0]?.message ?? issue.message }];
  }
  return [{ pointer: pointerTo(issue.path), detail: issue.message }];
}

function unknownField(key: string, known: readonly string[]): string {
  const meant = didYouMean(key, known);
  if (meant !== null) return `this field is not known; did you mean "${meant}"?`;
  return known.length > 0 ? `this field is not known; known are ${known.join(", ")}` : "this field is not known";
}

function fieldsOf(schema: z.ZodType): string[] {
  const { def } = schema as Partial<z.ZodObject>;
  return def?.type === "object" ? Object.keys(def.shape) : [];
}

/** RFC 6901; a hostile key is cut so that an answer stays short. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
