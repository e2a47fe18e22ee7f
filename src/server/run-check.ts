/**
 * Runs a command that checks work before it lands. What it leaves behind is found by a marker of
 * its own: never everything below the server, where the runners are.
 */
import type { CheckRunner } from "../operations/workspaces/landing-checks.ts";
import { failpoint } from "../processes/failpoint.ts";
import { markerName, sweep } from "../processes/sweep.ts";
import { ShellCommand } from "../runner/shell-command.ts";

const graceMs = 1_000;

/** @param redact takes secrets out of a text. */
export function checkRunner(redact: (text: string) => string): CheckRunner {
  return {
    async clear(marker) {
      await sweep(marker, { graceMs });
    },
    async run({ command, directory, env, limitMs, marker }) {
      const running = new ShellCommand({
        command,
        directory,
        env: { ...env, [markerName]: marker },
        limitMs,
        clear: async () => void (await sweep(marker, { graceMs })),
      });
      const end = await running.run();
      failpoint("land.checked");
      return { ...end, output: redact(end.output) };
    },
  };
}
