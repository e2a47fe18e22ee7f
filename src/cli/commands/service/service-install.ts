/** `service install`: the server starts with the machine. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { launcherPath } from "../../service/launcher-path.ts";
import { installService, serviceManager, servicePlan } from "../../service/service.ts";

export const command = defineCommand<{ print?: boolean }>({
  name: "service install",
  summary: "Start the server with the machine (systemd user unit, launchd agent)",
  details: "A restart of the service ends only the server: running tasks continue, and the next server adopts them.",
  options: [{ flags: "--print", description: "only show the file and the commands" }],
  forPeople: true,
  examples: [
    { command: "claude-worker service install", does: "start it now and from now on" },
    { command: "claude-worker service install --print", does: "see what it would do" },
  ],
  async run({ options, io }) {
    const manager = serviceManager(process.platform, io.env, servicePlan(io.env, launcherPath()));
    if (options.print === true) {
      const { name, file, content, enable } = manager;
      if (options.json === true) writeJson(io.stdout, { installed: false, manager: name, file, content, commands: enable });
      else io.stdout.exact(`# ${manager.file}\n${manager.content}\n${manager.enable.map((words) => `$ ${words.join(" ")}\n`).join("")}`);
      return exitCodes.ok;
    }
    await installService(manager, io.env);
    if (options.json === true) writeJson(io.stdout, { installed: true, manager: manager.name, file: manager.file });
    else
      io.stdout.write(
        `The server runs as a ${manager.name} service: ${manager.file}\n${manager.hints.map((hint) => `${hint}\n`).join("")}`,
      );
    return exitCodes.ok;
  },
});
