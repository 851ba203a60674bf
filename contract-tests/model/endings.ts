/** Ends a case that cannot say anything here; the reason stands in the report. */
export class Skipped extends Error {
  override readonly name: string = 'Skipped';
}

/**
 * Ends a case that other cases were in the way of: that found too few instances while earlier claims still held some, or
 * was served by what another gave back. It is run again, by itself.
 */
export class Postponed extends Skipped {
  override readonly name = 'Postponed';
}

/** Ends a case that the run has given up before its end: nothing follows from what it has not tried. */
export class NotTried extends Skipped {
  override readonly name = 'NotTried';
}

/** Ends a case in which a check has failed that all the rest depends on. The check is recorded already. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** Ends a case because the whole run is to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
