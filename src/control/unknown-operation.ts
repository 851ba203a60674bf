import { errorAnswer } from '../http/error-answer.ts';

export const unknownOperation = errorAnswer('404.uri', 'Unknown path', {
  detail: 'The control API has no such operation. GET /_emulator/control-api.yaml describes all it has.',
});
