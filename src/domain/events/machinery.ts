/**
 * Names the events that are not a step of the task: the start of its session, snapshots, and
 * notices of Claude Code that say nothing about the work.
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
  "files_included",
  "setup_cache",
  "no_sandbox",
]);

/** Whether the event is shown only on request. Such an event is never a task's last action. */
export function isMachinery({ type, data }: EventBody): boolean {
  return (
    type === "session" ||
    type === "init" ||
    type === "checkpoint" ||
    (type === "notice" && !speakingNotices.has(data.kind) && !isFailedWork(data))
  );
}

/** Whether the notice reports a sub-agent or a background command that failed. */
export function isFailedWork(notice: Notice): boolean {
  return notice.kind === "task_notification" && notice.status === "failed";
}
