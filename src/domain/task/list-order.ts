/** The order and the pages of a list of tasks. */

export const listOrders = ["newest", "oldest"] as const;
export type ListOrder = (typeof listOrders)[number];

/** How many tasks a page may have. */
export const pageLimit = { min: 1, max: 500 } as const;
