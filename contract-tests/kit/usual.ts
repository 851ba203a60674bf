/** How long the target may take for what it does by itself, and for an answer, where nothing else is set. */
export const usualSettleMs = 3_000;
export const usualTimeoutMs = 30_000;
