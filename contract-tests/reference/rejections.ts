export type Rejection = {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly source?: string;
};

const rejection = (code: string, title: string): Rejection => ({ status: Number(code.slice(0, 3)), code, title });

/** What the reference scheduler refuses with, by the reason. */
export const rejections = {
  badKey: rejection('401.auth-invalid', 'Invalid access key'),
  badPath: rejection('404.uri', 'Unknown path'),
  noContainer: rejection('404.container', 'Unknown container'),
  noFunction: rejection('422.not-compatible', 'Not a function'),
  badType: rejection('415.invalid-content-type', 'Content type not supported'),
  badSyntax: rejection('400.invalid-syntax', 'Malformed JSON'),
  tooLarge: rejection('422.max-exceeded', 'Body too large'),
  missing: rejection('422.missing-argument', 'Missing argument'),
  invalid: rejection('422.invalid-argument', 'Invalid argument'),
  noInstance: rejection('404.instance', 'Unknown instance'),
  wrongToken: rejection('403.mismatch', 'Token mismatch'),
  wrongState: rejection('403.invalid-state', 'Invalid state'),
  noneFree: rejection('504.not-available', 'No instance available'),
  failed: rejection('500.unknown', 'Internal error'),
} as const satisfies Record<string, Rejection>;

export type Refusal = keyof typeof rejections;
