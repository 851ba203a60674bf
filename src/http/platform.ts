import { deriveObjectId, locationId } from '../shared/ids.ts';

/** What an instance says of the platform around it. Here there is none, so these never change (our choice). */
export const platform = {
  hubId: deriveObjectId<string>('emulator', 'hub'),
  creatorId: deriveObjectId<string>('emulator', 'creator'),
  locationId,
  integrationId: deriveObjectId<string>('emulator', 'integration'),
  vendor: 'emulator',
  location: 'local',
} as const;
