/** Checks the schedules: what runs next, and what paused itself or cannot be submitted. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { ServerView } from "../../contract/views/server.ts";
import { scheduleSummary } from "../terminal/render/schedule.ts";
import { ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

/** Empty where there are no schedules, or the server does not say. */
export async function checkSchedules(client: WorkerClient, now: number): Promise<Check[]> {
  try {
    const { schedules } = await client.server();
    const summary = scheduleSummary(schedules, now);
    return [...(summary === null ? [] : [ok("Schedules", summary)]), ...schedules.failing.map(problemOf)];
  } catch {
    return []; // The check of the server says why it does not answer.
  }
}

function problemOf({ name, pause_reason: reason, failures, message }: ServerView["schedules"]["failing"][number]): Check {
  const more = `See: claude-worker schedule runs ${name}`;
  if (reason !== null)
    return warn("Schedule", `${name} paused itself: ${reason}`, `${more} · when that is fixed: claude-worker schedule resume ${name}`);
  const what = failures === 1 ? "its last run could not be submitted" : `its last ${failures} runs could not be submitted`;
  return warn("Schedule", `${name}: ${what}. ${message ?? ""}`.trim(), more);
}
