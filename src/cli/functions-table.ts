import { dirname } from 'node:path';
import type { FunctionSpec, Stack } from '../stack/model.ts';
import { renderTable } from './output.ts';

export const renderFunctions = (stack: Stack): string =>
  renderTable(
    ['FUNCTION', 'CONTAINER ID', 'INSTANCES', 'IMAGE', 'LIMITS'],
    stack.functions.map((spec) => [
      spec.identifier,
      spec.containerId,
      spec.pool.maxPoolSize > spec.pool.instances
        ? `${spec.pool.instances} to ${spec.pool.maxPoolSize}`
        : String(spec.pool.instances),
      describeImage(spec),
      describeLimits(spec),
    ]),
  );

const describeImage = ({ image }: FunctionSpec): string => {
  if (image.type === 'registry') return image.reference;
  const { contextDir, dockerfile } = image;
  return dirname(dockerfile) === contextDir ? `built from ${dockerfile}` : `built from ${dockerfile} in ${contextDir}`;
};

const describeLimits = ({ pool }: FunctionSpec): string => {
  const limits = [`queue ${seconds(pool.maxQueueTimeMs)}`];
  if (pool.maxRuntimeMs !== null) limits.push(`runtime ${seconds(pool.maxRuntimeMs)}`);
  if (pool.maxShardConcurrency !== null) limits.push(`concurrency ${pool.maxShardConcurrency}`);
  return limits.join(', ');
};

const seconds = (ms: number): string => `${ms / 1000} s`;
