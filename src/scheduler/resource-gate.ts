/**
 * Lets tasks start while the machine can carry them. Reads the machine once a round, remembers what
 * was decided for the views, and says when to look again. It has no timer of its own.
 */
import { resourceBlock, unknownTaskMb } from "../domain/order/resources.ts";
import type { MachineState, ResourceBlock, ResourceFloors } from "../domain/order/resources.ts";
import type { Store } from "../store/store.ts";

/** A task that has just started takes its memory within this time. */
const youngMs = 60_000;
/** While a task waits for the machine, it is looked at again after this time. */
export const lookAgainMs = 10_000;

export interface ResourceGateOptions {
  readonly store: Pick<Store, "tasks" | "memoryPeaks">;
  readonly floors: ResourceFloors;
  /** Where the server keeps its data: every task writes there. */
  readonly home: string;
  readMachine(): Promise<MachineState>;
  /** MB; null: it could not be read. */
  freeDiskMb(path: string): Promise<number | null>;
  now(): number;
}

/** A look at the machine. A value that is null could not be read. */
export interface MachineView extends MachineState {
  /** On the disk of the server's data, MB. */
  readonly freeDiskMb: number | null;
}

interface Started {
  readonly at: number;
  readonly memoryMb: number;
}

interface Decided {
  readonly taskId: number;
  readonly block: ResourceBlock;
}

/** What came of a look at the machine. */
export interface Carried {
  /** The tasks that may start, in their order. */
  readonly ids: number[];
  /** Whether the machine holds tasks up: it has to be looked at again. */
  readonly isHeld: boolean;
  /** Whether others may take the place of tasks whose disk is full. */
  readonly isDiskFull: boolean;
}

export class ResourceGate {
  readonly #options: ResourceGateOptions;
  #young: readonly Started[] = [];
  /** The task that the last round held up with all behind it. */
  #held: Decided | null = null;
  /** By directory: full disks, as they were read last. */
  #full: ReadonlyMap<string, { readonly at: number; readonly block: ResourceBlock }> = new Map();

  /** What doors have shown last. */
  #seen: Promise<MachineView> | null = null;
  #seenAt = 0;

  constructor(options: ResourceGateOptions) {
    this.#options = options;
  }

  /** What the machine has now, for people. Read again when it is older than ten seconds. */
  async look(): Promise<MachineView & { readonly shortOf: string | null }> {
    const { now } = this.#options;
    if (this.#seen === null || this.#seenAt <= now() - lookAgainMs) {
      this.#seenAt = now();
      this.#seen = this.#read();
    }
    const [full] = this.#full.values();
    return { ...(await this.#seen), shortOf: (this.#held ?? full)?.block.message ?? null };
  }

  async #read(): Promise<MachineView> {
    const { home, readMachine, freeDiskMb } = this.#options;
    const [machine, disk] = await Promise.all([readMachine(), freeDiskMb(home)]);
    return { ...machine, freeDiskMb: disk };
  }

  /**
   * The first of these tasks that the machine can carry, in their order. One that needs more memory
   * than there is holds up those behind it, so that smaller ones do not keep it waiting; one whose
   * disk is full does not.
   * @param ids best first. @param running how many tasks run.
   */
  async admit(ids: readonly number[], running: number): Promise<Carried> {
    const { floors, home, now, readMachine, freeDiskMb, store } = this.#options;
    this.#held = null;
    if (ids.length === 0 || Object.values(floors).every((floor) => floor === null))
      return { ids: [...ids], isHeld: this.#full.size > 0, isDiskFull: false };
    this.#young = this.#young.filter(({ at }) => at > now() - youngMs);
    const rows = ids.flatMap((id) => store.tasks.row(id) ?? []);
    const paths = floors.minFreeDiskMb === null ? [] : [...new Set([home, ...rows.map(({ workingDirectory }) => workingDirectory)])];
    const [machine, ...free] = await Promise.all([readMachine(), ...paths.map((path) => freeDiskMb(path))]);
    const disks = new Map(paths.map((path, index) => [path, free[index] ?? null]));
    const admitted: number[] = [];
    const full = new Map(this.#full);
    for (const { id, workingDirectory, group } of rows) {
      const memoryMb = store.memoryPeaks.expect(workingDirectory, group) ?? unknownTaskMb;
      const places = [...disks].filter(([path]) => path === home || path === workingDirectory).map(([path, freeMb]) => ({ path, freeMb }));
      const youngMb = this.#young.reduce((sum, each) => sum + each.memoryMb, 0);
      const others = { running: running + admitted.length, youngMb };
      const block = resourceBlock({ memoryMb, disks: places }, machine, floors, others);
      if (block === null) {
        admitted.push(id);
        this.#young = [...this.#young, { at: now(), memoryMb }];
        continue;
      }
      if (block.blocker.startsWith("disk:")) full.set(workingDirectory, { at: now(), block });
      else this.#held = { taskId: id, block };
      if (this.#held !== null) break;
    }
    const isDiskFull = full.size > this.#full.size;
    this.#full = full;
    return { ids: admitted, isHeld: this.#held !== null || full.size > 0, isDiskFull };
  }

  /** Forgets full disks that were read a while ago. Called at the begin of a round. */
  begin(): void {
    const { now } = this.#options;
    if (this.#full.size > 0) this.#full = new Map([...this.#full].filter(([, { at }]) => at > now() - lookAgainMs));
  }

  /** Whether the task's disk is known to be full. */
  skips(taskId: number): boolean {
    return this.#full.size > 0 && this.#full.has(this.#options.store.tasks.row(taskId)?.workingDirectory ?? "");
  }

  /** Why a task that nothing else holds up does not start; null: the machine can carry it. */
  blockOf(id: number): ResourceBlock | null {
    const directory = this.#full.size === 0 ? null : this.#options.store.tasks.row(id)?.workingDirectory;
    const full = this.#full.get(directory ?? "");
    if (full !== undefined || this.#held === null) return full?.block ?? null;
    const { taskId, block } = this.#held;
    return taskId === id ? block : { ...block, message: `It comes after task ${taskId}. ${block.message}` };
  }
}
