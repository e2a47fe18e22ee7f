/** The inputs of a run: types, defaults and choices. */
import type { WorkflowInput } from "../../contract/workflow-file.ts";
import type { Json } from "../../domain/prompts/given-values.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import type { ReadFile } from "./read-file.ts";

/**
 * @param given texts of a command line, or values of JSON. @param absent takes the names of those
 * that are missing, for which a value of their type stands; null: they are a problem.
 * @throws WorkerError invalid_input: one is missing, unknown or does not fit.
 */
export function inputsOf(read: ReadFile, given: Readonly<Record<string, Json>>, absent: Set<string> | null = null): Record<string, Json> {
  const known = Object.entries(read.file.inputs ?? {}).map(([name, input]): [string, WorkflowInput] => [
    name,
    typeof input === "object" && !Array.isArray(input) ? input : { type: typeOf(input), default: input },
  ]);
  const names = known.map(([name]) => name);
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const near = didYouMean(name, names);
    const there = near === null ? (names.length === 0 ? "it has none" : `it has ${names.join(", ")}`) : `did you mean "${near}"?`;
    read.fail(["inputs"], `there is no input "${name}"; ${there}`);
  }
  return Object.fromEntries(
    known.map(([name, input]) => {
      if (absent === null || input.default !== undefined || Object.hasOwn(given, name)) return [name, valueOf(read, name, input, given)];
      absent.add(name);
      return [name, input.choices?.[0] ?? standIns[input.type]];
    }),
  );
}

const standIns: Readonly<Record<WorkflowInput["type"], Json>> = { string: "…", number: 1, boolean: true, list: [] };

function valueOf(read: ReadFile, name: string, input: WorkflowInput, given: Readonly<Record<string, Json>>): Json {
  const raw = Object.hasOwn(given, name) ? given[name] : input.default;
  if (raw === undefined) return read.fail(["inputs", name], `the run needs "${name}". Give --input ${name}=…`);
  const value = typed(raw, input.type);
  if (value === null) return read.fail(["inputs", name], `"${name}" is a ${input.type}, and ${JSON.stringify(raw)} is none`);
  // 22 is a choice of a text, too.
  if (input.choices !== undefined && !input.choices.some((choice) => typed(choice, input.type) === value))
    return read.fail(["inputs", name], `"${name}" is one of ${input.choices.join(", ")}, and not ${JSON.stringify(value)}`);
  return value;
}

/** Null: it does not fit the type. */
function typed(value: Json, type: WorkflowInput["type"]): Json {
  switch (type) {
    case "string":
      return typeof value === "object" ? null : String(value);
    case "number": {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      return typeof number === "number" && Number.isFinite(number) ? number : null;
    }
    case "boolean":
      return typeof value === "boolean" ? value : value === "true" ? true : value === "false" ? false : null;
    case "list":
      return Array.isArray(value) ? value : typeof value === "string" ? listOf(value) : null;
  }
}

/** `a,b` or a list of JSON. */
function listOf(text: string): Json {
  if (!text.trim().startsWith("["))
    return text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  try {
    const value = JSON.parse(text) as Json;
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function typeOf(value: Json): WorkflowInput["type"] {
  if (Array.isArray(value)) return "list";
  return typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "string";
}
