/**
 * What a caller may do: look; also submit, change and stop tasks; everything. Each scope includes
 * those before it.
 */
export const scopes = ["read", "submit", "admin"] as const;
export type Scope = (typeof scopes)[number];
