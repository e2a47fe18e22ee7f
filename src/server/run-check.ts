/**
 * Runs a command that checks work before it lands. What it leaves behind is found by a marker of
 * its own: never everything below the server, where the runners are.
 */
import type { CheckRunner } from "../operations/workspaces/landing-checks.ts";
import { failpoint } from "../processes/failpoint.ts";
import { markerName, sweep } from "../processes/sweep.ts";
import { CommandSandbox } from "../runner/command-sandbox.ts";
import { ShellCommand } from "../runner/shell-command.ts";

const graceMs = 1_000;
const notStarted = { exitCode: null, signal: null, isTimedOut: false, isStopped: false, output: "" } as const;

/** @param redact takes secrets out of a text. */
export function checkRunner(redact: (text: string) => string): CheckRunner {
  return {
    async clear(marker) {
      await sweep(marker, { graceMs });
    },
    async run({ command, directory, env: plain, limitMs, marker, sandbox }) {
      const env = { ...plain, [markerName]: marker };
      const box = new CommandSandbox({ order: sandbox ?? undefined, env, claude: null });
      try {
        const problem = await box.begin(directory);
        if (problem !== null && sandbox?.mode === "on") return { ...notStarted, startProblem: problem.replace(/\.$/, "") };
        const clear = async (): Promise<void> => void (await sweep(marker, { graceMs }));
        const end = await new ShellCommand({ command: box.wrapped(command), directory, env, limitMs, clear }).run();
        failpoint("land.checked");
        return { ...end, output: redact(end.output) };
      } finally {
        box.end();
      }
    },
  };
}
