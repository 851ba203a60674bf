import express, { type Express } from 'express';
import { type ApiResponse, sendData } from '../http/answers.ts';
import { handleErrors } from '../http/error-handler.ts';
import { parseJsonBody } from '../http/request-body.ts';
import { validateApi } from '../http/validate.ts';
import type { Logger } from '../shared/logger.ts';
import { answerBadOptions } from './answer-bad-options.ts';
import type { ControlDescription } from './control-description.ts';
import type { Controlled } from './controlled.ts';
import { serveEvents } from './serve-events.ts';
import { addFault, serveFaults } from './serve-faults.ts';
import { serveInvoke } from './serve-invoke.ts';
import { serveLogs } from './serve-logs.ts';
import { serveRecording } from './serve-recording.ts';
import { answerUnknownOperations, refuseUnknownOperations } from './unknown-operation.ts';
import { answerEvents } from './wait-for-events.ts';
import { toWireClock, toWireRequest, toWireState } from './wire-format.ts';

const largestBodyBytes = 65_536;

/** The operations of the control API: each of docs/control-api.yaml has its line, and nothing else is there. */
export const createControlOperations = (
  controlled: Controlled,
  description: ControlDescription,
  logger: Logger,
): Express => {
  const { clock } = controlled;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');

  const answerState = (response: ApiResponse) => sendData(response, toWireState(controlled));
  const answerClock = (response: ApiResponse) => sendData(response, toWireClock(clock));

  app.use(...parseJsonBody(largestBodyBytes));
  app.post('/_emulator/faults', addFault(controlled.faults));
  app.use(validateApi(description.api));
  app.get('/_emulator/state', (_request, response: ApiResponse) => answerState(response));
  app.post('/_emulator/reset', async (_request, response: ApiResponse) => {
    await controlled.reset();
    answerState(response);
  });
  app.get('/_emulator/events', answerEvents(controlled), serveEvents(controlled));
  app.get('/_emulator/clock', (_request, response: ApiResponse) => answerClock(response));
  app.post('/_emulator/clock/freeze', (_request, response: ApiResponse) => {
    clock.freeze();
    answerClock(response);
  });
  app.post('/_emulator/clock/resume', (_request, response: ApiResponse) => {
    clock.resume();
    answerClock(response);
  });
  app.post('/_emulator/clock/advance', async (request, response: ApiResponse) => {
    await clock.advance((request.body as { ms: number }).ms);
    answerClock(response);
  });
  app.post('/_emulator/functions/:functionName/invoke', serveInvoke(controlled));
  app.use(serveFaults(controlled.faults));
  app.get('/_emulator/instances/:instanceId/logs', serveLogs(controlled));
  app.get('/_emulator/requests', (_request, response: ApiResponse) => {
    sendData(
      response,
      controlled.requests.after(0).map(({ item }) => toWireRequest(item)),
    );
  });
  app.get('/_emulator/recording', serveRecording(controlled));
  app.delete('/_emulator/recording', (request, response, next) => {
    controlled.recorder.clear();
    return serveRecording(controlled)(request, response, next);
  });
  app.get('/_emulator/control-api.yaml', (_request, response) => {
    response.type('application/yaml').send(description.text);
  });
  app.use(refuseUnknownOperations(description.api));
  app.use(answerUnknownOperations(description.api));
  app.use(answerBadOptions);
  app.use(handleErrors(logger));
  return app;
};
