/** How the verification of a task stands, in words for people. */
import type { TaskSummaryView, TaskView, VerificationView } from "../../../contract/views/task.ts";
import { formatDuration } from "../../../domain/text/duration.ts";
import { plainLine, plainText } from "../../../domain/text/plain-text.ts";

/** How much of the output of a command that did not pass is shown. */
const shownLines = 10;
const shownCharacters = 200;
/** An output of this length was cut before it was stored. */
const tailCharacters = 8_000;

/**
 * What a task's status says with its verification: `verifying`, `running · iteration 2 of 8`,
 * `completed · verified`.
 */
export function statusWord(task: Pick<TaskSummaryView, "status" | "phase" | "verified" | "loop" | "ended_at">): string {
  const { status, phase, verified, loop, ended_at: ended } = task;
  if (ended !== null) return verified === true ? `${status} · verified` : status;
  const word = phase === "verifying" ? "verifying" : phase === "setting_up" ? "setting up" : status;
  return loop === null || (phase === null && loop.iteration === 1)
    ? word
    : `${word} · iteration ${loop.iteration} of ${loop.of}${loop.best === null ? "" : ` · best ${loop.best.score}`}`;
}

/** A line for each iteration of a loop that has ended. */
export function iterationLines({ iterations, loop }: Pick<TaskView, "iterations" | "loop">): string[] {
  const many = iterations.length - shownIterations;
  const lines = iterations.slice(-shownIterations).map((each) => {
    const facts = [
      each.state,
      each.score === null ? "" : `score ${each.score}`,
      each.best ? "best" : "",
      each.kept ? "its files stand" : "",
      each.state !== "passed" && each.exit_code !== null ? `exit code ${each.exit_code}` : "",
      formatDuration(each.took_ms),
      each.checkpoint === null ? "" : `checkpoint ${each.checkpoint}`,
      each.stale ? "before the task began again" : "",
    ];
    return `${iterationMarks[each.state]} ${each.number}${loop === null ? "" : ` of ${loop.of}`}  ${facts.filter((fact) => fact !== "").join(" · ")}`;
  });
  return [...(many > 0 ? [`… ${many} before these`] : []), ...lines];
}

const shownIterations = 20;
const iterationMarks: Readonly<Record<TaskView["iterations"][number]["state"], string>> = { passed: "✔", unfinished: "…", failed: "✖" };

const marks: Readonly<Record<VerificationView["state"], string>> = {
  pending: "…",
  running: "▶",
  passed: "✔",
  failed: "✖",
  unavailable: "?",
  stopped: "■",
};

/** A line for each command, and below one that did not pass the end of what it printed. */
export function verificationLines({
  id,
  verification,
  verify_tries: most,
  loop,
}: Pick<TaskView, "id" | "verification" | "verify_tries" | "loop">): string[] {
  return verification.flatMap((each) => {
    const command = each.name === each.command ? "" : `  (${plainLine(each.command, shownCharacters)})`;
    const line = `${marks[each.state]} ${plainLine(each.name, shownCharacters)}  ${stateText(each, each.name === "@until" ? (loop?.of ?? most) : most)}${command}`;
    return [line, ...outputLines(each, id)];
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

function outputLines({ state, output_tail: output }: VerificationView, id: TaskView["id"]): string[] {
  if (state === "passed" || state === "running") return [];
  const lines = plainText(output)
    .split("\n")
    .filter((line) => line.trim() !== "");
  const isCut =
    lines.length > shownLines || lines.slice(-shownLines).some((line) => line.length > shownCharacters) || output.length >= tailCharacters;
  const rest = `    … Not all of it. claude-worker show ${id} --json has more, claude-worker logs ${id} --raw the last 64 KB.`;
  return [...lines.slice(-shownLines).map((line) => `    ${plainLine(line, shownCharacters)}`), ...(isCut ? [rest] : [])];
}
