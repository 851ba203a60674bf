import type { Stack } from '../stack/model.ts';

/** The stack as it may be printed: names of keys and variables, never their secrets. */
export const withoutSecrets = (stack: Stack): object => ({
  ...stack,
  accessKeys: stack.accessKeys.map(({ name, ips }) => ({ name, ips })),
  functions: stack.functions.map((spec) => ({
    ...spec,
    environment: Object.keys(spec.environment),
    image:
      spec.image.type === 'registry'
        ? { type: spec.image.type, reference: spec.image.reference }
        : { ...spec.image, buildArgs: Object.keys(spec.image.buildArgs) },
  })),
});
