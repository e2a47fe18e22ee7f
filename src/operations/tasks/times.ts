/** Times as views show them. */

export function rfc3339(moment: number): string {
  return new Date(moment).toISOString();
}

export function rfc3339OrNull(moment: number | null): string | null {
  return moment === null ? null : rfc3339(moment);
}
