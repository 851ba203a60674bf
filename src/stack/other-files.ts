import { isPlainObject } from './reading/cursor.ts';

/** What a file is that is no stack but resembles one; null of anything else. */
export const explainOtherFile = (value: unknown): string | null => {
  if (!isPlainObject(value) || 'containers' in value) return null;
  if (typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string') {
    return 'this is a Kubernetes manifest, expected a Cycle stack with version and containers: docs/fixtures.md shows one';
  }
  return isCompose(value)
    ? 'this is a Compose file, expected a Cycle stack with version and containers: docs/from-compose.md says where each field of it goes'
    : null;
};

const isCompose = ({ services }: Readonly<Record<string, unknown>>): boolean =>
  isPlainObject(services) &&
  Object.values(services).some(
    (service) => isPlainObject(service) && (typeof service['image'] === 'string' || 'build' in service),
  );
