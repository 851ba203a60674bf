/** Ends a case that cannot say anything here; the reason stands in the report. */
export class CaseSkipped extends Error {
  override readonly name: string = 'Skipped';
}

/**
 * Ends a case that other cases were in the way of: that found too few instances while earlier claims still held some, or
 * was served by what another gave back. It is run again, by itself.
 */
export class Postponed extends CaseSkipped {
  override readonly name = 'Postponed';
}

/** Ends a case that the run has given up before its end: nothing follows from what it has not tried. */
export class NotTried extends CaseSkipped {
  override readonly name = 'NotTried';
}

/** Ends a case in which a check has failed that all the rest depends on. The check is recorded already. */
export class CaseFailed extends Error {
  override readonly name = 'Broken';
}

/** Ends a case because the whole run is to end. */
export class RunInterrupted extends Error {
  override readonly name = 'Interrupted';
}
