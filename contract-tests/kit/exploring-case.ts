/** The case that explores. */
export const exploringCase = { id: 'EXPLORE-001', evidence: 'documented', level: 'claim' } as const;
