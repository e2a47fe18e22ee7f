/** How the verification of a task stands, in words for people. */
import type { TaskSummaryView, TaskView, VerificationView } from "../../../contract/views/task.ts";
import { formatDuration } from "../../../domain/text/duration.ts";
import { plainLine, plainText } from "../../../domain/text/plain-text.ts";

/** How much of the output of a command that did not pass is shown. */
const shownLines = 10;
const shownCharacters = 200;

/** What a task's status says with its verification: `verifying`, `completed · verified`. */
export function statusWord({ status, phase, verified }: Pick<TaskSummaryView, "status" | "phase" | "verified">): string {
  if (phase === "verifying") return "verifying";
  if (phase === "setting_up") return "setting up";
  return verified === true ? `${status} · verified` : status;
}

const marks: Readonly<Record<VerificationView["state"], string>> = {
  pending: "…",
  running: "▶",
  passed: "✔",
  failed: "✖",
  unavailable: "?",
  stopped: "■",
};

/** A line for each command, and below one that did not pass the end of what it printed. */
export function verificationLines({ verification, verify_tries: most }: Pick<TaskView, "verification" | "verify_tries">): string[] {
  return verification.flatMap((each) => {
    const command = each.name === each.command ? "" : `  (${plainLine(each.command, shownCharacters)})`;
    const line = `${marks[each.state]} ${plainLine(each.name, shownCharacters)}  ${stateText(each, most)}${command}`;
    return [line, ...outputLines(each)];
  });
}

function stateText({ state, exit_code: code, reason, tries, took_ms: took, stale, baseline }: VerificationView, most: number): string {
  const facts = [
    state === "pending" ? "has not run" : state,
    state === "failed" && code !== null ? `exit code ${code}` : "",
    reason ?? "",
    took === null ? "" : formatDuration(took),
    state === "failed" && tries > 0 ? `try ${tries} of ${most}` : "",
    stale ? "stale: the work changed since" : "",
    baseline?.state === "failed" ? "failed before the task, too" : "",
  ];
  return facts.filter((fact) => fact !== "").join(" · ");
}

function outputLines({ state, output_tail: output }: VerificationView): string[] {
  if (state === "passed" || state === "running") return [];
  const lines = plainText(output)
    .split("\n")
    .filter((line) => line.trim() !== "");
  return lines.slice(-shownLines).map((line) => `    ${plainLine(line, shownCharacters)}`);
}
