/**
 * Keeps the guard of a task's directory from the first look at it until Claude Code has started
 * there, and gives the task up when it must not start there.
 */
import { refusedText } from "../config/files-above.ts";
import { messageOf } from "../domain/errors.ts";
import { movedSentence } from "./directory-problem.ts";
import { StartGuard } from "./start-guard.ts";

export class GuardedStart {
  readonly #home: string;
  readonly #giveUp: (sentence: string) => void;
  #guard: StartGuard | null = null;
  #problem = "";

  /** @param giveUp called with a sentence when no Claude Code may work in the directory. */
  constructor(home: string, giveUp: (sentence: string) => void) {
    this.#home = home;
    this.#giveUp = giveUp;
  }

  /** The open guard of the directory; null: the directory has changed, and `problem` says how. */
  guardOf(directory: string): StartGuard | null {
    if (this.#guard?.isOpen === true) return this.#guard;
    try {
      this.#guard = new StartGuard(directory, this.#home, this.#giveUp);
    } catch (error) {
      this.#guard = null;
      this.#problem = messageOf(error);
    }
    return this.#guard;
  }

  get problem(): string {
    return this.#problem;
  }

  /** Gives the task up when the directory has changed, or a file above it is refused. */
  check(directory: string): void {
    const guard = this.guardOf(directory);
    if (guard === null) this.#giveUp(this.#problem);
    else if (guard.above.refused !== null) this.#giveUp(refusedText(guard.above.refused));
  }

  /** Whether the process works in exactly the guarded directory. @param pid null: there is none. */
  isWorkedInBy(pid: number | null): boolean {
    return pid !== null && this.#guard?.isWorkedInBy(pid) === true;
  }

  /** Ends the guard, because Claude Code has read its files. @param pid null: there is none. */
  hasStarted(pid: number | null): void {
    const guard = this.#guard;
    if (guard === null || !guard.isOpen || pid === null) return;
    const isInPlace = guard.isWorkedInBy(pid);
    guard.close();
    if (!isInPlace) this.#giveUp(movedSentence(guard.directory));
  }

  /** May be called twice. */
  close(): void {
    this.#guard?.close();
  }
}
