/** `list_groups`: the lanes of tasks, with their limits and budgets. */
import { z } from "zod";
import { groupList } from "../../contract/views/group.ts";
import { data, defineTool } from "../tool.ts";

export const listGroups = defineTool({
  name: "list_groups",
  title: "List groups",
  description:
    "Groups of tasks: how many of each run at once, whether they are paused, what they may spend in a day, week or month, and how many of their tasks run and wait. Only the user changes groups and budgets.",
  input: z.strictObject({}),
  output: z.object({ ...groupList.shape, next_step: z.string() }),
  writes: false,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run(_input, { api, caller }) {
    const { groups } = await api.listGroups({}, caller);
    return data({ groups, next_step: "create_task puts a task into a group (group)." });
  },
});
