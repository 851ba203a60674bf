import type { EmulatorEvent, EmulatorLogger } from './public-types.ts';

/** What a person would want to see of each event, with the field names of the request log; the rest under `debug`. */
export const logEvent = (logger: EmulatorLogger, event: EmulatorEvent): void => {
  const { name, at: _at, containerId, ...details } = event;
  const { instanceId, ...rest } = { instanceId: null, ...details };
  const fields = { container: containerId, instance: instanceId, ...rest };
  const hasFailed = name === 'instance.ended' && event.exit.lastLines !== undefined;
  const isFailure = name === 'container.instance.start.failed' || name === 'container.instance.error';
  if (name === 'linked.request') logger.info(fields, name);
  else if (hasFailed || isFailure) logger.warn(fields, name);
  else if (name === 'instance.running' || name === 'instance.ended' || name === 'fault.fired')
    logger.info(fields, name);
  else logger.debug?.(fields, name);
};
