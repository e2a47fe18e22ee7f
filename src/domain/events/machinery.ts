/**
 * Which events are no step of the task: how its session began, and notices of Claude Code that say
 * nothing of the work.
 */
import type { EventBody, Notice, NoticeKind } from "./event.ts";

/** Notices that say what went wrong, what is waited for, or why a task was stopped. */
const speakingNotices = new Set<NoticeKind>([
  "api_error",
  "stop_requested",
  "settings_not_in_effect",
  "hook_no_verdict",
  "waiting_background",
  "hook_running",
  "hook_ended",
  "stop_hook_blocked",
  "stop_hook_overridden",
  "failed_mcp_server",
  "directory_gone",
]);

/** Whether a person need not see it unless they ask. It is never a task's last action. */
export function isMachinery({ type, data }: EventBody): boolean {
  return type === "session" || type === "init" || (type === "notice" && !speakingNotices.has(data.kind) && !isFailedWork(data));
}

/** The end of a sub-agent or of a command in the background that is not a good one. */
export function isFailedWork(notice: Notice): boolean {
  return notice.kind === "task_notification" && notice.status === "failed";
}
