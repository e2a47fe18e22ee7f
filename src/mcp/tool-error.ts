/**
 * Turns an error into a tool's result: what is wrong, in which part of the arguments, and which
 * tool fixes the problem.
 */
import type { CallToolResult } from "@modelcontextprotocol/server";
import { WorkerError } from "../domain/errors.ts";
import type { ErrorCode } from "../domain/errors.ts";

/** Where programs find an error's parts. */
const errorKey = "claude-worker/error";

/**
 * @param onError called with errors that the server itself has caused. The client learns only that
 * there was one.
 */
export function toolError(thrown: unknown, tool: string, onError: (error: unknown) => void): CallToolResult {
  const error = thrown instanceof WorkerError ? thrown : null;
  if (error === null || error.code === "internal") onError(thrown);
  const code = error?.code ?? "internal";
  const message = error?.message ?? "The server met an error of its own.";
  const problems = error?.problems ?? [];
  const next_step = nextStep(code, tool);
  const lines = [
    message,
    ...problems.filter(({ detail }) => !message.includes(detail)).map(({ pointer, detail }) => `${pointer}: ${detail}`),
    next_step,
  ];
  return {
    isError: true,
    content: [{ type: "text", text: lines.join("\n") }],
    // Not as structured content: that has the shape of the tool's data, and strict clients check it
    // in errors too.
    _meta: { [errorKey]: { code, message, ...(problems.length > 0 ? { errors: problems } : {}), next_step } },
  };
}

function nextStep(code: ErrorCode, tool: string): string {
  switch (code) {
    case "invalid_input":
      return `Correct the arguments that are named and call ${tool} again.`;
    case "unprocessable":
      return `Rewrite the fields that are named and call ${tool} again.`;
    case "not_found":
      return "Call list_tasks to see which tasks there are.";
    case "conflict":
      return "Call get_task to see where the task stands.";
    case "untrusted_directory":
      return `Ask the user to trust the directory with the command that is named (you cannot), then call ${tool} again; or choose a directory that is trusted.`;
    case "forbidden":
    case "unauthorized":
      return "Do without it, or ask the user: only a person can widen what you may do.";
    case "payload_too_large":
      return `Write the material into a file, name the file in the prompt, and call ${tool} again.`;
    case "too_many_requests":
      return `Call wait_for_tasks until some of your tasks have ended, then call ${tool} again.`;
    case "unavailable":
    case "server_unreachable":
    case "storage_full":
    case "storage_unusable":
      return `Nothing was lost. Call ${tool} again in half a minute; if it stays so, tell the user to run: claude-worker doctor`;
    default:
      return "Tell the user to look into the server's log: claude-worker server logs";
  }
}
