/** `service status`: whether the server starts with the machine. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { launcherPath } from "../../service/launcher-path.ts";
import { serviceManager, servicePlan, serviceStatus } from "../../service/service.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "service status",
  summary: "Say whether the server starts with the machine",
  details: "Exits with 0 when the service is installed and active, 1 otherwise.",
  examples: [{ command: "claude-worker service status", does: "look" }],
  async run({ options, io }) {
    const status = await serviceStatus(serviceManager(process.platform, io.env, servicePlan(io.env, launcherPath())), io.env);
    if (options.json === true) writeJson(io.stdout, status);
    else if (!status.installed) say(io.stdout, "No service is installed. Install it: claude-worker service install");
    else say(io.stdout, `The ${status.manager} service is ${status.active ? "active" : "installed but not active"}: ${status.file}`);
    return status.installed && status.active ? exitCodes.ok : exitCodes.failed;
  },
});
