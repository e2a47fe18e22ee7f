/** The words of a pull request for the work of a task, and the program `gh` that opens it. */
import { execFile } from "node:child_process";
import type { TaskView } from "../../contract/views/task.ts";
import { WorkerError } from "../../domain/errors.ts";
import { plainLine, plainText } from "../../domain/text/plain-text.ts";

/** GitHub takes no more than 65,536 characters. */
const maxBody = 60_000;
const maxTitle = 200;
const limitMs = 120_000;

export interface PullRequest {
  readonly title: string;
  readonly body: string;
}

/** The task's own words, and what its checks said. */
export function pullRequestOf(task: TaskView, title: string | undefined): PullRequest {
  const { id, name, result, verification, workspace } = task;
  const said = plainText(result ?? "").trim();
  const checks = verification.map(({ command, passed, state, stale }) => {
    const how = passed ? "passed" : stale ? `${state}, but files changed since` : state;
    return `* \`${plainLine(command, 300).replaceAll("`", "'")}\`: ${how}`;
  });
  const counted =
    workspace?.changed_files == null
      ? []
      : [`${workspace.changed_files} files, +${workspace.insertions ?? 0} -${workspace.deletions ?? 0} lines.`];
  const parts = [
    said.length > maxBody ? `${said.slice(0, maxBody)} …` : said,
    checks.length === 0 ? "No command has verified this work." : `Verified by:\n\n${checks.join("\n")}`,
    ...counted,
    `Claude-Worker-Task: ${id}`,
  ];
  return { title: plainLine(title ?? name ?? task.title, maxTitle), body: `${parts.filter((each) => each !== "").join("\n\n")}\n` };
}

export interface GhCall {
  /** In the repository. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

/**
 * @returns what `gh` printed; null: there is no such program.
 * @throws WorkerError conflict: it failed, with its own words.
 */
export async function gh(args: readonly string[], { directory, env, input = "" }: GhCall): Promise<string | null> {
  return await new Promise((resolve, reject) => {
    const environment = { ...env, GH_PROMPT_DISABLED: "1", GH_NO_UPDATE_NOTIFIER: "1", NO_COLOR: "1" };
    const child = execFile(
      "gh",
      args,
      { cwd: directory, env: environment, timeout: limitMs, maxBuffer: 4_000_000 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trim());
        else if (error.code === "ENOENT") resolve(null);
        else {
          const why = plainLine(stderr.trim().split("\n").at(-1) ?? "", 500);
          reject(new WorkerError("conflict", `gh ${args.slice(0, 2).join(" ")} failed: ${why === "" ? "it said nothing" : why}`));
        }
      },
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
