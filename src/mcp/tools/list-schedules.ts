/** `list_schedules`: what is submitted when. Only people change schedules. */
import { z } from "zod";
import { scheduleList, scheduleView } from "../../contract/views/schedule.ts";
import { data, defineTool } from "../tool.ts";

export const listSchedules = defineTool({
  name: "list_schedules",
  title: "List schedules",
  description:
    "Tasks, templates and workflows that are submitted again and again, or at a time: when they run next, what became of the last run, what is paused.",
  input: z.strictObject({}),
  output: scheduleList.extend({ schedules: z.array(scheduleView), next_step: z.string() }),
  writes: false,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run(_input, { api, caller }) {
    const { schedules } = await api.listSchedules({}, caller);
    return data({
      schedules,
      next_step:
        "Only the user changes schedules: claude-worker schedule --help. get_task shows the task of a run, get_workflow its workflow.",
    });
  },
});
