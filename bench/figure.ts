/**
 * What a measurement is and what it gives: a figure has one or more rows, a row has a value and,
 * mostly, a target.
 */

export interface Row {
  readonly figure: string;
  readonly value: number;
  /** `×` for a ratio. */
  readonly unit: string;
  /**
   * As a person reads it: `≥ 20,000`. null: nothing was promised, the figure is there to be known.
   */
  readonly target: string | null;
  readonly ok: boolean | null;
  /** What stands behind the value, e.g. both sides of a ratio. */
  readonly note?: string;
}

export interface Figure {
  /** `--only` looks for a part of it. */
  readonly name: string;
  run(options: { readonly quick: boolean }): Promise<readonly Row[]>;
}

export function atMost(figure: string, value: number, unit: string, target: number, note?: string): Row {
  return row({ figure, value: rounded(value), unit, target: `≤ ${target.toLocaleString("en")}`, ok: value <= target }, note);
}

export function atLeast(figure: string, value: number, unit: string, target: number, note?: string): Row {
  return row({ figure, value: rounded(value), unit, target: `≥ ${target.toLocaleString("en")}`, ok: value >= target }, note);
}

/** Without a target. */
export function known(figure: string, value: number, unit: string, note?: string): Row {
  return row({ figure, value: rounded(value), unit, target: null, ok: null }, note);
}

function row(fields: Row, note: string | undefined): Row {
  return note === undefined ? fields : { ...fields, note };
}

/** Three digits that mean something. */
function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
