import type { Check, HealthCheck } from '../shared/types.ts';

import { field, readBy, readFields } from './reading/fields.ts';
import {
  hide,
  integer,
  isAbsent,
  type Parsed,
  type Reader,
  readBoolean,
  reject,
  required,
  text,
} from './reading/readers.ts';
import { checkArguments, parseArgs, parseDuration } from './values.ts';

const commandForm = 'a command such as "/bin/sh healthcheck.sh"';

const parseCommand = (given: string): Parsed<readonly string[]> => {
  const parsed = checkArguments(parseArgs(given));
  return parsed.ok && !parsed.value[0] ? { ok: false, expected: commandForm } : parsed;
};

/** Its value is never shown: passwords stand in commands. Compose has a list in this place. */
const readCommand: Reader<readonly string[]> = (at) =>
  isAbsent(at) || typeof at.value !== 'string' ? reject(hide(at), commandForm) : text(parseCommand)(hide(at));

const durationForm = 'a duration above zero, such as "10s"';

const readDuration: Reader<number> = required((at) => {
  const ms = text(parseDuration)(at);
  return ms === 0 ? reject(at, durationForm) : ms;
}, durationForm);

const checkFields = {
  command: field(
    'text',
    readCommand,
    'required',
    'run in the container, without a shell, under the variables of the run; quotes as in `runtime.command.args`; 0 is a success',
  ),
  interval: field('duration', readDuration, 'required', 'above zero; from the end of a check to the next'),
  timeout: field('duration', readDuration, 'required', 'above zero; a check that takes so long has failed'),
};

const healthFields = {
  ...checkFields,
  retries: field(
    'number',
    required(integer(0), 'a whole number of at least 0'),
    'required',
    'so many checks in a row may fail after one that did; with the next, the instance is unhealthy',
  ),
  delay: field('duration', text(parseDuration), '`0s`', 'from the start of the run to the first check'),
  restart: field(
    'boolean',
    required(readBoolean, 'true or false'),
    'required',
    '`true` ends the run of an unhealthy instance; as always with functions, it does not start again',
  ),
};

const readCheck: Reader<Check> = (at) => {
  const given = isAbsent(at) ? null : readFields(at, checkFields);
  if (!given?.command || !given.interval || !given.timeout) return null;
  return { command: given.command, intervalMs: given.interval, timeoutMs: given.timeout };
};

const readHealthCheck: Reader<HealthCheck> = (at) => {
  const given = isAbsent(at) ? null : readFields(at, healthFields);
  if (!given?.command || !given.interval || !given.timeout) return null;
  const { command, interval: intervalMs, timeout: timeoutMs, retries, delay, restart } = given;
  return { command, intervalMs, timeoutMs, retries: retries ?? 0, delayMs: delay ?? 0, restart: restart ?? false };
};

/** Fields of `config.deploy`. Each may be left out; of what is in it, only the delay may. */
export const checks = {
  readiness_check: readBy(readCheck, checkFields, 'none', 'whether the instance is ready for requests'),
  health_check: readBy(readHealthCheck, healthFields, 'none', 'whether the instance is healthy'),
};
