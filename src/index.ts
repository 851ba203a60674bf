import './shared/require-node.ts';

export { SchedulerRejected } from './emulator/in-process-claim.ts';
export type {
  Claim,
  ClaimOptions,
  EmulatedFunction,
  Emulator,
  EmulatorEvent,
  EmulatorLogger,
  EmulatorOptions,
  Invocation,
  InvokeOptions,
  RunningInstance,
  RunOutput,
} from './emulator/public-types.ts';
export type { ReloadEvent, Reloaded, ReloadOptions } from './emulator/reload-types.ts';
export { startEmulator } from './emulator/start-emulator.ts';
export type { LogChunk } from './engine/run-log.ts';
export type { FunctionChange, FunctionCounts, InstanceView, Readiness } from './engine/service.ts';
export type { EmulatorClock } from './engine/work.ts';
export type { ArmedFault, FaultEvent, Faults } from './faults/faults.ts';
export { InjectedFailure } from './faults/injected-failure.ts';
export type { paths } from './openapi/wire-types.ts';
export type { LinkedRequestEvent } from './recording/linked-request.ts';
export type { SchedulerEvent } from './scheduler/commands.ts';
export type { Rejection } from './scheduler/rejections.ts';
export { type Alarm, type Clock, createMovableClock, type MovableClock, systemClock } from './shared/clock.ts';
export { EmulatorError, type ErrorCode, errorCodes } from './shared/errors.ts';
export type { EventStream } from './shared/events.ts';
export type { Domain } from './stack/domains.ts';
export { type LoadOptions, loadStack, type RawStack } from './stack/load-stack.ts';
export type { Fault, Stack } from './stack/model.ts';
export type { FaultEffect, FaultMatch } from './stack/stack-faults.ts';
export type { VariableSources } from './stack/variables/stack-variables.ts';
