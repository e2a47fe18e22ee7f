/**
 * The unfinished tasks of one checkout, and which of them may work beside another task: no order of
 * tasks and no lock keeps the two apart. Reads one state of the store.
 */
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";

type Tasks = Pick<Store, "tasks" | "dependencies" | "workflows">;
type Worker = Pick<Task, "id" | "locks" | "permissionMode">;

export class Crowd {
  readonly #store: Tasks;
  readonly #ids: ReadonlySet<number>;
  readonly #oldest: number;
  /** By number: null where a task changes no files, or is gone. */
  readonly #workers = new Map<number, Worker | null>();
  /** Those of the crowd that a task comes before, or after, directly or not. */
  readonly #later = new Map<number, ReadonlySet<number>>();
  readonly #earlier = new Map<number, ReadonlySet<number>>();

  /** @param ids tasks that work in place in the checkout. */
  constructor(store: Tasks, ids: readonly number[]) {
    this.#store = store;
    this.#ids = new Set(ids);
    this.#oldest = Math.min(...ids);
  }

  /** The first `most` of those that may work at the same time as the task. */
  beside(task: Worker, most: number): number[] {
    const found: number[] = [];
    if (!this.#changesFiles(task)) return found;
    for (const id of this.#ids) {
      const other = id === task.id ? null : this.#worker(id);
      if (other === null || other.locks.some((name) => task.locks.includes(name)) || this.#isOrdered(task.id, id)) continue;
      found.push(id);
      if (found.length === most) break;
    }
    return found;
  }

  #worker(id: number): Worker | null {
    const known = this.#workers.get(id);
    if (known !== undefined) return known;
    const task = this.#store.tasks.get(id);
    const worker = task !== null && this.#changesFiles(task) ? task : null;
    this.#workers.set(id, worker);
    return worker;
  }

  #changesFiles({ id, permissionMode }: Worker): boolean {
    return permissionMode !== "plan" && (this.#store.workflows.stepOf(id)?.kind ?? "task") === "task";
  }

  #isOrdered(id: number, other: number): boolean {
    const { dependencies } = this.#store;
    const after = (from: number): number[] => dependencies.dependents(from);
    // What is older than all of the crowd runs after none of it.
    const before = (from: number): number[] => dependencies.waitsFor(from).flatMap(({ task }) => (task < this.#oldest ? [] : [task]));
    return this.#reached(id, after, this.#later).has(other) || this.#reached(id, before, this.#earlier).has(other);
  }

  /** @param next the neighbours of a task. @param known what was found before. */
  #reached(start: number, next: (id: number) => readonly number[], known: Map<number, ReadonlySet<number>>): ReadonlySet<number> {
    // Depth first, with a stack of its own: a chain may have thousands of tasks.
    const path = [{ id: start, ids: null as readonly number[] | null }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      top.ids ??= known.has(top.id) ? [] : next(top.id);
      const unknown = top.ids.filter((id) => !known.has(id));
      if (unknown.length > 0) path.push(...unknown.map((id) => ({ id, ids: null })));
      else {
        path.pop();
        if (!known.has(top.id))
          known.set(top.id, new Set(top.ids.flatMap((id) => [...(this.#ids.has(id) ? [id] : []), ...(known.get(id) ?? [])])));
      }
    }
    return known.get(start) ?? new Set();
  }
}
