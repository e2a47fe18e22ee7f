/** Files as another user has them, above a project. */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** `shared/alice/project`, with everything above it closed to others. */
export function place(root: string): { shared: string; project: string } {
  const shared = path.join(root, "shared");
  const project = path.join(shared, "alice", "project");
  mkdirSync(project, { recursive: true, mode: 0o755 });
  chmodSync(root, 0o755);
  return { shared, project };
}

/**
 * A file as another user has it: owned by one where this test may do that, otherwise writable by
 * all.
 */
export function foreign(file: string, text: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  if (process.getuid?.() === 0) chownSync(file, 65_534, 65_534);
  else chmodSync(file, 0o666);
  return file;
}
