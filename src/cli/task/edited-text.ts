/** Lets a person change a text in the editor of their choice. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WorkerError } from "../../domain/errors.ts";

/**
 * Opens `$VISUAL`, else `$EDITOR`, else vi, as git does. The line end that editors add is not part
 * of the text.
 * @throws WorkerError invalid_input: the editor did not end well. The text is then unchanged.
 */
export function editedText(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const editor = [env["VISUAL"], env["EDITOR"]].find((each) => each !== undefined && each.trim() !== "") ?? "vi";
  const directory = mkdtempSync(join(tmpdir(), "claude-worker-edit-"));
  try {
    const file = join(directory, "prompt.md");
    writeFileSync(file, text.endsWith("\n") ? text : `${text}\n`, { mode: 0o600 });
    // Through a shell: the variable may hold flags, like `code --wait`.
    const { status, error } = spawnSync("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit", env: { ...env } });
    if (error !== undefined || status !== 0)
      throw new WorkerError(
        "invalid_input",
        `The editor (${editor}) did not end well, so nothing is changed. Choose another one with EDITOR, or give --prompt.`,
      );
    const edited = readFileSync(file, "utf8");
    return text.endsWith("\n") ? edited : edited.replace(/\n$/, "");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
