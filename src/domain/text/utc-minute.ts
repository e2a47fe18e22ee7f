/** Writes a moment for people who may be anywhere: `2026-11-29 13:05 UTC`. */
export function utcMinute(rfc3339: string): string {
  return `${rfc3339.slice(0, 16).replace("T", " ")} UTC`;
}
