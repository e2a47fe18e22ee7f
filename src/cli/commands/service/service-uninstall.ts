/** `service uninstall`: the server does not start with the machine any more. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { launcherPath } from "../../service/launcher-path.ts";
import { serviceManager, servicePlan, uninstallService } from "../../service/service.ts";

export const command = defineCommand<object>({
  name: "service uninstall",
  summary: "Remove the service; running tasks continue",
  forPeople: true,
  examples: [{ command: "claude-worker service uninstall", does: "stop the server and remove the service" }],
  async run({ options, io }) {
    const removed = await uninstallService(serviceManager(process.platform, io.env, servicePlan(io.env, launcherPath())), io.env);
    if (options.json === true) writeJson(io.stdout, { removed });
    else
      io.stdout.write(
        removed
          ? "The service is removed and its server is stopped. Running tasks continue. The next server adopts them: claude-worker server start\n"
          : "There was no service.\n",
      );
    return exitCodes.ok;
  },
});
