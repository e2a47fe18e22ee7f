/**
 * Uses the whole terminal for a while (alternate screen). Restores the earlier content at the end,
 * also when a signal or an error ends the process.
 */
import type { Io } from "../io.ts";

/** Another screen, no cursor, long lines cut; and the way back. */
const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** What keys send, by our names for them. */
const keys: Readonly<Record<string, string>> = {
  "\x03": "ctrl-c",
  "\x1b": "escape",
  "\r": "enter",
  "\n": "enter",
  " ": "space",
  "\x1b[A": "up",
  "\x1bOA": "up",
  "\x1b[B": "down",
  "\x1bOB": "down",
  "\x1b[C": "right",
  "\x1bOC": "right",
  "\x1b[D": "left",
  "\x1bOD": "left",
  "\x1b[5~": "pageup",
  "\x1b[6~": "pagedown",
  "\x1b[H": "home",
  "\x1b[F": "end",
};

interface Keyboard {
  setRawMode?(raw: boolean): unknown;
}

/** Draws a whole screen and gives the terminal back when it is closed. */
export class FullScreen {
  readonly #io: Io;
  readonly #onKey: (key: string) => void;
  readonly #onResize: () => void;
  #isOurs = false;
  #isAside = false;
  #drawn = "";

  /**
   * @param onKey called with a name (`up`, `enter`, `ctrl-c`) or the character. @param onResize the
   * size has changed: draw.
   */
  constructor(io: Io, onKey: (key: string) => void, onResize: () => void) {
    this.#io = io;
    this.#onKey = onKey;
    this.#onResize = onResize;
  }

  enter(): void {
    this.#isOurs = true;
    this.#drawn = "";
    const { stdin, stdout } = this.#io;
    (stdin as Keyboard).setRawMode?.(true);
    stdin.on("data", this.#take).resume();
    process.on("SIGWINCH", this.#resize);
    stdout.control(enter);
  }

  /** May be called twice. */
  leave(): void {
    this.#isAside = false;
    if (!this.#isOurs) return;
    this.#isOurs = false;
    const { stdin, stdout } = this.#io;
    stdout.control(leave);
    process.off("SIGWINCH", this.#resize);
    stdin.off("data", this.#take);
    (stdin as Keyboard).setRawMode?.(false);
    stdin.pause();
  }

  /** Gives the terminal back for this work alone. */
  async aside(work: () => Promise<void>): Promise<void> {
    this.leave();
    this.#isAside = true;
    try {
      await work();
    } finally {
      if (this.#isAside) this.enter();
      this.#isAside = false;
    }
  }

  /** Shows these lines, at most as many as the terminal has. */
  draw(lines: readonly string[]): void {
    if (!this.#isOurs) return;
    const { stdout } = this.#io;
    const text = lines.slice(0, stdout.rows).join("\n");
    if (text === this.#drawn) return;
    this.#drawn = text;
    stdout.control("\x1b[H");
    text.split("\n").forEach((line, index, all) => {
      stdout.exact(line);
      stdout.control(index < all.length - 1 ? "\x1b[K\r\n" : "\x1b[K\x1b[J");
    });
  }

  readonly #resize = (): void => {
    // The stream has the new size once its own listener has run.
    setImmediate(() => {
      this.#drawn = "";
      if (this.#isOurs) this.#io.stdout.control("\x1b[2J");
      this.#onResize();
    });
  };

  readonly #take = (chunk: Buffer | string): void => {
    for (const [key] of String(chunk).matchAll(/\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])|[^]/g)) {
      // A key may have left the screen.
      if (this.#isOurs) this.#onKey(keys[key] ?? key);
    }
  };
}
