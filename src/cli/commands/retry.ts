/** `retry`: runs ended tasks again. */
import { defineCommand } from "../command.ts";
import { connectionOf, withServer } from "../connection.ts";
import { eachTask } from "../each-task.ts";
import { actReference } from "../task-reference.ts";

export const command = defineCommand<object>({
  name: "retry",
  summary: "Run ended tasks again",
  arguments: [{ name: "<id...>", description: actReference, completes: "tasks" }],
  examples: [{ command: "claude-worker retry 42", does: "run it again from the beginning" }],
  async run(call) {
    const connection = connectionOf(call.io);
    const retry = async (id: number) => await withServer(call.io, connection, async () => await connection.client.retry(id));
    return await eachTask(call, retry, ({ id }) => `Task ${id} is to run again. Follow it: claude-worker watch ${id}`);
  },
});
