/**
 * Medians, percentiles, and sides measured in turns, so that the machine's mood concerns all of
 * them alike.
 */

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** @param percent 0-100; the nearest value that was measured. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

/**
 * Calls every side once a round: A B C A B C … after one round that is thrown away.
 * @param sides each resolves with what it measured.
 * @returns the values of each side.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  sides: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(sides) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -1; round < rounds; round += 1) {
    for (const name of names) {
      const value = await sides[name]();
      if (round >= 0) values[name].push(value);
    }
  }
  return values;
}

/** @returns how long `work` took, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
