export { type Alarm, type Clock, systemClock } from './clock.ts';
export { type Emulator, type EmulatorLogger, type EmulatorOptions, startEmulator } from './emulator.ts';
export type { FunctionCounts, Readiness } from './engine/service.ts';
export { EmulatorError, type ErrorCode, errorCodes } from './errors.ts';
export { createMovableClock, type MovableClock } from './movable-clock.ts';
export type { SchedulerEvent } from './scheduler/commands.ts';
export { loadStack } from './stack/load-stack.ts';
export type { Stack } from './stack/model.ts';
