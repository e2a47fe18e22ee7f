/**
 * Makes the readable lines of a stored event. Events of the journal have lines already; for events
 * of the server the line is made here.
 */
import type { EventBody, EventData } from "./event.ts";
import { actorText, callerText } from "../text/caller-text.ts";
import { movedText } from "../order/place.ts";
import { plainLine } from "../text/plain-text.ts";
import { sweptLine } from "./swept-line.ts";

/** The lines, without control characters; none for events that a person need not see. */
export function eventSummary(event: EventBody & { readonly summary?: readonly string[] }): readonly string[] {
  if (event.summary !== undefined && event.summary.length > 0) return event.summary;
  const line = serverLine(event);
  return line === null ? [] : [plainLine(line, 240)];
}

function serverLine({ type, data }: EventBody): string | null {
  switch (type) {
    case "submitted":
      return "[task] submitted";
    case "started":
      return `[task] attempt ${data.attempt} started${paidBy(data)}`;
    case "resumed":
      return `[task] attempt ${data.attempt} resumes the session${data.uncut === true ? "" : "; a tool call that was in flight may run again"}`;
    case "requeued":
      return `[task] waits again (${data.outcome}): ${data.message}`;
    case "parked":
      return `[task] waits for an answer, without a process${data.outcome === "parked" ? "" : ` (${data.outcome})`}`;
    case "question_asked":
      return `[question] q${data.question} ${data.text}`;
    case "question_answered":
      return `[question] q${data.question} ${data.by === "default" ? "without an answer" : `answered by ${actorText(data)}`}: ${data.text}`;
    case "message_queued":
      return `[message] m${data.message} by ${actorText(data)}: ${data.text}`;
    case "message_delivered":
      return `[message] m${data.message} delivered`;
    case "message_cancelled":
      return `[message] m${data.message} ${data.by === undefined ? "is not delivered any more" : `taken back by ${callerText(data.by)}`}`;
    case "cancel_requested":
      return "[task] cancel requested";
    case "retried":
      return `[task] to be ${data.resume ? "continued where it was" : "tried again from the beginning"}`;
    case "revived":
      return `[task] waits again: task ${data.task}, which it depends on, runs again`;
    case "edited":
      return `[task] edited by ${actorText(data)}: ${data.changed.join(", ")}`;
    case "budget":
      return `[budget] ${data.budget} is ${data.level === "near" ? "nearly spent" : "spent"}: $${data.spent_usd.toFixed(2)} of $${data.limit_usd.toFixed(2)}`;
    case "moved":
      return `[task] moved ${movedText(data.to)} by ${actorText(data)}`;
    case "stashed":
      return `[task] put aside by ${actorText(data)}`;
    case "enqueued":
      return `[task] put back into the queue by ${actorText(data)}`;
    case "rewound":
      return `[task] the conversation is put back from turn ${data.was_turn} to turn ${data.turn}`;
    case "applied":
      return `[task] applied onto ${data.branch}${data.commit === null ? ", not committed" : ` as ${data.commit.slice(0, 12)} (${data.way})`}`;
    case "pull_request_watched":
      return `[pr] #${data.number} ${watchTexts[data.state]}${data.reason === undefined ? "" : `: ${data.reason}`}`;
    case "files_put_back":
      return `[task] ${data.changed_files} files put back to checkpoint ${data.checkpoint}; as they were before: checkpoint ${data.before}`;
    case "comment_added": {
      const lines = data.start_line === data.line ? String(data.line) : `${data.start_line}-${data.line}`;
      return `[review] c${data.comment} on ${data.path}:${data.side === "old" ? "-" : ""}${lines} by ${actorText(data)}: ${data.text}`;
    }
    case "comment_handled":
      return `[review] c${data.comment} is handled${data.by === undefined ? "" : `, says ${data.by}`}`;
    case "iteration_ended":
      return `[loop] iteration ${data.iteration} of at most ${data.of}: ${data.state}${data.score === null ? "" : `, score ${data.score}`}`;
    case "swept":
      return sweptLine(data.processes);
    case "ended":
      return `[task] ${data.status}: ${data.message}`;
    default:
      return null;
  }
}

const watchTexts: Readonly<Record<EventData["pull_request_watched"]["state"], string>> = {
  on: "is watched: failed checks and review comments come back",
  off: "is not watched any more",
  merged: "was merged, and is not watched any more",
  closed: "was closed, and is not watched any more",
  used_up: "is not watched any more: all its messages were sent",
  expired: "is not watched any more: it was for 30 days",
  forbidden: "is not watched any more",
  failed: "is not watched any more",
};

function paidBy({ profile, profile_asked: asked }: { readonly profile?: string; readonly profile_asked?: string }): string {
  return profile === undefined ? "" : `, paid by the profile ${profile}: a limit holds ${asked ?? "its own"}`;
}
