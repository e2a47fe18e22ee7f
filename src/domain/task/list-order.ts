/** The order and the pages of a list of tasks. */

/** `queue`: the pending ones, in the order in which they will start. */
export const listOrders = ["newest", "oldest", "queue"] as const;
export type ListOrder = (typeof listOrders)[number];

/** How many tasks a page may have. */
export const pageLimit = { min: 1, max: 500 } as const;
