/** How much the model thinks, as Claude Code names it. */

export const effortLevels = ["low", "medium", "high", "xhigh", "max"] as const;
