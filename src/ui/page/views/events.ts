import { emptyState } from '../components.ts';
import type { View } from '../view.ts';

export const events: View = {
  name: 'events',
  title: 'Events',
  render: () => emptyState('Events'),
};
