/** `service uninstall`: the server does not start with the machine any more. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { launcherPath } from "../../service/launcher-path.ts";
import { serviceManager, servicePlan, uninstallService } from "../../service/service.ts";

export const command = defineCommand<object>({
  name: "service uninstall",
  summary: "Take the service back; running tasks go on",
  examples: [{ command: "claude-worker service uninstall", does: "stop the server and forget the service" }],
  async run({ options, io }) {
    const removed = await uninstallService(serviceManager(process.platform, io.env, servicePlan(io.env, launcherPath())), io.env);
    if (options.json === true) writeJson(io.stdout, { removed });
    else
      io.stdout.write(
        removed
          ? "The service is gone and its server stopped. Running tasks go on until a server adopts them: claude-worker server start\n"
          : "There was no service.\n",
      );
    return exitCodes.ok;
  },
});
